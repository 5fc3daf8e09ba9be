"""Two gateways, one id: whoever tells it first hides, clears, confirms and ends nothing of the other's."""

import pytest

from contract.identity import DeviceId
from server.core import book
from server.core.alert import Alert, Flow, State
from server.core.effects import AlertBehind, AlertChanged, FactDropped, IdTaken
from server.core.events import (
    ActRequested,
    AlertOvertaken,
    DeviceAlerted,
    FactFollowed,
    PressArrived,
    PressCleared,
    PressStored,
)
from tests.core.talking import Talk, city, gateway_of, press_id, school, talking
from tests.core.test_among_others import facts, follow

OWN = f"{press_id(1)}@{gateway_of(2)}"


def two_schools() -> Talk:
    """Give an engine that knows two schools."""
    return talking(school(1), school(2))


def press(talk: Talk, gateway: int, now: float, *, number: int = 1, device: str = "btn-1", stored: bool = True) -> None:
    """Let a gateway tell a press."""
    told = PressArrived(press_id(number), gateway_of(gateway), DeviceId(device), now, now, 3, "short", "real", stored=stored)
    talk.say(told, now)


def incidents(talk: Talk) -> dict[str, Alert]:
    """Give the incidents by id."""
    return {alert.id: alert for alert in talk.engine.alerts.values() if alert.flow is Flow.INCIDENT}


def taken(talk: Talk) -> list[IdTaken]:
    """Give what the last step declared of taken ids."""
    return [effect for effect in talk.effects if isinstance(effect, IdTaken)]


def test_a_press_under_another_gateways_id_is_a_press_of_its_own() -> None:
    """It rings at its own school, and is declared; the first keeps its name and its place."""
    talk = two_schools()
    press(talk, 1, 100)

    press(talk, 2, 101)

    both = incidents(talk)
    assert {key: alert.gateway for key, alert in both.items()} == {press_id(1): gateway_of(1), OWN: gateway_of(2)}
    assert both[OWN].school == school(2).id
    assert both[OWN].state is State.RAISED
    assert talk.told()
    assert taken(talk) == [IdTaken(gateway_of(2), DeviceId("btn-1"), press_id(1), gateway_of(1), 101)]


def test_neither_is_told_twice_by_repeats_or_a_restart() -> None:
    talk = two_schools()
    for _ in range(2):
        press(talk, 1, 100)
        press(talk, 2, 101)
    fresh = talk.restarted(200)

    for one in (talk, fresh):
        for gateway in (2, 1):
            press(one, gateway, 201)
            assert one.effects == []
    assert incidents(fresh) == incidents(talk)


def test_each_is_confirmed_and_cleared_by_its_own_gateway_alone() -> None:
    """A foreign commit saves nothing and a foreign clear clears nothing, also where it comes before the press."""
    talk = two_schools()
    talk.say(PressCleared(press_id(1), gateway_of(2), DeviceId("btn-1"), 99, 99, "local-key"), 99)
    press(talk, 1, 100, stored=False)
    talk.say(PressStored(press_id(1), gateway_of(2), 101), 101)
    assert not incidents(talk)[press_id(1)].stored
    assert incidents(talk)[press_id(1)].presses[0].cleared_at is None

    press(talk, 2, 102, stored=False)
    talk.say(PressStored(press_id(1), gateway_of(2), 103), 103)

    first, second = incidents(talk)[press_id(1)], incidents(talk)[OWN]
    assert (first.stored, second.stored) == (False, True)
    assert (first.presses[0].cleared_at, second.presses[0].cleared_at) == (None, 99)


def test_a_device_alert_is_not_hidden_or_ended_by_a_foreign_one() -> None:
    """An end under the same id from elsewhere ends nothing; a duress call under it is a call."""
    talk = two_schools()

    def alert(gateway: int, code: str, now: float, *, on: bool = True) -> None:
        told = DeviceAlerted(press_id(1), gateway_of(gateway), DeviceId("btn-1"), code, on, now, now, "real", stored=True)
        talk.say(told, now)

    alert(1, "tamper", 100)
    alert(2, "tamper", 101, on=False)
    assert [one.open for one in talk.engine.alerts.values()] == [True]

    alert(2, "duress", 102)

    assert taken(talk)
    assert incidents(talk)[OWN].gateway == gateway_of(2)


def test_an_id_stays_taken_when_its_alert_has_left_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "CLOSED_KEPT_MAX", 0)
    talk = two_schools()
    press(talk, 1, 100)
    seen = talk.act(press_id(1), "acknowledge", 110).version
    talk.say(ActRequested(press_id(1), "resolve", "wang", "police_liaison", seen, cause="real"), 111)
    assert not incidents(talk)

    press(talk, 2, 200)

    assert list(incidents(talk)) == [OWN]


def test_of_two_servers_the_one_that_is_overtaken_keeps_both_presses_apart() -> None:
    """Each heard another gateway first. The later press of the same incident goes along; nothing enters the wrong school."""
    first, second = two_schools(), two_schools()
    press(first, 1, 100)
    press(second, 2, 100, stored=False)
    second.say(PressStored(press_id(1), gateway_of(2), 101), 101)
    press(second, 2, 102, number=3)
    lost = [body for _, _, body in facts(second)]

    effects = second.say(AlertOvertaken(press_id(1), [body for _, _, body in facts(first)], lost), 103)

    both = incidents(second)
    assert both[press_id(1)] == incidents(first)[press_id(1)]
    assert both[OWN].gateway == gateway_of(2)
    assert [row.id for row in both[OWN].presses] == [OWN, press_id(3)]
    assert both[OWN].stored
    answers = [effect for effect in effects if isinstance(effect, AlertChanged | FactDropped)]
    assert [type(effect) for effect in answers] == [AlertChanged] * 4, "the stored alert, then one answer to each lost fact"
    assert effects[-3:] == answers[-3:]

    press(first, 2, 104)
    follow(second, [said for said in facts(first) if said[0] == OWN])
    assert list(incidents(second)) == list(incidents(first)) == [press_id(1), OWN]


def test_a_press_that_joined_an_incident_stays_there_under_its_own_name() -> None:
    """What another server stored of the same id is at another school: it is not this press told elsewhere."""
    first, second = two_schools(), two_schools()
    press(first, 1, 100)
    press(second, 2, 90, number=2)
    begun = facts(second)
    press(second, 2, 100)
    said = facts(second)

    assert second.say(FactFollowed(*facts(first)[0]), 101) == [AlertBehind(press_id(2)), AlertBehind(press_id(1))]
    stored, lost = [begun[0][2]], [body for _, _, body in said[1:]]
    effects = second.say(AlertOvertaken(press_id(2), stored, lost, frozenset(), frozenset({press_id(1)})), 102)
    second.say(AlertOvertaken(press_id(1), [facts(first)[0][2]], []), 102)

    assert not [effect for effect in effects if isinstance(effect, FactDropped)]
    assert [row.id for row in incidents(second)[press_id(2)].presses] == [press_id(2), OWN]
    assert incidents(second)[press_id(1)].gateway == gateway_of(1)


def test_a_roster_without_either_gateway_changes_nothing_of_this() -> None:
    talk = talking(roster=city(school(3)))
    press(talk, 1, 100)
    press(talk, 2, 101)
    assert set(incidents(talk)) == {press_id(1), OWN}
