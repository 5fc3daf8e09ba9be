"""Instants as people write them in the ledger: the day and minute of Asia/Shanghai. All pure."""

from datetime import datetime, timedelta, timezone
from functools import lru_cache

from server.registry.sheet import Words

ZONE = timezone(timedelta(hours=8))  # All year: there is no summer time.
FORM = "%Y-%m-%d %H:%M"
WRONG: Words = ("写成 2026-03-02 08:00", "write 2026-03-02 08:00")


@lru_cache(4_096)
def instant(text: str) -> float | None:
    """Give the seconds UTC of a written instant; None where it is not one."""
    try:
        return datetime.strptime(text.strip(), FORM).replace(tzinfo=ZONE).timestamp()
    except ValueError:
        return None


def is_instant(text: str) -> Words | None:
    """Say what is wrong with a written instant."""
    return None if instant(text) is not None else WRONG
