"""Who asks, what they may see, and how that narrows the tables before any metric sees them."""
