"""Keyset cursors: where a page ended, as text the client only carries."""

import base64
import binascii

import msgspec

from server.api.problems import ApiError, Code

LIMIT_DEFAULT = 100
LIMIT_MAX = 500


def write_cursor(*key: float | str) -> str:
    """Write the key of a page's last item."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def read_cursor(text: str, kind: type[tuple[float, str]] = tuple[float, str]) -> tuple[float, str]:
    """Read it back, or raise the refusal: it comes from outside."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError):
        raise ApiError(Code.INVALID, "cursor: not one of ours") from None
