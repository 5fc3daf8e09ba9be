"""Whatever the police's side says, and however often: it acknowledges, closes and silences nothing of ours."""

from hypothesis import given
from hypothesis import strategies as st

from server.core.alert import Severity, State
from server.core.effects import NotificationDue
from server.core.escalation import CRITICAL
from server.core.events import PressReceipted, PressShown
from tests.core.talking import Talk, school, talking
from tests.core.test_proving import START

words = st.lists(
    st.tuples(st.floats(0.0, 300.0), st.sampled_from(["110", "station", "centre"]), st.floats(-3_600.0, 3_600.0)), max_size=8
)


def told(talk: Talk) -> list[tuple[int, tuple[str, ...]]]:
    """List whom the engine has just told, and of which step."""
    return [(effect.step, effect.audiences) for effect in talk.effects if isinstance(effect, NotificationDue)]


@given(words)
def test_real_press_rings_and_escalates_as_if_the_police_had_said_nothing(said: list[tuple[float, str, float]]) -> None:
    """The same steps, told to the same people, with receipts and without; and it waits for a person at the end."""
    silent, spoken = talking(), talking()
    alerts = [talk.press(1, START) for talk in (silent, spoken)]
    moments = sorted({30.0, 60.0, 120.0, 301.0} | {at for at, _, _ in said})
    for moment in moments:
        for at, by, ahead in said:
            if at == moment:
                spoken.say(PressReceipted(alerts[1].id, by, START + at + ahead), START + at)
                assert told(spoken) == []
        for talk in (silent, spoken):
            talk.tick(START + moment)
        assert told(spoken) == told(silent)

    stands = spoken.engine.alerts[alerts[1].id]
    assert (stands.state, stands.severity, stands.owner, stands.acknowledged_at) == (
        State.RAISED,
        Severity.CRITICAL,
        "",
        None,
    )
    assert stands.open
    assert stands.escalation == len(CRITICAL) - 1


def test_receipt_of_a_test_press_is_the_last_step_of_its_proof() -> None:
    """Stored, shown, and acknowledged by the police's own system: the button is proven, and nobody had to touch a screen."""
    talk = talking()
    talk.window(START, START + 600)
    alert = talk.press(1, START + 10, stored=False)
    talk.stored(1, START + 11)
    talk.say(PressShown(alert.id, 1, "police", START + 11), START + 11)
    talk.tick(START + 12)
    assert talk.engine.alerts[alert.id].open

    talk.say(PressReceipted(alert.id, "centre", START + 13), START + 13)
    talk.tick(START + 14)

    [press] = talk.engine.alerts[alert.id].presses
    assert press.receipted_at == START + 13
    [tests] = talk.engine.tests(school().id).values()
    assert tests.proven is not None
    assert tests.proven.receipted == START + 13
