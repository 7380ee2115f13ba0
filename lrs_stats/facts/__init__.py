"""Statements become events, events become connections; both are columns in Delta tables."""
