"""Statements in and out: read from files and other stores, written to files, sent on.

Pure but for files and HTTP: the record and what is remembered are Protocols here, which
`lrs_stats.store` implements.
"""
