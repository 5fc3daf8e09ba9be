"""The ledger of rounds: one line for each, appended when it has been judged, so that a run goes on where it stopped."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from simulators.chaos.rounds import Row

_decoder = msgspec.json.Decoder(Row)


class Ledger:
    """Rows in a file. A line that was cut off by a kill of ours is passed over, and its round is played again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows: list[Row] = []
        if path.exists():
            for line in path.read_bytes().splitlines():
                try:
                    self.rows.append(_decoder.decode(line))
                except msgspec.DecodeError:
                    continue

    def append(self, row: Row) -> None:
        """Write a row down."""
        self.rows.append(row)
        whole = not self._path.exists() or self._path.read_bytes()[-1:] in (b"\n", b"")
        with self._path.open("ab") as file:
            file.write((b"" if whole else b"\n") + msgspec.json.encode(row) + b"\n")

    @property
    def hits(self) -> int:
        """Count the kills and cuts so far."""
        return sum(row.hits for row in self.rows)

    @property
    def broken(self) -> Sequence[Row]:
        """Give the rounds that broke a promise."""
        return [row for row in self.rows if row.broken]
