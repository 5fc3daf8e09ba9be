"""What may happen to a gap, as one table, and what each request becomes: a move on record or a refusal. Pure."""

from dataclasses import replace

from server.core.schedule import local_date
from server.gaps.model import EVIDENCE_MAX, MOVES_MAX, PEOPLES, Asked, Entry, Gap, GapState, Move, NotMoved

OPEN, IN_PROGRESS, TO_VERIFY, CLOSED = GapState

# (state, move) -> the state after it. Where it depends on whether the gap has an owner, `_after` says.
MOVES: dict[tuple[GapState, Move], GapState] = {
    (OPEN, Move.ASSIGN): IN_PROGRESS,
    (IN_PROGRESS, Move.ASSIGN): IN_PROGRESS,
    (OPEN, Move.RECTIFY): TO_VERIFY,  # Whoever mends it before anybody was told to need not wait.
    (IN_PROGRESS, Move.RECTIFY): TO_VERIFY,
    (TO_VERIFY, Move.SEND_BACK): IN_PROGRESS,
    (TO_VERIFY, Move.CLOSE): CLOSED,
    (CLOSED, Move.REOPEN): OPEN,
    (OPEN, Move.TURNED_MET): TO_VERIFY,
    (IN_PROGRESS, Move.TURNED_MET): TO_VERIFY,
    (TO_VERIFY, Move.TURNED_MET): TO_VERIFY,
    (CLOSED, Move.TURNED_MET): CLOSED,
    (OPEN, Move.RELAPSED): OPEN,
    (IN_PROGRESS, Move.RELAPSED): IN_PROGRESS,
    (TO_VERIFY, Move.RELAPSED): IN_PROGRESS,
    (CLOSED, Move.RELAPSED): OPEN,
    **{(state, Move.NOTE): state for state in GapState},
}
WORDS_NEEDED = frozenset({Move.SEND_BACK, Move.REOPEN, Move.NOTE})
_SERVICES = frozenset(Move) - PEOPLES


def legal_moves(gap: Gap) -> tuple[Move, ...]:
    """List what people may ask of a gap as it stands, in the order of the moves."""
    return tuple(move for move in Move if (gap.state, move) in MOVES and move not in _SERVICES)


def judge(gap: Gap, asked: Asked, now_ms: int, *, still_bad: bool) -> tuple[Gap, Entry]:
    """Make a person's move, or raise `NotMoved`.

    `still_bad` says that the cell is a gap at this moment: such a gap cannot be closed, whatever has been written of it.
    """
    if asked.move is not Move.NOTE and asked.version != gap.version:
        raise NotMoved("version_conflict", f"seen {asked.version}; it is at {gap.version}")
    if asked.move in _SERVICES or (gap.state, asked.move) not in MOVES:
        allowed = ", ".join(legal_moves(gap))
        raise NotMoved("illegal_move", f"{asked.move.value!r} in {gap.state.value}; allowed: {allowed}")
    if gap.version >= MOVES_MAX:
        raise NotMoved("too_many", f"{MOVES_MAX} moves are on record")
    _check(gap, asked, now_ms, still_bad=still_bad)
    after = replace(gap, state=_after(gap, asked.move), version=gap.version + 1)
    match asked.move:
        case Move.ASSIGN:
            after = replace(after, owner=asked.owner.strip(), due=asked.due)
        case Move.RECTIFY:
            after = replace(after, rectified_by=asked.by)
        case Move.CLOSE:
            after = replace(after, closed_ms=now_ms, bad=False)
        case Move.REOPEN:
            after = _again(after, now_ms, bad=not gap.of_cell or still_bad)
        case _:
            pass
    entry = Entry(
        gap.id,
        after.version,
        now_ms,
        asked.move,
        after.state,
        by=asked.by,
        role=asked.role,
        note=asked.note.strip(),
        owner=after.owner if asked.move is Move.ASSIGN else "",
        due=after.due if asked.move is Move.ASSIGN else None,
        evidence=asked.evidence,
    )
    return after, entry


def turned_met(gap: Gap, why: str, now_ms: int) -> tuple[Gap, Entry]:
    """Note that a gap's cell is none any more: people have to look whether it is so, for nothing closes itself."""
    after = replace(gap, state=_after(gap, Move.TURNED_MET), bad=False, version=gap.version + 1)
    return after, Entry(gap.id, after.version, now_ms, Move.TURNED_MET, after.state, note=why)


def relapsed(gap: Gap, reasons: tuple[str, ...], now_ms: int) -> tuple[Gap, Entry]:
    """Note that a gap's cell is one again: what was closed opens anew, with all its history."""
    after = replace(gap, state=_after(gap, Move.RELAPSED), bad=True, reasons=reasons, version=gap.version + 1)
    if gap.state is CLOSED:
        after = _again(after, now_ms, bad=True)
    return after, Entry(gap.id, after.version, now_ms, Move.RELAPSED, after.state, note=" ".join(reasons))


def found(gap: Gap, now_ms: int, by: str = "", role: str = "") -> Entry:
    """Give the first entry of a gap's history."""
    return Entry(gap.id, 1, now_ms, Move.FOUND, gap.state, by=by, role=role, note=" ".join(gap.reasons))


def _after(gap: Gap, move: Move) -> GapState:
    state = MOVES[gap.state, move]
    return OPEN if state is IN_PROGRESS and move is not Move.ASSIGN and not gap.owner else state


def _again(gap: Gap, now_ms: int, *, bad: bool) -> Gap:
    """Begin a new turn: nobody is bound to the due date of the last one. The owner stays as a proposal."""
    return replace(gap, opened_ms=now_ms, closed_ms=0, due=None, rectified_by="", reopened=gap.reopened + 1, bad=bad)


def _check(gap: Gap, asked: Asked, now_ms: int, *, still_bad: bool) -> None:
    if asked.move in WORDS_NEEDED and not asked.note.strip():
        raise NotMoved("invalid", "note: say why")
    if len(asked.evidence) > EVIDENCE_MAX:
        raise NotMoved("invalid", f"evidence: at most {EVIDENCE_MAX} references")
    if asked.move is Move.RECTIFY and not any(one.reference.strip() for one in asked.evidence):
        raise NotMoved("invalid", "evidence: at least one reference")
    if asked.move is Move.ASSIGN:
        _check_assignment(asked, now_ms)
    if asked.move is Move.CLOSE:
        _check_closing(gap, asked, still_bad=still_bad)


def _check_assignment(asked: Asked, now_ms: int) -> None:
    if not asked.owner.strip() or asked.due is None:
        raise NotMoved("invalid", "owner, due: both are needed")
    if asked.due < local_date(now_ms / 1_000):
        raise NotMoved("invalid", "due: it has passed already")


def _check_closing(gap: Gap, asked: Asked, *, still_bad: bool) -> None:
    if gap.rectified_by == asked.by:
        raise NotMoved("second_person_required", "whoever rectified cannot verify")
    if gap.of_cell and still_bad:
        raise NotMoved("illegal_move", "its cell is still not met or unknown: mend that, or have it exempted")
