"""A call under threat: whatever happens to it, nobody at the school is told, and no screen there shows or rings for it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from contract.identity import UnitId
from server.core.alert import Alert
from server.core.effects import AlertChanged, DayNoted, NotificationDue, VerdictChanged
from server.core.escalation import is_silent
from server.core.events import DeviceAlerted, PressArrived
from server.registry.escalations import AUDIENCES, POLICE, write_hops
from server.registry.sheets.escalation import Escalation
from tests.core.talking import NOON, Talk, city, gateway_of, press_id, school, talking

NAMES = st.sampled_from(sorted(AUDIENCES))
CHAINS = st.lists(st.lists(NAMES, min_size=1, max_size=5, unique=True), min_size=1, max_size=4)
CALLS = ["duress", "silent", "code", "press", "other", "tamper"]
MOVES = ["acknowledge", "dispatch", "resolve", "false", "reopen", "escalate", "cleared"]
WHAT = st.sampled_from([*CALLS, *MOVES, "minute", "hour", "restart"])


def with_chain(audiences: list[list[str]]) -> Talk:
    """Give a city whose chain names whom it likes."""
    hops = tuple((60 * step, tuple(told)) for step, told in enumerate(audiences))
    line = Escalation(unit=UnitId("450702"), id="ours", hops=write_hops(hops))
    plain = city(school(1), kinds={"btn-1": "alarm_button", "btn-2": "alarm_button"})
    return talking(roster=replace(plain, records=(*plain.records, line)))


@given(CHAINS, st.lists(WHAT, min_size=1, max_size=25))
def test_nobody_but_the_police_is_ever_told(audiences: list[list[str]], story: list[str]) -> None:
    """Over all steps and every ring: pressed again, confirmed, taken and left, closed and opened, after a restart."""
    talk, now = with_chain(audiences), NOON
    told: list[NotificationDue] = []
    for number, what in enumerate(story, 1):
        now += 5
        talk = happen(talk, what, number, now)
        told += talk.told()
        talk.tick(now)
        told += talk.told()
        loud = [alert for alert in talk.engine.alerts.values() if not is_silent(alert)]
        silent = [alert for alert in talk.engine.alerts.values() if is_silent(alert)]
        assert not {row.press for alert in loud for row in alert.presses} & {"duress", "silent"}, "joins no loud incident"
        assert not {row.press for alert in silent for row in alert.presses} & {"short", "tamper"}
    of_silent = [due for due in told if is_silent(due.alert)]

    assert all(set(due.audiences) <= POLICE for due in of_silent)
    assert all(due.audiences for due in of_silent)


def happen(talk: Talk, what: str, number: int, now: float) -> Talk:
    """Let one thing of a story happen."""
    silent = next((alert for alert in talk.engine.alerts.values() if is_silent(alert)), None)
    talk.effects = []
    match what:
        case "duress" | "silent":
            pressed(talk, number, what, now)
        case "code" | "tamper":
            code = "duress" if what == "code" else "tamper"
            talk.say(
                DeviceAlerted(press_id(number), gateway_of(1), "btn-1", code, True, now, now, "real", stored=True),  # type: ignore[arg-type]
                now,
            )
        case "press":
            talk.press(number, now)
        case "other":
            talk.press(number, now, device="btn-2")
        case "minute" | "hour":
            talk.tick(now + (60 if what == "minute" else 3_600))
        case "restart":
            facts = talk.facts
            talk = talk.restarted(now, talk.engine.roster.roster)
            talk.facts = list(facts)
        case "cleared" if silent is not None:
            talk.act(silent, "note", now, note="reset", by="wang")
        case "false" if silent is not None:
            talk.act(silent, "resolve", now, cause="false_human", by="li")
        case _ if silent is not None:
            talk.act(silent, what, now, cause="real" if what == "resolve" else "")
    return talk


def pressed(talk: Talk, number: int, kind: str, now: float) -> Alert:
    """Press in a way that is to stay silent."""
    talk.say(PressArrived(press_id(number), gateway_of(1), "btn-1", now, now, 3, kind, "real", stored=True), now)  # type: ignore[arg-type]
    found = talk.engine.alert_of(press_id(number))
    assert found is not None
    return found


def test_a_silent_press_beside_a_loud_one_is_an_incident_of_its_own() -> None:
    """The school sees the one it pressed, and not the other; the police see both, each confirmed by the other."""
    talk = talking(roster=city(kinds={}))
    loud = talk.press(1, NOON)

    silent = pressed(talk, 2, "duress", NOON + 10)

    assert silent.id != loud.id
    assert silent.code == "duress"
    assert [due.audiences for due in talk.told()] == [("station", "sub_bureau", "command_centre")]
    assert silent.confirmed
    assert talk.engine.alerts[loud.id].confirmed
    assert all("school" not in due.audiences for due in talk.told())


def test_no_figure_of_the_school_learns_of_a_silent_press() -> None:
    """How fast alarms are answered is on the school's own page; an answer there would tell whoever watches it."""
    talk = talking()
    talk.tick(NOON)

    pressed(talk, 1, "silent", NOON + 1)
    noted = [effect for effect in talk.effects if isinstance(effect, DayNoted)]
    talk.tick(NOON + 2)
    judged = [effect.indicator for effect in talk.effects if isinstance(effect, VerdictChanged)]

    assert noted == []
    assert "answered" not in judged
    assert [type(effect) for effect in talk.effects if isinstance(effect, AlertChanged)] == []
