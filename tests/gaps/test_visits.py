"""Draws that anybody can prove, and visits whose findings are gaps at once."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.identity import SchoolId
from server.gaps.model import GapState, Move, NotMoved
from server.gaps.sampling import Candidate, draw, list_hash
from server.gaps.visits import FINDINGS_MAX, Finding, Severity, Visit, VisitState, acted, with_finding

VISIT = Visit("v", SchoolId("1"), date(2026, 11, 30), VisitState.PLANNED, "officer", 1)
FINDING = Finding("大门口无隔离墩", "GB/T 29315-2022", Severity.SERIOUS, "t5_barrier")
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.integers(0, 200).map(lambda number: SchoolId(f"{number:010d}")),
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from(["primary", "junior"]),
    ),
    max_size=60,
    unique_by=lambda one: one.school,
)


@given(CANDIDATES, st.text(min_size=1, max_size=20), st.integers(0, 80))
def test_a_draw_is_fair_to_each_stratum_and_the_same_for_whoever_draws_again(
    candidates: list[Candidate], seed: str, count: int
) -> None:
    drawn = draw(candidates, seed, count)
    assert drawn == draw(candidates[::-1], seed, count)
    assert list_hash(candidates) == list_hash(candidates[::-1])
    assert len(drawn) == len(set(drawn)) == min(count, len(candidates))
    strata = {one.school: (one.county, one.kind) for one in candidates}
    seats, sizes = Counter(strata[school] for school in drawn), Counter(strata.values())
    for stratum, size in sizes.items():
        share = len(drawn) * size / len(candidates)
        assert share - 1 < seats[stratum] < share + 1


def test_every_school_of_a_stratum_is_drawn_about_as_often() -> None:
    """Of 20 schools each is one of five in about a quarter of 400 draws."""
    candidates = [Candidate(SchoolId(f"{number:010d}"), "A", "primary") for number in range(20)]
    often = Counter(school for seed in range(400) for school in draw(candidates, f"s{seed}", 5))
    assert set(often) == {one.school for one in candidates}
    assert all(60 < count < 140 for count in often.values())


def test_another_list_or_seed_is_another_draw() -> None:
    """A known draw, so that nobody changes the way without being seen: proofs on paper must stay good."""
    candidates = [Candidate(SchoolId(f"{number:010d}"), "AB"[number % 2], "primary") for number in range(6)]
    assert list_hash(candidates) == "96a3ef81b43d8642fcf6aa73d273e484fdbf478206e37aa09fbd7363fe99d554"
    assert draw(candidates, "2026-11-24", 2) == ("0000000001", "0000000004")
    assert list_hash(candidates[:5]) != list_hash(candidates)


def test_a_visit_begins_ends_and_writes_down_what_it_finds() -> None:
    with pytest.raises(NotMoved, match="planned"):
        with_finding(VISIT, FINDING, 1, "o", "r", 5)
    begun = acted(VISIT, "begin", "officer", "", 10)
    assert (VISIT.hidden, begun.hidden, begun.begun_by) == (True, False, "officer")
    after, gap, entry = with_finding(begun, FINDING, 1, "officer", "education_officer", 20)
    assert (after.findings, gap.id, gap.state, gap.bad) == (1, "visit.v.1", GapState.OPEN, True)
    assert (gap.clause, gap.severity, gap.indicator, gap.reasons) == (
        "GB/T 29315-2022", "serious", "t5_barrier", ("大门口无隔离墩",),
    )  # fmt: skip
    assert (entry.move, entry.by, entry.number) == (Move.FOUND, "officer", 1)
    for number, code in ((1, "version_conflict"), (3, "version_conflict")):
        with pytest.raises(NotMoved) as refused:
            with_finding(after, FINDING, number, "o", "r", 30)
        assert refused.value.code == code
    full = replace(after, findings=FINDINGS_MAX)
    with pytest.raises(NotMoved, match=str(FINDINGS_MAX)):
        with_finding(full, FINDING, FINDINGS_MAX + 1, "o", "r", 30)
    ended = acted(after, "end", "officer", "无异常", 40)
    assert (ended.state, ended.ended_ms, ended.note) == (VisitState.ENDED, 40, "无异常")
    for act in ("begin", "cancel", "end", "find"):
        with pytest.raises(NotMoved):
            acted(ended, act, "officer", "", 50)
    assert acted(VISIT, "cancel", "officer", "", 10).hidden, "what never began stays hidden"
