"""How long one way is given before another begins, how long it is tried at all, and how often. Pure; milliseconds."""

from server.core.alert import Severity

OVER_MS = {Severity.CRITICAL: 5_000, Severity.HIGH: 60_000}  # Then another way begins beside the one that fails.
OVER_OTHERS_MS = 300_000
UNTIL_MS = 1_800_000  # How long a way goes on being tried: half an hour for what is urgent …
UNTIL_OTHERS_MS = 7_200_000  # … and two hours for the rest.
FIRST_MS, LONGEST_MS = 1_000, 60_000  # Between two tries; doubled each time.


def over_after(severity: int) -> int:
    """Say how long a message may fail before another way begins."""
    return OVER_MS.get(Severity(severity), OVER_OTHERS_MS)


def until_after(severity: int) -> int:
    """Say how long a message is tried."""
    return UNTIL_MS if severity <= Severity.HIGH else UNTIL_OTHERS_MS


def next_try(tries: int, now_ms: int, retry_seconds: float | None) -> int:
    """Say when to try again after so many tries; later where the other side asked to be left alone for longer."""
    wait = min(FIRST_MS << min(tries - 1, 16), LONGEST_MS)
    asked = round((retry_seconds or 0.0) * 1_000)
    return now_ms + min(max(wait, asked), 10 * LONGEST_MS)
