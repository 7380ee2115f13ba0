"""The statistics and the roster over HTTP, under /api/v1."""
