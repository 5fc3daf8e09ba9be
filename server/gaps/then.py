"""How a gap stood at an instant, told from its moves: they are append-only, so any past day can be answered. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from server.gaps.model import Entry, Gap, GapState, Move


def stood(gap: Gap, entries: Iterable[Entry]) -> Gap | None:
    """Give a gap as its moves up to an instant left it, told oldest first; None where it was not there yet.

    Of `gap`, as it stands now, only what never changes is used.
    """
    found: Gap | None = None
    for entry in entries:
        if found is None:
            found = replace(
                gap, opened_ms=gap.first_ms, owner="", due=None, closed_ms=0, rectified_by="", reopened=0, bad=True
            )
            found = replace(found, state=entry.state, version=entry.number)
            if gap.of_cell:
                found = replace(found, reasons=tuple(entry.note.split()))
            continue
        found = _moved(found, entry)
    return found


def _moved(gap: Gap, entry: Entry) -> Gap:
    after = replace(gap, state=entry.state, version=entry.number)
    reopened = gap.state is GapState.CLOSED and entry.move in (Move.REOPEN, Move.RELAPSED)
    if reopened:
        after = replace(
            after, opened_ms=entry.at_ms, closed_ms=0, due=None, rectified_by="", reopened=gap.reopened + 1, bad=True
        )
    match entry.move:
        case Move.ASSIGN:
            return replace(after, owner=entry.owner, due=entry.due)
        case Move.RECTIFY:
            return replace(after, rectified_by=entry.by)
        case Move.CLOSE:
            return replace(after, closed_ms=entry.at_ms, bad=False)
        case Move.TURNED_MET:
            return replace(after, bad=False)
        case Move.RELAPSED:
            return replace(after, bad=True, reasons=tuple(entry.note.split()))
        case _:
            return after
