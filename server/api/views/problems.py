"""Errors."""

import msgspec

from server.api.views.alerts import AlertDetail


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as RFC 9457 has it; `code` is stable and is what screens translate."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    errors: list[str] = []
    current: AlertDetail | None = None
