"""An acknowledgement on which nobody acts: it ends, and the alert rings as if nobody had taken it."""

import pytest

from server.core.alert import State
from server.core.effects import AlertChanged
from server.core.events import ActRequested, AlertOvertaken, FactFollowed, LeadChanged
from server.core.fact import Fact, What, decode_fact, encode_fact
from tests.core.talking import Talk, city, press_id, talking

HELD = 300.0  # Of a call of danger to life, as built in.


def alone() -> Talk:
    """Give an engine whose city has nothing that could fail, so that only calls are told."""
    return talking(roster=city(kinds={}))


def tick(talk: Talk, now: float) -> None:
    """Let time pass while the gateway is heard."""
    talk.heard(now - 0.5)
    talk.tick(now)


def taken(talk: Talk) -> None:
    """Press, and let somebody take it."""
    talk.act(talk.press(1, 100), "acknowledge", 120)


def test_what_nobody_acts_on_rings_again_and_escalates_from_the_start() -> None:
    """Five minutes after the acknowledgement, and then as at first."""
    talk = alone()
    taken(talk)
    tick(talk, 120 + HELD - 1)
    assert not talk.told()

    tick(talk, 120 + HELD)

    alert = talk.engine.alerts[press_id(1)]
    assert (alert.state, alert.ack_expired, alert.acknowledged_at, alert.rings) == (State.RAISED, True, None, 2)
    assert [(told.step, told.audiences) for told in talk.told()] == [
        (0, ("school", "station", "sub_bureau", "command_centre"))
    ]
    tick(talk, 120 + HELD + 30)
    assert [told.audiences for told in talk.told()] == [("station_phone",)]
    held = talk.act(alert, "acknowledge", 500)
    assert (held.ack_expired, held.ack_expires_at) == (False, 500 + HELD)


@pytest.mark.parametrize(("act", "cause"), [("dispatch", ""), ("arrive", ""), ("resolve", "real")])
def test_whoever_goes_on_is_left_alone(act: str, cause: str) -> None:
    """A car under way is not told that nobody minds."""
    talk = alone()
    taken(talk)
    talk.act(press_id(1), act, 130, cause=cause)

    tick(talk, 100_000)

    assert talk.engine.alerts[press_id(1)].state is not State.RAISED
    assert not talk.told()


def test_a_note_of_whoever_answers_holds_it_for_as_long_again() -> None:
    """The bureau may say what it knows, but that is no answer."""
    talk = alone()
    taken(talk)
    talk.act(press_id(1), "note", 400, note="calling the school")
    tick(talk, 120 + HELD)
    assert talk.engine.alerts[press_id(1)].state is State.ACKNOWLEDGED

    tick(talk, 400 + HELD)

    assert talk.engine.alerts[press_id(1)].state is State.RAISED


def test_a_note_of_the_school_holds_nothing() -> None:
    talk = alone()
    taken(talk)
    seen = talk.engine.alerts[press_id(1)]
    talk.say(ActRequested(seen.id, "note", "head", "school_director", seen.version, note="a child"), 400)

    tick(talk, 120 + HELD)

    assert talk.engine.alerts[press_id(1)].state is State.RAISED


def test_it_survives_a_restart() -> None:
    """The instant stands in the fact; a server that was away for an hour rings at once."""
    talk = alone()
    taken(talk)

    fresh = talk.restarted(150)
    tick(fresh, 120 + HELD - 1)
    assert not fresh.told()
    tick(fresh, 120 + HELD)
    assert fresh.engine.alerts[press_id(1)].ack_expired

    late = talk.restarted(4_000)
    tick(late, 4_001)
    assert late.engine.alerts[press_id(1)].ack_expired


def test_an_acknowledgement_of_before_this_was_kept_holds_for_ever() -> None:
    """Two months old and taken: it does not wake anybody after an update."""
    talk = alone()
    taken(talk)
    talk.facts = [
        (
            alert,
            encode_fact(Fact(What.ACKNOWLEDGED, 120, by="wang")) if decode_fact(body).what is What.ACKNOWLEDGED else body,
        )
        for alert, body in talk.facts
    ]

    fresh = talk.restarted(5_000_000)
    tick(fresh, 5_000_001)

    assert not fresh.told()


def test_other_servers_follow_and_one_of_them_rings() -> None:
    one, other = alone(), alone()
    other.say(LeadChanged(leads=False), 90)
    taken(one)
    for number, (alert, body) in enumerate(one.facts, 1):
        other.say(FactFollowed(alert, number, body), 121)

    tick(other, 120 + HELD)
    assert not other.told()
    other.say(LeadChanged(leads=True), 120 + HELD + 1)
    tick(other, 120 + HELD + 2)

    assert [told.step for told in other.told()] == [0]


def test_of_a_person_and_the_clock_who_meet_the_first_stored_is_believed() -> None:
    """Somebody dispatches at one server while the other lets the acknowledgement end."""
    one, other = alone(), alone()
    taken(one)
    for number, (alert, body) in enumerate(one.facts, 1):
        other.say(FactFollowed(alert, number, body), 121)
    one.act(press_id(1), "dispatch", 120 + HELD)
    tick(other, 120 + HELD)

    lost = [body for _, body in other.facts]
    effects = other.say(AlertOvertaken(press_id(1), [body for _, body in one.facts], lost), 120 + HELD + 1)

    assert other.engine.alerts[press_id(1)].state is State.DISPATCHED
    assert all(effect.fact is None for effect in effects if isinstance(effect, AlertChanged))


def test_presses_while_nobody_answers_do_not_put_the_next_step_off() -> None:
    """Somebody presses every ten seconds: the station's telephone rings after thirty all the same."""
    talk = alone()
    steps = []
    for second in range(0, 121, 10):
        talk.press(second, 100 + second)
        tick(talk, 100 + second + 0.5)
        steps += [told.step for told in talk.told()]

    assert steps == [1, 2, 3]
