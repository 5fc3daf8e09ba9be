"""Figures that look back over days: rounds, peaks and answers, noted as they happen and known again after a restart."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.identity import DeviceId
from server.core.daybook import Day, Daybook, Manned, ordinal_of, rounds_of
from server.core.effects import DayNoted
from server.core.events import CheckInArrived, DaysRestored, GuardsRestored
from server.core.verdict import Judgement, Verdict
from server.registry.sheets.post import Post
from tests.core.talking import MONDAY, Talk, beijing, city, gateway_of, school, talking

TUESDAY = MONDAY + timedelta(days=1)
SCHOOL = school().id


def listening(since: float, **facts: object) -> Talk:
    """Give an engine that has listened since an instant."""
    talk = talking(roster=city(school(**facts)), now=since)  # type: ignore[arg-type]  # The caller names the fields.
    talk.say(GuardsRestored([], since), since)
    return talk


def patrol(talk: Talk, at: float) -> None:
    """Tell a patrol point."""
    talk.say(CheckInArrived(f"p{at}", gateway_of(1), DeviceId("post-1"), at, at, "g1", "patrol", "wall"), at)


def live(talk: Talk, name: str) -> Verdict:
    """Give the live verdict of the school."""
    return talk.engine.verdicts(SCHOOL)[name][1]


def pass_to(talk: Talk, now: float) -> None:
    """Let time pass with the gateway and its post heard."""
    talk.heard(now)
    talk.read("post-1", now, online=True)
    for _ in range(3):
        talk.tick(now)


def notes(talk: Talk) -> list[DayNoted]:
    """Give what the last step noted."""
    return [effect for effect in talk.effects if isinstance(effect, DayNoted)]


# ---------------------------------------------------------------- rounds


def test_points_of_neighbouring_quarters_are_one_round_and_the_night_has_its_own() -> None:
    book, now = Daybook(), beijing(MONDAY, 23, 30)
    for hour, minute in ((2, 0), (8, 1), (8, 14), (8, 16), (8, 44), (10, 0), (23, 0)):
        book.patrolled(SCHOOL, beijing(MONDAY, hour, minute), now)
    assert rounds_of(book.day(ordinal_of(now))) == (2, 2)


def test_the_rounds_of_the_last_whole_school_day_are_counted_up_to_what_the_rule_asks() -> None:
    talk = listening(beijing(MONDAY, 0), boarders=10)
    for hour in (8, 10, 12, 14):
        patrol(talk, beijing(MONDAY, hour))
    patrol(talk, beijing(MONDAY, 23))
    pass_to(talk, beijing(TUESDAY, 0, 1))
    assert live(talk, "patrolled") == Verdict(Judgement.NOT_MET, ("patrol.missed",), None, (5, 2, 0, 0))
    patrol(talk, beijing(TUESDAY, 0, 2))  # Of the next day.
    pass_to(talk, beijing(TUESDAY, 0, 3))
    assert live(talk, "patrolled").units == (5, 2, 0, 0)


def test_rounds_of_a_day_we_did_not_hear_whole_are_unknown_and_late_ones_still_count() -> None:
    talk = listening(beijing(MONDAY, 12))
    pass_to(talk, beijing(TUESDAY, 1))
    assert live(talk, "patrolled") == Verdict(Judgement.UNKNOWN, ("patrol.not_listened",), None, (0, 0, 5, 0))
    for hour in (8, 10, 12, 14, 16):
        at, rx = beijing(MONDAY, hour), beijing(TUESDAY, 2)
        talk.say(CheckInArrived(f"l{hour}", gateway_of(1), DeviceId("post-1"), at, rx, "g1", "patrol", "wall"), rx)
    pass_to(talk, beijing(TUESDAY, 2, 1))
    assert live(talk, "patrolled").units == (5, 0, 0, 0)


def test_in_the_holidays_nobody_is_asked_for_rounds_or_peaks() -> None:
    talk = listening(beijing(MONDAY.replace(month=8, day=3), 9))
    assert not {"patrolled", "peak_manned"} & set(talk.engine.verdicts(SCHOOL))


def test_the_ledger_asks_for_a_post_that_walks() -> None:
    post = Post(school=SCHOOL, id="p", kind="control_room")
    plain = city(school())
    for records, expected in (((), Judgement.UNKNOWN), ((post,), Judgement.NOT_MET)):
        roster = type(plain)(
            plain.units,
            plain.stations,
            plain.schools,
            plain.gateways,
            plain.devices,
            plain.calendar,
            (*plain.records, *records),
        )
        talk = talking(roster=roster, now=beijing(TUESDAY, 9))
        assert talk.engine.verdicts(SCHOOL)["patrolled"][0].judgement is expected


# ---------------------------------------------------------------- peaks: 7:00 to 8:00, watched from 6:55 to 8:05


def morning(talk: Talk, counts: dict[tuple[int, int], int]) -> None:
    """Live through Monday's morning peak, minute by minute; `counts` says when the reader's count changes."""
    on_duty = 0
    for minute in range(6 * 60 + 50, 8 * 60 + 10):
        now = beijing(MONDAY, minute // 60, minute % 60)
        on_duty = counts.get((minute // 60, minute % 60), on_duty)
        talk.heard(now)
        talk.read("post-1", now, on_duty=on_duty)
        talk.tick(now)
        talk.tick(now + 1)


@pytest.mark.parametrize(
    ("counts", "units"),
    [
        ({(6, 52): 2}, (1, 0)),
        ({(6, 56): 2}, (1, 0)),  # A minute late is no lack yet.
        ({(6, 59): 2}, (0, 1)),
        ({(6, 52): 2, (7, 30): 1, (7, 31): 2}, (1, 0)),
        ({(6, 52): 2, (7, 30): 1, (7, 33): 2}, (0, 1)),
        ({(6, 52): 2, (8, 5): 0}, (1, 0)),
        ({(6, 52): 2, (8, 1): 0}, (0, 1)),  # Gone before five past.
    ],
)
def test_a_peak_is_manned_when_enough_stand_there_from_five_before_to_five_after(
    counts: dict[tuple[int, int], int], units: tuple[int, int]
) -> None:
    talk = listening(beijing(MONDAY, 6), guards_at_peak=2)
    morning(talk, counts)
    met, short, unsure, exempt = live(talk, "peak_manned").counts
    assert (met, short) == units
    assert (met + short + unsure, exempt) == (10, 0)  # With Friday's and those before, of which nobody knows.


def test_a_peak_in_which_the_gateway_was_silent_is_unknown_and_so_is_one_we_joined_late() -> None:
    silent = listening(beijing(MONDAY, 6))
    for minute in (6 * 60 + 54, 7 * 60, 7 * 60 + 30, 8 * 60 + 6):
        for _ in range(2):
            silent.tick(beijing(MONDAY, minute // 60, minute % 60))
    late = listening(beijing(MONDAY, 7, 10))
    morning(late, {(6, 50): 5})
    for talk in (silent, late):
        assert live(talk, "peak_manned").counts[0] == 0
        assert talk.engine._fleet.homes[SCHOOL].daybook.day(ordinal_of(beijing(MONDAY, 9))).peaks == {420: Manned.UNSURE}


# ---------------------------------------------------------------- answers


def test_a_real_alarm_is_answered_in_time_or_late_and_waits_in_between() -> None:
    now = beijing(MONDAY, 9)
    talk = listening(now)
    assert "answered" not in talk.engine.verdicts(SCHOOL)
    alert = talk.press(1, now)
    talk.tick(now + 1)
    assert live(talk, "answered").units == (0, 0, 1, 0)
    for second in (29, 30):
        talk.tick(now + second)
        talk.tick(now + second)
        assert live(talk, "answered").units == ((0, 0, 1, 0) if second < 30 else (0, 1, 0, 0))
    talk.act(alert, "acknowledge", now + 40)
    talk.tick(now + 41)
    ledger, clock = talk.engine.verdicts(SCHOOL)["answered"]
    assert (ledger.units, clock.units) == ((1, 0, 0, 0), (0, 1, 0, 0))


def test_the_first_acknowledgement_counts_although_a_later_press_rings_again() -> None:
    now = beijing(MONDAY, 9)
    talk = listening(now)
    alert = talk.press(1, now)
    talk.act(alert, "acknowledge", now + 10)
    talk.press(2, now + 20)
    talk.tick(now + 100)
    assert live(talk, "answered").units == (1, 0, 0, 0)


def test_tests_and_what_turns_out_to_be_one_never_count() -> None:
    now = beijing(MONDAY, 9)
    talk = listening(now)
    talk.window(now, now + 600)
    talk.press(1, now + 1)
    real = talk.press(2, now + 2, device="btn-2")
    talk.act(real, "acknowledge", now + 3)
    talk.act(real, "resolve", now + 4, cause="test")
    talk.tick(now + 5)
    assert "answered" not in talk.engine.verdicts(SCHOOL)


def test_an_alarm_leaves_the_figure_after_thirty_days() -> None:
    now = beijing(MONDAY, 9)
    talk = listening(now)
    talk.press(1, now)
    talk.tick(now + 1)
    pass_to(talk, now + 30 * 86_400)
    assert "answered" not in talk.engine.verdicts(SCHOOL)


# ---------------------------------------------------------------- after a restart


def test_a_restart_knows_rounds_peaks_and_answers_again() -> None:
    talk = listening(beijing(MONDAY, 6), guards_at_peak=2)
    kept: dict[tuple[str, str], DayNoted] = {}
    said = talk.say

    def noting(event: object, now: float) -> object:
        effects = said(event, now)  # type: ignore[arg-type]  # Whatever is said.
        kept.update({(one.school, one.key): one for one in effects if isinstance(one, DayNoted)})
        return effects

    talk.say = noting  # type: ignore[method-assign, assignment]  # It listens in.
    morning(talk, {(6, 52): 2})
    alert = talk.press(1, beijing(MONDAY, 9))
    talk.act(alert, "acknowledge", beijing(MONDAY, 9, 0, 5))
    patrol(talk, beijing(MONDAY, 10))
    now = beijing(TUESDAY, 1)
    pass_to(talk, now)

    fresh = talking(roster=talk.engine.roster.roster, now=now)
    fresh.say(GuardsRestored([], beijing(MONDAY, 6)), now)
    fresh.say(DaysRestored(list(kept.values())), now)
    pass_to(fresh, now)
    for name in ("patrolled", "peak_manned", "answered"):
        assert live(fresh, name).units == live(talk, name).units
    fresh.say(DaysRestored(list(kept.values())), now)
    assert notes(fresh) == []


def test_an_answer_whose_note_was_lost_with_a_kill_is_noted_again_from_the_alerts_facts() -> None:
    now = beijing(MONDAY, 9)
    talk = listening(now)
    alert = talk.press(1, now)
    waiting = notes(talk)
    talk.act(alert, "acknowledge", now + 5)
    fresh = talk.restarted(now + 60)
    fresh.say(DaysRestored(waiting), now + 60)
    assert [note.value for note in notes(fresh)] == [f"{now + 5:.3f}"]


@given(st.lists(st.integers(0, 86_399), max_size=60), st.permutations(range(3)))
def test_notes_told_twice_and_in_any_order_give_the_same_day(seconds: list[int], order: list[int]) -> None:
    start, end = beijing(MONDAY, 0), beijing(TUESDAY, 0)
    book = Daybook()
    told = [note for second in seconds for note in book.patrolled(SCHOOL, start + second, end)]
    parts = [told[number::3] for number in range(3)]
    again = Daybook()
    for number in [*order, *order]:
        again.restored(SCHOOL, parts[number])
    ordinal = ordinal_of(start)
    assert again.day(ordinal) == book.day(ordinal) or not told
    assert sum(rounds_of(book.day(ordinal))) <= 48
    assert rounds_of(Day()) == (0, 0)
