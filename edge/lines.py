"""The seam to input and output lines, and its double of files: one file for each line, holding 0 (open) or 1 (closed)."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contract.errors import Unreachable
from edge.contacts import LineName

POLL_SECONDS = 0.02  # The double looks this often; a real line interrupts.


@dataclass(frozen=True, slots=True)
class Edge:
    """One change of one line after debouncing."""

    line: LineName
    closed: bool


class Lines(Protocol):
    """Input lines. `closed` speaks of the contact, whatever the pull makes of the voltage."""

    def read(self) -> dict[LineName, bool]:
        """Read whether each line's contact is closed now; raise `Unreachable` when it cannot be known."""
        ...

    async def edges(self, timeout_seconds: float) -> Sequence[Edge]:
        """Wait for changes, at most so long; give them in order, none when the time is up."""
        ...

    def close(self) -> None:
        """Give the lines back."""
        ...


class Outputs(Protocol):
    """Output lines, each with a relay or a lamp. All are off from the moment they are opened."""

    def set(self, line: LineName, *, on: bool) -> None:
        """Switch one; raise `Unreachable` when that cannot be known."""
        ...

    def close(self) -> None:
        """Switch all off and give them back."""
        ...


class FileOutputs:
    """Outputs kept in a folder: the file of a line holds 1 while it is on."""

    def __init__(self, folder: Path, lines: Sequence[LineName]) -> None:
        self._folder = folder
        self._lines = tuple(lines)
        for line in self._lines:
            self.set(line, on=False)

    def set(self, line: LineName, *, on: bool) -> None:
        """Write the file, whole."""
        path = self._folder / str(line)
        beside = path.with_name(path.name + ".new")
        try:
            beside.write_text("1\n" if on else "0\n")
            beside.replace(path)
        except OSError as error:
            raise Unreachable(f"line file {path}: {error.strerror}") from None

    def close(self) -> None:
        """Switch all off."""
        for line in self._lines:
            with contextlib.suppress(Unreachable):
                self.set(line, on=False)


class FileLines:
    """Lines kept in a folder, for machines without contacts: `echo 1 > folder/17` closes line 17."""

    def __init__(self, folder: Path, lines: Sequence[LineName]) -> None:
        self._folder = folder
        self._lines = tuple(lines)
        self._seen = self.read()

    def read(self) -> dict[LineName, bool]:
        """Read every file; a missing or empty one is an open contact, as a wire not yet connected would be."""
        return {line: self._read(line) for line in self._lines}

    async def edges(self, timeout_seconds: float) -> Sequence[Edge]:
        """Look at the files until one differs."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_seconds
        while True:
            now = self.read()
            edges = [Edge(line, closed) for line, closed in now.items() if closed != self._seen[line]]
            self._seen = now
            if edges or loop.time() >= end:
                return edges
            await asyncio.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Nothing is held."""

    def _read(self, line: LineName) -> bool:
        path = self._folder / str(line)
        try:
            text = path.read_text(errors="replace").strip()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise Unreachable(f"line file {path}: {error.strerror}") from None
        if text not in ("", "0", "1"):
            raise Unreachable(f"line file {path}: {text[:20]!r} given; allowed: 0 (open) or 1 (closed)")
        return text == "1"
