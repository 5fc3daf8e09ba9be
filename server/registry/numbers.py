"""Checks that several sheets share."""

from server.registry.sheet import Words


def not_negative(value: int) -> Words | None:
    """Refuse counts and distances below nothing."""
    return None if value >= 0 else ("不能为负数", "cannot be negative")
