"""What was done and seen, written down as it happened: JSON lines that owe nothing to the product, judged afterwards.

Every instant is a second of one clock, this process's own, which never steps.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

_WALL, _MONOTONIC = time.time(), time.monotonic()


def now() -> float:
    """Give the present instant."""
    return _WALL + time.monotonic() - _MONOTONIC


class Asked(msgspec.Struct, frozen=True, tag="asked"):
    """A button was pressed for the first time under this counter; it repeats until it is answered."""

    at: float
    gateway: str
    device: str
    n: int


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    """The gateway said that it has the press."""

    at: float
    gateway: str
    device: str
    n: int
    id: str


class Measured(msgspec.Struct, frozen=True, tag="measured"):
    """A numbered reading was told once; whether the gateway said that it took it."""

    at: float
    gateway: str
    serial: int
    taken: bool


class Preloaded(msgspec.Struct, frozen=True, tag="preloaded"):
    """A gateway's outbox was filled with the readings from 1 to so many before the start."""

    gateway: str
    count: int


class Tile(msgspec.Struct, frozen=True):
    """One incident as a screen shows it."""

    id: str
    ver: int
    gateway: str
    device: str
    mode: str
    state: str
    count: int
    stored: bool


class Painted(msgspec.Struct, frozen=True, tag="painted"):
    """A screen began anew with this whole picture."""

    at: float
    screen: str
    tiles: list[Tile]


class Told(msgspec.Struct, frozen=True, tag="told"):
    """A screen was told of changed incidents, and of those that others have taken up."""

    at: float
    screen: str
    tiles: list[Tile]
    gone: list[str] = []


class Broke(msgspec.Struct, frozen=True, tag="broke"):
    """A screen lost its stream."""

    at: float
    screen: str


class Fault(msgspec.Struct, frozen=True, tag="fault"):
    """Something was broken on purpose."""

    at: float
    number: int
    what: str  # kill, freeze, cut, stall …
    target: str


class Mended(msgspec.Struct, frozen=True, tag="mended"):
    """It works again."""

    at: float
    number: int


class Acted(msgspec.Struct, frozen=True, tag="acted"):
    """A person's move was answered with success."""

    at: float
    alert: str
    act: str
    key: str  # Under which it was asked for.


Entry = Asked | Answered | Measured | Preloaded | Painted | Told | Broke | Fault | Mended | Acted

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Entry)


class Log:
    """One file of entries; each is written out at once, so that a kill of ours loses none."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("ab", buffering=0)

    def write(self, entry: Entry) -> None:
        """Append an entry."""
        self._file.write(_encoder.encode(entry) + b"\n")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def read(*paths: Path) -> Iterator[Entry]:
    """Give the entries of several files, each in its own order."""
    for path in paths:
        for line in path.read_bytes().splitlines():
            yield _decoder.decode(line)
