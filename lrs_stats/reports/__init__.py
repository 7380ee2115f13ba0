"""Granularity × metrics × filters, within the grants, become one Report."""
