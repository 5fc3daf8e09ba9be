"""The life of a gap, whatever happens to it in whatever order: nothing closes itself, and nothing is forgotten."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.identity import SchoolId
from server.core.schedule import local_date, start_of_day
from server.core.verdict import Judgement, Verdict
from server.gaps.cells import FIGURES, HELD_MS, Cell, Changes, Watch, compare
from server.gaps.lifecycle import MOVES, found, judge, legal_moves
from server.gaps.model import MOVES_MAX, PEOPLES, Asked, Entry, Evidence, Gap, GapState, Move, NotMoved, cell_id
from server.gaps.rates import Rates, due_soon, overdue, rates

SCHOOL = SchoolId("3145000001")
NOW = round(start_of_day(date(2026, 11, 24)) * 1_000) + 36_000_000
TODAY = date(2026, 11, 24)
HOUR = 3_600_000


def gap(**changes: object) -> Gap:
    """Make a gap of a cell, just found."""
    made = Gap(
        cell_id(SCHOOL, "t5", "ledger"),
        SCHOOL,
        "t5",
        "ledger",
        GapState.OPEN,
        True,
        ("barrier.missing",),
        "(十七)",
        "",
        NOW,
        NOW,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # Each is of the field's type.


def asked(move: Move, by: str = "officer", version: int = 1, **changes: object) -> Asked:
    """Ask for a move with everything it needs."""
    full = Asked(move, by, "education_officer", version, "因为", "设备科", TODAY, (Evidence("照片1"),))
    return replace(full, **changes)  # type: ignore[arg-type]  # Each is of the field's type.


def code(gap_: Gap, request: Asked, *, still_bad: bool = False) -> str:
    """Give the code a request is refused with; empty when it is granted."""
    try:
        judge(gap_, request, NOW, still_bad=still_bad)
    except NotMoved as refusal:
        return refusal.code
    return ""


def test_the_usual_way() -> None:
    """Assigned, rectified with evidence, verified by another person; each move is on record with who and why."""
    one, first = judge(gap(), asked(Move.ASSIGN), NOW, still_bad=True)
    assert (one.state, one.owner, one.due, first.number) == (GapState.IN_PROGRESS, "设备科", TODAY, 2)
    one, second = judge(one, asked(Move.RECTIFY, "school", 2), NOW + 1, still_bad=True)
    assert (one.state, second.evidence, second.owner) == (GapState.TO_VERIFY, (Evidence("照片1"),), "")
    assert code(one, asked(Move.CLOSE, "school", 3)) == "second_person_required"
    assert code(one, asked(Move.CLOSE, "officer", 3), still_bad=True) == "illegal_move"
    closed, last = judge(one, asked(Move.CLOSE, "officer", 3), NOW + 2, still_bad=False)
    assert (closed.state, closed.closed_ms, closed.bad, last.by) == (GapState.CLOSED, NOW + 2, False, "officer")
    again, _ = judge(closed, asked(Move.REOPEN, "officer", 4), NOW + 3, still_bad=False)
    assert (again.state, again.reopened, again.due, again.closed_ms, again.owner) == (GapState.OPEN, 1, None, 0, "设备科")
    assert (again.first_ms, again.opened_ms, again.bad) == (NOW, NOW + 3, False)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (asked(Move.ASSIGN, owner=" "), "invalid"),
        (asked(Move.ASSIGN, due=None), "invalid"),
        (asked(Move.ASSIGN, due=TODAY - timedelta(days=1)), "invalid"),
        (asked(Move.RECTIFY, evidence=()), "invalid"),
        (asked(Move.RECTIFY, evidence=(Evidence(" "),)), "invalid"),
        (asked(Move.RECTIFY, evidence=(Evidence("x"),) * 11), "invalid"),
        (asked(Move.NOTE, note=" "), "invalid"),
        (asked(Move.CLOSE), "illegal_move"),
        (asked(Move.REOPEN), "illegal_move"),
        (asked(Move.TURNED_MET), "illegal_move"),
        (asked(Move.FOUND), "illegal_move"),
        (asked(Move.ASSIGN, version=0), "version_conflict"),
        (asked(Move.NOTE, version=0), ""),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(request_: Asked, expected: str) -> None:
    assert code(gap(), request_) == expected


def test_a_finding_is_closed_by_people_alone_and_its_record_has_an_end() -> None:
    """No cell can speak against closing a finding, and no person can write for ever."""
    finding = gap(figure="visit", state=GapState.TO_VERIFY, rectified_by="school")
    assert judge(finding, asked(Move.CLOSE), NOW, still_bad=True)[0].state is GapState.CLOSED
    assert code(gap(version=MOVES_MAX), asked(Move.NOTE)) == "too_many"


JUDGEMENTS = st.sampled_from(Judgement)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("cell"), JUDGEMENTS | st.none(), st.integers(0, 30)),
        st.tuples(st.just("ask"), st.sampled_from(sorted(PEOPLES)), st.sampled_from(["a", "b"])),
    ),
    max_size=40,
)


class World:
    """One cell, its gap and its watch, as a store would keep them."""

    def __init__(self, figure: str) -> None:
        self.figure = figure
        self.now = NOW
        self.verdict: Verdict | None = Verdict(Judgement.MET)
        self.since = NOW  # Since when the cell is bad, or is not.
        self.gaps: dict[str, Gap] = {}
        self.watches: dict[str, Watch] = {}
        self.entries: list[Entry] = []

    @property
    def bad(self) -> bool:
        """Say whether the cell is a gap."""
        return self.verdict is not None and self.verdict.judgement in (Judgement.NOT_MET, Judgement.UNKNOWN)

    def look(self) -> Changes:
        """Compare, and keep what changes."""
        cells = [Cell(SCHOOL, "t5", self.figure, self.verdict, "c")] if self.verdict else []
        changes = compare(cells, self.gaps, self.watches, self.now, FIGURES)
        for one in (*changes.made, *changes.moved):
            self.gaps[one.id] = one
        for id_ in changes.dropped:
            del self.watches[id_]
        self.watches |= {one.id: one for one in changes.watched}
        self.entries += changes.entries
        return changes

    def cell(self, judgement: Judgement | None, hours: int) -> None:
        """Let hours pass, then have the cell say something, or not be asked any more."""
        self.now += hours * HOUR
        self.look()
        before = self.bad
        self.verdict = Verdict(judgement, ("r",)) if judgement else None
        if before != self.bad:
            self.since = self.now
        self.look()

    def ask(self, move: Move, by: str) -> None:
        """Ask for a move; what cannot be is passed over."""
        for id_, one in self.gaps.items():
            try:
                request = asked(move, by, one.version, due=local_date(self.now / 1_000))
                self.gaps[id_], entry = judge(one, request, self.now, still_bad=self.bad)
                self.entries.append(entry)
            except NotMoved:
                pass
        self.look()


@given(st.sampled_from(FIGURES), STEPS)
def test_whatever_happens_the_list_and_the_cells_agree(figure: str, steps: list[tuple[str, object, object]]) -> None:
    """After each step: a cell that has been bad for long enough has an open line, and a line's history tells its state."""
    world = World(figure)
    for kind, one, two in steps:
        if kind == "cell":
            world.cell(one, two)  # type: ignore[arg-type]  # As the strategy has it.
        else:
            world.ask(one, two)  # type: ignore[arg-type]  # As the strategy has it.
        line = world.gaps.get(cell_id(SCHOOL, "t5", figure))
        held = world.now - world.since >= HELD_MS[figure]
        if world.bad and held:
            assert line is not None
            assert line.open
            assert line.bad
        if world.bad and (line is None or not line.bad):
            assert world.watches, "too young, and said so"
        assert not world.look(), "looking twice changes nothing"
        if line is not None:
            told = [entry for entry in world.entries if entry.gap == line.id]
            assert [entry.number for entry in told] == list(range(1, line.version + 1))
            assert told[-1].state is line.state
            assert told[0].move is Move.FOUND
            state = GapState.OPEN
            for entry in told[1:]:
                expected = MOVES[state, entry.move]
                assert entry.state is expected or (expected, entry.state) == (GapState.IN_PROGRESS, GapState.OPEN)
                assert entry.state is not GapState.CLOSED or entry.by or state is GapState.CLOSED
                state = entry.state


def test_a_live_cell_is_believed_after_a_day_without_a_break_and_a_ledger_cell_at_once() -> None:
    live = World("live")
    live.cell(Judgement.UNKNOWN, 0)
    live.cell(Judgement.MET, 23)
    live.cell(Judgement.NOT_MET, 1)
    live.cell(Judgement.UNKNOWN, 23)
    assert not live.gaps
    live.cell(Judgement.UNKNOWN, 1)
    assert [one.state for one in live.gaps.values()] == [GapState.OPEN]
    live.cell(Judgement.MET, 1)
    live.cell(Judgement.MET, 23)
    assert [one.state for one in live.gaps.values()] == [GapState.OPEN]
    live.cell(Judgement.MET, 1)
    assert [one.state for one in live.gaps.values()] == [GapState.TO_VERIFY]
    ledger = World("ledger")
    ledger.cell(Judgement.NOT_MET, 0)
    ledger.cell(None, 0)
    assert [(entry.move, entry.note) for entry in ledger.entries] == [(Move.FOUND, "r"), (Move.TURNED_MET, "not_asked")]
    ledger.ask(Move.CLOSE, "a")
    ledger.cell(Judgement.UNKNOWN, 5)
    assert [(one.state, one.reopened) for one in ledger.gaps.values()] == [(GapState.OPEN, 1)]


def test_live_cells_are_left_alone_where_they_are_not_to_be_looked_at() -> None:
    """After a start live cells say nothing yet: neither lines nor watches change by them."""
    old = gap(id=cell_id(SCHOOL, "t5", "live"), figure="live")
    watch = Watch(cell_id(SCHOOL, "t1", "live"), SCHOOL, True, NOW - HOUR)
    changes = compare([], {old.id: old}, {watch.id: watch}, NOW, ("ledger",))
    assert not changes
    gone = compare([], {old.id: old}, {watch.id: watch}, NOW, FIGURES)
    assert ([one.bad for one in gone.moved], gone.dropped) == ([False], [watch.id])


def test_legal_moves_are_peoples_moves() -> None:
    assert legal_moves(gap()) == (Move.ASSIGN, Move.RECTIFY, Move.NOTE)
    assert legal_moves(gap(state=GapState.TO_VERIFY)) == (Move.SEND_BACK, Move.CLOSE, Move.NOTE)
    assert found(gap(), NOW).note == "barrier.missing"


@given(
    st.lists(st.tuples(st.integers(-20, 20) | st.none(), st.integers(-20, 20) | st.none()), max_size=20), st.integers(0, 20)
)
def test_rates_add_up_and_are_never_flattered(rows: list[tuple[int | None, int | None]], cut: int) -> None:
    """Counts add up; 整改率 is 100 % only when every due gap was closed in time, 超期率 0 only when none is late."""
    gaps = [
        gap(
            state=GapState.OPEN if closed is None else GapState.CLOSED,
            due=None if due is None else TODAY + timedelta(days=due),
            closed_ms=0 if closed is None else NOW + closed * 24 * HOUR,
        )
        for due, closed in rows
    ]
    whole = rates(gaps, TODAY)
    assert rates(gaps[:cut], TODAY) + rates(gaps[cut:], TODAY) == whole
    judged = [one for one in gaps if overdue(one, TODAY) or (not one.open and one.due is not None)]
    assert whole.due == len(judged)
    assert (whole.rectified_bp == 10_000) == (bool(judged) and all(not one.open and _in_time(one) for one in judged))
    assert (whole.overdue_bp == 0) == (whole.open > 0 and not any(overdue(one, TODAY) for one in gaps))
    assert not any(due_soon(one, TODAY) and overdue(one, TODAY) for one in gaps)


def _in_time(one: Gap) -> bool:
    assert one.due is not None
    return local_date(one.closed_ms / 1_000) <= one.due


def test_of_nothing_there_is_no_rate() -> None:
    assert (Rates().rectified_bp, Rates().overdue_bp) == (None, None)
    assert Rates(open=30_000, overdue=1).overdue_bp == 1
