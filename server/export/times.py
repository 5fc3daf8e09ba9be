"""Reads an instant as a person writes it."""

from datetime import datetime

from contract.errors import ConfigurationError
from server.core.schedule import CITY_TIME


def parse_instant(text: str) -> int:
    """Read `2026-11-24`, `2026-11-24T08:00` (in the city's time) or one with its own offset; gives milliseconds UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is no instant; allowed: 2026-11-24, 2026-11-24T08:00, …+08:00") from None
    return round((read if read.tzinfo else read.replace(tzinfo=CITY_TIME)).timestamp() * 1_000)
