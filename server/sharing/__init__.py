"""Several servers on one PostgreSQL: who does what, and how each learns of what the others did."""
