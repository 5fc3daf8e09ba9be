"""Days as the city counts them: Asia/Shanghai, which has been eight hours ahead of UTC without a break since 1991. Pure."""

from datetime import UTC, date, datetime, timedelta

from contract.errors import ConfigurationError

AHEAD_MS = 8 * 3_600_000
DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)


def day_of(ms: int) -> int:
    """Give the number of the day in which an instant lies."""
    return (ms + AHEAD_MS) // DAY_MS


def start_of(day: int) -> int:
    """Give the instant at which a day begins."""
    return day * DAY_MS - AHEAD_MS


def day_name(day: int) -> str:
    """Write a day as its date."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def parse_day(text: str) -> int:
    """Read a date; raises `ConfigurationError` for anything else."""
    try:
        return (date.fromisoformat(text) - _EPOCH).days
    except ValueError:
        raise ConfigurationError(f"{text[:40]!r}: not a day; allowed: 2026-09-01") from None


def instant_name(ms: int) -> str:
    """Write an instant in the city's time."""
    return datetime.fromtimestamp((ms + AHEAD_MS) / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
