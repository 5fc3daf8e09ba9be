"""Whether the newest frozen day is what registry and journal say of it: each school's verdicts, up to the city's figures."""

import asyncio
from collections.abc import Mapping

from contract.errors import StorageError
from server.audit.days import day_name
from server.audit.report import Check
from server.snapshots.again import Comparison
from server.snapshots.frozen import FrozenDay
from server.snapshots.judging import Judge
from server.snapshots.store import Snapshots

WHY: Mapping[str, str] = {
    "heartbeats": "only heartbeats, which no journal keeps, knew whether the gateway was there at the instant of the freeze",
    "silent": "the gateway told no record for more than 90 s before the freeze, and may have been there by heartbeats",
    "near": "a batch came within seconds of the freeze, or was committed only after it",
    "noted": "made of notes, presses and answers that are added to later",
    "counted": "of the ledger of gaps, whose moves of the last minutes of the day may not have been counted yet",
    "journal_gone": "the batches of that day are kept no more",
    "journal_short": "the batches of the school days before are kept no more",
}


class FrozenDays:
    """Audits them. `days` are the first and the last day of a question, both included."""

    def __init__(self, snapshots: Snapshots, judge: Judge) -> None:
        self._snapshots = snapshots
        self._judge = judge

    async def check(self, days: tuple[int, int]) -> Check:
        """Compare the newest frozen day, if it is one of these. Raises `StorageError`."""
        check = Check("frozen", "the newest frozen day with the same day judged anew from registry and journal")
        head = await self._snapshots.newest()
        if head is None or not days[0] <= head.day <= days[1]:
            last = "none is frozen" if head is None else f"the newest is {day_name(head.day)}"
            check.notes.append(f"the newest frozen day is not among these days: {last}")
            return check
        name = day_name(head.day)
        for words in await self._snapshots.broken(head.day):
            check.differs(words)
        body = await self._snapshots.body(head.day)
        if check.differences or body is None:
            return check
        try:
            found = await self._judge.compare(head, body)
        except StorageError as error:  # A province's week may be more than can be read; the rest of the audit has its word.
            check.notes.append(f"{name}: cannot be recomputed: {error}")
        else:
            self._told(check, name, found)
        day = await self._snapshots.day(head.day)
        assert day is not None, "its body was there a moment ago"
        await asyncio.to_thread(_sums, check, name, day)
        return check

    @staticmethod
    def _told(check: Check, name: str, found: Comparison) -> None:
        check.compared += found.compared
        for words in found.shown:
            check.differs(f"{name} {words}")
        check.differences += found.differences - len(found.shown)
        for why, count in sorted(found.apart.items()):
            check.notes.append(f"{name}: {count} figures of schools cannot be recomputed: {WHY[why]}")
        if found.skipped:
            check.notes.append(f"{name}: judged by another rule today, not compared: {', '.join(found.skipped)}")


def _sums(check: Check, name: str, day: FrozenDay) -> None:
    """Compare the kept figures of every unit with the schools' verdicts."""
    counted = FrozenDay(day.frozen)
    for unit in day.units:
        for indicator in day.names:
            check.compared += 2
            kept, sums = day.tally(unit, indicator), counted.tally(unit, indicator)
            for place, figure in enumerate(("ledger", "live")):
                if kept[place] != sums[place]:
                    check.differs(f"{name} {unit} {indicator} {figure}: kept {kept[place]}, counted {sums[place]}")
