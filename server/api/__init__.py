"""The HTTP API, and the built dashboard it serves."""
