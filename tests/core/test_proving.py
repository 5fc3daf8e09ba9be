"""A test press is over when it is proven from the button to the police's receipt, and failed when a step comes too late."""

import pytest

from server.core.alert import Alert, Severity, State
from server.core.events import DaysRestored, LeadChanged, PressReceipted, PressShown
from server.core.liveness import Home
from server.core.proof import Lacking
from server.core.verdict import Judgement
from tests.core.talking import Talk, city, gateway_of, school, talking

START = 1_000.0
KEY = (gateway_of(1), "btn-1")


def pressing(**press: float) -> tuple[Talk, Alert]:
    """Press a button within its test."""
    talk = talking()
    talk.window(START, START + 600)
    return talk, talk.press(1, START + 10, stored=False, **press)  # type: ignore[arg-type]


def failed(talk: Talk) -> list[Alert]:
    """List the open alerts of failed tests."""
    return [alert for alert in talk.engine.alerts.values() if alert.rule == "test_failed" and alert.open]


def home_of(talk: Talk) -> Home:
    """Give the school."""
    home = talk.engine.home(school().id)
    assert home is not None
    return home


def prove(talk: Talk, alert: Alert, at: float) -> None:
    """Take every step of a test press by an instant."""
    talk.stored(1, at)
    talk.say(PressShown(alert.id, 1, "police", at), at)
    talk.read("host", at, police_ack=int(at * 1_000))
    talk.tick(at + 1)
    talk.tick(at + 2)


def test_a_test_proven_from_end_to_end_is_over_by_itself_with_every_instant_on_record() -> None:
    talk, alert = pressing()
    assert (alert.rule, alert.mode, alert.severity) == ("test_press", "test", Severity.LOW)

    talk.stored(1, START + 11)
    talk.say(PressShown(alert.id, 1, "police", START + 12), START + 12)
    talk.tick(START + 13)
    assert talk.engine.alerts[alert.id].state is State.RAISED  # Nobody has acknowledged it yet.
    talk.read("host", START + 20, police_ack=int((START + 15) * 1_000))
    talk.tick(START + 21)
    talk.tick(START + 22)

    over = talk.engine.alerts[alert.id]
    proof = home_of(talk).tests[KEY].proven
    assert proof is not None
    assert (over.state, over.cause) == (State.RESOLVED, "test")
    assert [step.what for step in over.history] == ["raised", "stored", "shown", "receipted", "proven"]
    assert (proof.pressed, proof.received, proof.stored, proof.shown, proof.receipted) == (
        START + 10,
        START + 10,
        START + 11,
        START + 12,
        START + 15,
    )
    assert failed(talk) == []


def test_an_officers_acknowledgement_is_a_receipt_and_an_older_word_of_the_police_side_is_none() -> None:
    talk, alert = pressing()
    talk.read("host", START + 10, police_ack=int((START + 9) * 1_000))
    talk.stored(1, START + 11)
    talk.tick(START + 12)
    assert talk.engine.alerts[alert.id].state is State.RAISED

    talk.act(alert, "acknowledge", START + 20)
    talk.tick(START + 21)

    assert talk.engine.alerts[alert.id].state is State.RESOLVED
    assert home_of(talk).tests[KEY].last.receipted == START + 20


@pytest.mark.parametrize(
    ("stored", "shown", "told", "lacking"),
    [
        (None, None, 10.5, Lacking.NOT_STORED),
        (11.0, None, 11.5, Lacking.LATE),
        (1.0, None, 60.5, Lacking.NOT_SHOWN),
        (1.0, 2.0, 60.5, Lacking.NO_RECEIPT),
    ],
)
def test_a_step_not_taken_in_time_is_told_once_and_ended_by_the_next_test_that_is_proven(
    stored: float | None, shown: float | None, told: float, lacking: Lacking
) -> None:
    talk, alert = pressing()
    pressed = START + 10
    if stored is not None:
        talk.stored(1, pressed + stored)
    if shown is not None:
        talk.say(PressShown(alert.id, 1, "police", pressed + shown), pressed + shown)
    limit = 10 if lacking in (Lacking.NOT_STORED, Lacking.LATE) else 60
    if lacking is not Lacking.LATE:
        talk.tick(pressed + limit)
        assert failed(talk) == []
    talk.tick(pressed + told)
    talk.tick(pressed + told + 5)
    [one] = failed(talk)
    assert (one.severity, dict(one.detail)["lacking"], one.device) == (Severity.HIGH, lacking.value, "btn-1")
    assert talk.engine.alerts[alert.id].open  # A test that failed is not over by itself.
    assert pair_tested(talk) is Judgement.NOT_MET

    second = talk.press(2, START + 300, stored=True)
    talk.act(second, "acknowledge", START + 310)
    talk.tick(START + 311)
    talk.tick(START + 312)
    assert failed(talk) == []
    assert pair_tested(talk) is Judgement.MET


def pair_tested(talk: Talk) -> Judgement:
    """Give the live verdict of the indicator of tests."""
    return talk.engine.verdicts(school().id)["tested"][1].judgement


def test_what_screens_say_again_and_what_others_say_later_changes_nothing() -> None:
    talk, alert = pressing()
    prove(talk, alert, START + 12)
    version = talk.engine.alerts[alert.id].version

    talk.say(PressShown(alert.id, 1, "wall", START + 90), START + 90)
    talk.say(PressReceipted(alert.id, "110", START + 91), START + 91)

    assert talk.engine.alerts[alert.id].version == version


def test_a_real_press_is_measured_on_the_screen_and_never_ends_by_that() -> None:
    talk = talking()
    alert = talk.press(1, START)
    talk.press(2, START + 5)

    talk.say(PressShown(alert.id, 1, "police", START + 0.2), START + 0.3)
    talk.read("host", START + 20, police_ack=int((START + 15) * 1_000))
    talk.tick(START + 90)

    stands = talk.engine.alerts[alert.id]
    assert [press.shown_at for press in stands.presses] == [START + 0.2, None]
    assert (stands.state, failed(talk)) == (State.RAISED, [])


def test_proofs_outlast_a_restart_by_facts_and_by_what_is_noted() -> None:
    talk, alert = pressing()
    prove(talk, alert, START + 12)
    fresh = talk.restarted(START + 1_000)
    assert home_of(fresh).tests == home_of(talk).tests

    notes = {one.key: one for one in talk.notes}
    later = talking(roster=city(school(1)), now=START + 80 * 86_400)
    later.say(DaysRestored(tuple(notes.values())), START + 80 * 86_400)
    assert home_of(later).tests == home_of(talk).tests
    assert home_of(later).tested == START + 10


def test_a_server_that_does_not_lead_ends_and_raises_nothing() -> None:
    talk, alert = pressing()
    talk.say(LeadChanged(leads=False), START + 11)
    talk.stored(1, START + 11)
    talk.tick(START + 100)
    assert failed(talk) == []
    talk.say(LeadChanged(leads=True), START + 101)
    talk.tick(START + 102)
    assert len(failed(talk)) == 1
    assert talk.engine.alerts[alert.id].open
