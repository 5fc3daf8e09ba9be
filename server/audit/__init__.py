"""Proves that everything derived agrees with the journal, and builds it anew from there."""
