"""What runs behind the acknowledgement: the projector and its upkeep, on a schedule."""
