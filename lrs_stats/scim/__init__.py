"""People and groups of the roster as SCIM 2.0 resources (RFC 7643, RFC 7644)."""
