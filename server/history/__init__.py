"""History: what devices measured over time, derived from the journal and rebuilt from it at any moment."""
