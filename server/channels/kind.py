"""What kinds of channel there are: each brings the form of its options and how it is opened."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import msgspec

from server.channels.channel import Channel, Receipt

Clock = Callable[[], float]
Noted = Callable[[Receipt], Awaitable[None]]  # Told what came of a test of a line.


@runtime_checkable
class Kept(Protocol):
    """A channel with a line that has to be looked after between messages."""

    async def keep(self, noted: Noted) -> None:
        """Look after the line until cancelled."""
        ...


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every channel can be given in the channel file, beside what its kind needs."""

    kind: str
    label: str = ""  # What people call it, on screens.
    report_key: str = ""  # By which the other side proves itself when it reports later; without it no report is taken.


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """One kind of channel. What it is opened with is never shown."""

    name: str
    label: str
    label_en: str
    options: type[Options]
    open: Callable[[str, Any, Clock], Channel]
    reports: Callable[[Any, Any], list[dict[str, Any]]] | None = None  # Given the options and what was posted to us.
    police: bool = False  # It leads to a system of the police, which tells later how far a call is.
