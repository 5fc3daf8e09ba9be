"""Telling people by other ways than the screens: on record before it is tried, told only when a receipt says so."""
