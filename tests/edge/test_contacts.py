"""What contacts mean, step by step."""

import pytest

from contract.identity import DeviceId
from edge.contacts import Alerted, Cleared, Contact, Contacts, Fact, Pressed, Sampled, Use

BUTTON = DeviceId("button")
BARRIER = DeviceId("barrier")


def urgent(facts: list[Fact]) -> list[Fact]:
    """Leave the samples out."""
    return [fact for fact in facts if not isinstance(fact, Sampled)]


def test_latched_button_presses_once_and_clears_at_reset() -> None:
    """In is a press, out is the school's reset; standing in between tells nothing more."""
    contacts = Contacts([Contact(1, BUTTON, Use.PRESS)])
    contacts.scan({1: False})

    assert urgent(contacts.edge(1, closed=True)) == [Pressed(BUTTON)]
    assert urgent(contacts.scan({1: True})) == []
    assert urgent(contacts.edge(1, closed=False)) == [Cleared(BUTTON)]


def test_button_already_in_at_start_is_a_press() -> None:
    """Whoever pressed while the gateway was off is not forgotten."""
    assert urgent(Contacts([Contact(1, BUTTON, Use.PRESS)]).scan({1: True})) == [Pressed(BUTTON)]


def test_quiet_button_at_start_tells_nothing_urgent() -> None:
    """A button at rest is neither pressed nor cleared."""
    assert urgent(Contacts([Contact(1, BUTTON, Use.PRESS)]).scan({1: False})) == []


def test_normally_closed_button_presses_when_it_opens_or_its_wire_is_cut() -> None:
    """The active state is the one away from rest."""
    contacts = Contacts([Contact(1, BUTTON, Use.PRESS, normally_closed=True)])

    assert urgent(contacts.scan({1: True})) == []
    assert urgent(contacts.edge(1, closed=False)) == [Pressed(BUTTON)]


def test_momentary_button_is_not_cleared_by_letting_go() -> None:
    """Lifting the finger is no reset; pressing again is a new press."""
    contacts = Contacts([Contact(1, BUTTON, Use.PRESS, latched=False)])
    contacts.scan({1: False})

    facts = [fact for closed in (True, False, True) for fact in contacts.edge(1, closed=closed)]

    assert urgent(facts) == [Pressed(BUTTON), Pressed(BUTTON)]


def test_pulse_between_two_scans_is_a_press() -> None:
    """Two queued edges tell what no scan saw."""
    contacts = Contacts([Contact(1, BUTTON, Use.PRESS)])
    contacts.scan({1: False})

    facts = [*contacts.edge(1, closed=True), *contacts.edge(1, closed=False), *contacts.scan({1: False})]

    assert urgent(facts) == [Pressed(BUTTON), Cleared(BUTTON)]


def test_scan_finds_what_an_edge_did_not_tell() -> None:
    """A lost edge costs at most one scan."""
    contacts = Contacts([Contact(1, BUTTON, Use.PRESS)])
    contacts.scan({1: False})

    assert urgent(contacts.scan({1: True})) == [Pressed(BUTTON)]


@pytest.mark.parametrize("closed", [True, False])
def test_alert_is_told_at_start_either_way_and_then_on_change(closed: bool) -> None:
    """The end of an alert may fall into the time the gateway was off."""
    contacts = Contacts([Contact(1, BUTTON, Use.ALERT, code="tamper")])

    assert urgent(contacts.scan({1: closed})) == [Alerted(BUTTON, "tamper", closed)]
    assert urgent(contacts.scan({1: closed})) == []
    assert urgent(contacts.edge(1, closed=not closed)) == [Alerted(BUTTON, "tamper", not closed)]


def test_states_are_sampled_at_every_scan() -> None:
    """Liveness comes from looking, so each scan tells how everything stands."""
    gate = DeviceId("gate")
    contacts = Contacts(
        [
            Contact(1, BUTTON, Use.PRESS),
            Contact(2, BUTTON, Use.ALERT, code="tamper", metric="tamper"),
            Contact(3, gate, Use.GATE, normally_closed=True),
        ]
    )
    contacts.scan({1: False, 2: False, 3: True})

    facts = contacts.scan({1: True, 2: True, 3: False})

    assert Sampled(BUTTON, {"loop": "closed", "tamper": True}) in facts
    assert Sampled(gate, {"open": True}) in facts


@pytest.mark.parametrize(
    ("up", "down", "position"), [(True, False, "up"), (False, True, "down"), (False, False, "mid"), (True, True, None)]
)
def test_barrier_position_from_both_end_switches(up: bool, down: bool, position: str | None) -> None:
    """Two ends at once is a broken switch, and unknown is never drawn as up."""
    contacts = Contacts([Contact(1, BARRIER, Use.BARRIER_UP), Contact(2, BARRIER, Use.BARRIER_DOWN)])

    assert contacts.scan({1: up, 2: down}) == [Sampled(BARRIER, {"position": position})]


@pytest.mark.parametrize(
    ("use", "closed", "position"),
    [
        (Use.BARRIER_UP, True, "up"),
        (Use.BARRIER_UP, False, "down"),
        (Use.BARRIER_DOWN, True, "down"),
        (Use.BARRIER_DOWN, False, "up"),
    ],
)
def test_barrier_position_from_one_end_switch(use: Use, closed: bool, position: str) -> None:
    """With one relay, not up is down and the other way round."""
    assert Contacts([Contact(1, BARRIER, use)]).scan({1: closed}) == [Sampled(BARRIER, {"position": position})]
