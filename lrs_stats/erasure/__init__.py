"""Forgetting a person, as far as it needs no database: who it is, and texts without them."""
