"""The migrations of every table, the registry's included, in one line of revisions."""
