"""Frozen days: what every school was judged to be on a day, as it was known then and as it is known now."""
