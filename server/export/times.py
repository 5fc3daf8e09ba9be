"""Reads an instant as a person writes it."""

from datetime import datetime, timedelta, timezone

from contract.errors import ConfigurationError
from server.core.schedule import OFFSET_SECONDS

_CITY = timezone(timedelta(seconds=OFFSET_SECONDS))


def parse_instant(text: str) -> int:
    """Read `2026-11-24`, `2026-11-24T08:00` (in the city's time) or one with its own offset; gives milliseconds UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is no instant; allowed: 2026-11-24, 2026-11-24T08:00, …+08:00") from None
    return round((read if read.tzinfo else read.replace(tzinfo=_CITY)).timestamp() * 1_000)
