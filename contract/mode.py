"""Whether a press is real, a test or a drill."""

from enum import StrEnum


class Mode(StrEnum):
    """What a device claims; the server decides by declared windows and test keys and keeps both."""

    REAL = "real"
    TEST = "test"
    DRILL = "drill"


def claimed_mode(text: object) -> Mode:
    """Read a claimed mode; whatever is missing or unknown is real, so that no press is ever played down."""
    try:
        return Mode(str(text))
    except ValueError:
        return Mode.REAL
