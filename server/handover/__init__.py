"""Shift handover: who took over from whom, with which open matters, on record for ever."""
