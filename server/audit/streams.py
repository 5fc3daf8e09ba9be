"""Whether the positions of every stream join, and its cursor stands where they end."""

from collections.abc import Iterable

from server.audit.digest import Run
from server.audit.report import Check
from server.journal.raw import RawSource

ASKED_MAX = 500  # Streams in one question.
STREAMS_MAX = 2_000_000  # A city's restarts of years; beyond it streams are counted as not compared.


class StreamCheck:
    """Takes the runs of positions in the journal's order, then looks at both their ends."""

    def __init__(self, source: RawSource, *, complete: bool) -> None:
        self._source = source
        self._complete = complete  # Whether the journal has its very first batch still.
        self._ends: dict[tuple[str, str, str], tuple[int, int]] = {}  # Stream -> first and last position read.
        self._check = Check("positions", "each stream's positions: from 1 to its cursor, without a gap and without overlap")

    def take(self, runs: Iterable[Run]) -> None:
        """Take in runs; each must begin where the one before of its stream ended."""
        for run in runs:
            self._check.compared += 1
            stream = (run.gateway, run.epoch, run.lane)
            known = self._ends.get(stream)
            if known is None and len(self._ends) >= STREAMS_MAX:
                self._check.skipped(f"more than {STREAMS_MAX} streams")
                continue
            if known is not None and run.first != known[1] + 1:
                what = "missing" if run.first > known[1] + 1 else "twice"
                between = sorted((known[1] + 1, run.first - 1) if what == "missing" else (run.first, known[1]))
                self._check.differs(f"{_told(stream)}: positions {between[0]} to {between[1]} are {what}")
            self._ends[stream] = (known[0] if known else run.first, run.last)

    async def check(self) -> Check:
        """Look at what stands before the first position read, and where the cursor stands."""
        streams = list(self._ends)
        for stream in streams:
            first = self._ends[stream][0]
            if first > 1:
                covered = await self._source.covered_before(stream, first)
                if covered is None and self._complete:
                    self._check.differs(f"{_told(stream)}: positions 1 to {first - 1} are missing")
                elif covered is not None and covered != first - 1:
                    self._check.differs(f"{_told(stream)}: up to {covered}, and then from {first} on")
        for begun in range(0, len(streams), ASKED_MAX):
            asked = streams[begun : begun + ASKED_MAX]
            cursors = await self._source.ends(asked)
            for stream in asked:
                if stream not in cursors:
                    self._check.differs(f"{_told(stream)}: batches and no cursor")
                    continue
                cursor, newest = cursors[stream]
                if cursor != (newest or self._ends[stream][1]):
                    self._check.differs(
                        f"{_told(stream)}: cursor at {cursor}, batches up to {newest or self._ends[stream][1]}"
                    )
        return self._check


def _told(stream: tuple[str, str, str]) -> str:
    return f"{stream[0]} {stream[1]} lane {stream[2]}"
