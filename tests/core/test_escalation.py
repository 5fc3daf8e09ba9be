"""Nobody answers: the next are told, by the clock, also across a restart."""

from server.core.alert import State
from tests.core.talking import Talk, city, press_id, talking


def alone() -> Talk:
    """Give an engine whose city has nothing that could fail, so that only escalations are told."""
    return talking(roster=city(kinds={}))


def tick(talk: Talk, now: float) -> None:
    """Let time pass while the gateway is heard."""
    talk.heard(now - 0.5)
    talk.tick(now)


def test_each_step_is_told_when_it_is_due() -> None:
    """30, 60 and 120 seconds after the press, as long as nobody has acknowledged."""
    talk = alone()
    talk.press(1, 100)

    tick(talk, 129)
    assert not talk.told()
    assert not talk.changed()
    tick(talk, 130)
    assert [(told.step, told.audiences) for told in talk.told()] == [(1, ("station_phone",))]
    tick(talk, 160)
    assert [(told.step, told.audiences) for told in talk.told()] == [(2, ("sub_bureau_duty",))]
    tick(talk, 220)
    assert [told.audiences for told in talk.told()] == [("command_centre_duty", "education_on_call")]
    tick(talk, 10_000)

    assert not talk.told()
    assert not talk.changed()
    assert talk.engine.alerts[press_id(1)].escalation == 3


def test_an_acknowledgement_stops_the_chain() -> None:
    """Somebody has it in hand."""
    talk = alone()
    alert = talk.press(1, 100)
    talk.act(alert, "acknowledge", 120)
    talk.act(alert, "dispatch", 130)

    tick(talk, 5_000)

    assert not talk.told()
    assert not talk.changed()


def test_another_press_starts_the_chain_anew() -> None:
    """The second press is answered by nobody yet."""
    talk = alone()
    alert = talk.press(1, 100)
    talk.act(alert, "acknowledge", 120)
    talk.press(2, 200)

    tick(talk, 230)

    assert [told.audiences for told in talk.told()] == [("station_phone",)]


def test_after_a_long_silence_every_step_is_taken() -> None:
    """A server that was away for an hour makes up for each step it owes."""
    talk = alone()
    talk.press(1, 100)

    tick(talk, 3_700)

    assert [told.step for told in talk.told()] == [1, 2, 3]


def test_escalation_survives_a_restart() -> None:
    """The next step is a stored fact: the new process takes it when it is due, and no step twice."""
    talk = alone()
    talk.press(1, 100)
    tick(talk, 130)

    fresh = talk.restarted(140)
    tick(fresh, 141)
    assert not fresh.told()
    assert not fresh.changed()
    tick(fresh, 160)

    assert [(told.step, told.audiences) for told in fresh.told()] == [(2, ("sub_bureau_duty",))]


def test_a_rehearsal_is_told_to_the_tester_and_no_further() -> None:
    """A test wakes nobody up."""
    talk = alone()
    talk.window(0, 1_000)
    talk.press(1, 100)
    assert [told.audiences for told in talk.told()] == [("tester",)]

    tick(talk, 5_000)

    assert not talk.told()
    assert not talk.changed()


def test_people_can_escalate_by_hand() -> None:
    """The next step at once, and the one after it counted from now."""
    talk = alone()
    alert = talk.press(1, 100)

    after = talk.act(alert, "escalate", 105)

    assert [told.audiences for told in talk.told()] == [("station_phone",)]
    assert (after.escalation, after.next_escalation_at, after.state) == (1, 135, State.RAISED)


def test_a_press_is_told_to_all_levels_in_one_word() -> None:
    """School, station, sub-bureau and command centre are told side by side: none waits for another's line."""
    talk = alone()
    talk.press(1, 100)

    [told] = talk.told()

    assert told.audiences == ("school", "station", "sub_bureau", "command_centre")


def test_each_ring_is_counted() -> None:
    """What was sent for one ring is not taken for what the next one asks for."""
    talk = alone()
    first = talk.press(1, 100).rings
    tick(talk, 130)
    escalated = talk.engine.alerts[press_id(1)].rings
    alert = talk.press(2, 140)
    pressed = alert.rings
    talk.act(alert, "acknowledge", 150)
    talk.act(alert, "resolve", 160, cause="false_human")
    reopened = talk.act(alert, "reopen", 170).rings

    assert (first, escalated, pressed, reopened) == (1, 1, 2, 3)
