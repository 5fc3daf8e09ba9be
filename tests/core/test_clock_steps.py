"""Whatever is done to the server's clock: each step of a chain is taken once, in order, and none is lost or put off."""

from hypothesis import given
from hypothesis import strategies as st

from server.core.alert import State
from server.core.escalation import CRITICAL
from server.core.events import FactFollowed, LeadChanged
from server.core.running import BACK_SECONDS
from tests.core.talking import Talk, city, press_id, talking

LAST = CRITICAL[-1].after_seconds
START = 1_000_000.0
STEPS = st.one_of(
    st.just(0.0),
    st.floats(min_value=-7_200, max_value=7_200, allow_nan=False),
    st.sampled_from([-3_600.0, 3_600.0, -2.5, 2.5, -BACK_SECONDS]),
)
MOMENTS = st.lists(st.tuples(st.sampled_from([0.5, 1.0, 5.0]), STEPS, st.booleans()), min_size=20, max_size=80)


def alone() -> Talk:
    """Give an engine whose city has nothing that could fail, so that only calls are told."""
    return talking(roster=city(kinds={}), now=START)


def tick(talk: Talk, now: float) -> None:
    """Let time pass while the gateway is heard."""
    talk.heard(now)
    talk.tick(now)


@given(MOMENTS)
def test_each_step_is_taken_once_in_order_and_none_too_late(moments: list[tuple[float, float, bool]]) -> None:
    """None comes earlier than the clock went ahead, and none later than small corrections and the ticks explain.

    In some moments the server starts again too: then it has only the facts to go by.
    """
    talk = alone()
    true, shown = 0.0, START  # What has really passed since the press, and what the clock shows.
    ahead = slack = 0.0
    talk.tick(START)
    talk.press(1, shown)
    taken: list[tuple[int, float, float, float]] = []
    for wait, step, restarts in [*moments, *((5.0, 0.0, False),) * 40]:
        true += wait
        shown += wait + step
        ahead += max(step, 0.0)
        slack += wait if restarts or step else 0.0  # Of what was being waited for, the last tick is lost.
        slack += -step if -BACK_SECONDS - wait <= step < 0 else 0.0
        if restarts:
            facts = talk.facts
            talk = talk.restarted(shown)
            talk.facts = list(facts)
            slack += 60.0  # A clock that was set while we were away: no more than the whole wait once more.
        tick(talk, shown)
        taken += [(told.step, true, ahead, slack) for told in talk.told()]

    assert [step for step, *_ in taken] == [1, 2, 3], "once, in order, none lost"
    for step, at, went_ahead, lost in taken:
        due = CRITICAL[step].after_seconds
        assert at >= due - went_ahead - 0.001
        assert at <= due + lost + 5.0 + 0.001


@given(st.lists(st.tuples(st.sampled_from([1.0, 5.0]), STEPS), min_size=5, max_size=40))
def test_an_acknowledgement_ends_once_whatever_the_clock_does(moments: list[tuple[float, float]]) -> None:
    talk = alone()
    talk.tick(START)
    talk.act(talk.press(1, START), "acknowledge", START)
    shown, ends = START, 0
    for wait, step in [*moments, *((5.0, 0.0),) * 62]:
        shown += wait + step
        tick(talk, shown)
        ends += any(change.alert.ack_expired and change.alert.escalation == 0 for change in talk.changed()[:1]) and any(
            told.step == 0 for told in talk.told()
        )

    assert ends == 1
    assert talk.engine.alerts[press_id(1)].state is State.RAISED


def test_a_clock_that_goes_back_an_hour_puts_no_step_off_by_an_hour() -> None:
    talk = alone()
    talk.press(1, START)
    tick(talk, START + 10)

    tick(talk, START + 11 - 3_600)
    assert [step.what for step in talk.engine.alerts[press_id(1)].history][-1] == "retimed"
    tick(talk, START + 29 - 3_600)
    assert not talk.told()
    tick(talk, START + 31 - 3_600)

    assert [told.step for told in talk.told()] == [1]


def test_a_step_that_another_servers_clock_put_far_away_is_brought_near() -> None:
    """Its clock was an hour ahead when the press rang there."""
    talk = alone()
    talk.press(1, START + 3_600)

    tick(talk, START)
    tick(talk, START + 30)

    assert [told.step for told in talk.told()] == [1]


def test_small_corrections_are_no_news() -> None:
    """A clock that is being disciplined makes no entries."""
    talk = alone()
    talk.press(1, START)
    tick(talk, START + 1)
    before = talk.engine.alerts[press_id(1)].version
    tick(talk, START + 0.2)

    assert talk.engine.alerts[press_id(1)].version == before


def test_whoever_takes_the_lead_goes_by_its_own_clock() -> None:
    """It had followed a server whose clock was an hour ahead."""
    one, other = alone(), alone()
    other.say(LeadChanged(leads=False), START)
    one.press(1, START + 3_600)
    other.say(FactFollowed(one.facts[0][0], 1, one.facts[0][1]), START + 1)
    tick(other, START + 2)

    other.say(LeadChanged(leads=True), START + 3)
    tick(other, START + 3)
    tick(other, START + 33)

    assert [told.step for told in other.told()] == [1]
