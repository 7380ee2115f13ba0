"""What a statement is, and the resources of a learning record store."""
