"""Shelves, planned work, flapping and floods: what they hold back comes back by itself, and nothing of a press is in it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contract.identity import DeviceId, SchoolId, UnitId
from server.core.alert import Alert, Severity, State
from server.core.effects import AlertChanged
from server.core.events import DeviceAlerted, FactFollowed, LeadChanged, RosterLoaded, ShelveRequested
from server.core.fact import What, decode_fact
from server.core.noise import shelving
from server.registry.model import Roster
from server.registry.moments import FORM, ZONE
from server.registry.sheets.planned_area import PlannedArea
from server.registry.sheets.planned_work import PlannedWork, WorkKind, says
from tests.core.talking import NOON, Talk, city, gateway_of, press_id, school, talking
from tests.core.test_faults import live, open_of, pass_time

HOUR = 3_600.0


def written(at: float) -> str:
    """Write an instant as the ledger has it."""
    return datetime.fromtimestamp(at, tz=UTC).astimezone(ZONE).strftime(FORM)


def shelve(talk: Talk, alert: Alert, now: float, **asked: object) -> Alert:
    """Put an alert aside for an hour, unless said otherwise."""
    wish = {"until": now + HOUR, "by": "wang", "reason": "parts ordered"} | asked
    talk.say(ShelveRequested(alert.id, role="police_liaison", **wish), now)  # type: ignore[arg-type]  # Named by the caller.
    return talk.engine.alerts[alert.id]


def broken_host() -> tuple[Talk, Alert, float]:
    """Give an engine whose alarm host is silent."""
    talk = live(NOON)
    now = pass_time(talk, NOON, 260)
    [alert] = open_of(talk, "alarm_host_offline")
    return talk, alert, now


def test_what_is_shelved_calls_nobody_and_comes_back_by_itself() -> None:
    talk, alert, now = broken_host()
    shelved = shelve(talk, alert, now)
    assert (shelved.held, shelved.next_escalation_at, shelved.shelved_by) == ("shelved", None, "wang")
    pass_time(talk, now, 3_500)
    assert talk.engine.alerts[alert.id].escalation == 0, "nobody is told while it lasts"
    talk.tick(now + HOUR + 1)
    back = talk.engine.alerts[alert.id]
    assert (back.held, back.open) == ("", True)
    assert back.next_escalation_at is not None
    assert {due.alert.id for due in talk.told()} >= {alert.id}
    last = [decode_fact(body) for key, body in talk.facts if key == alert.id][-1]
    assert (last.what, last.cause) == (What.UNSHELVED, "expired")


def test_a_person_gives_back_early_and_a_restart_keeps_the_shelf() -> None:
    talk, alert, now = broken_host()
    shelve(talk, alert, now)
    talk = talk.restarted(now + 5)
    assert talk.engine.alerts[alert.id].held == "shelved"
    assert not shelve(talk, alert, now + 10, until=None).held
    assert talk.told()


def test_a_rule_of_a_device_stays_on_the_shelf_beyond_one_alert() -> None:
    talk, alert, now = broken_host()
    shelve(talk, alert, now, whole=True, until=now + 2 * HOUR)
    for _ in range(8):
        talk.read("host", now, online=True)
        now = pass_time(talk, now, 60)
    assert not talk.engine.alerts[alert.id].open
    talk = talk.restarted(now)
    for device in ("host", "cam-1"):
        talk.read(device, now, online=True)
    now = pass_time(talk, now, 400)
    [again] = open_of(talk, "alarm_host_offline")
    assert (again.id != alert.id, again.held) == (True, "shelved")
    pass_time(talk, now, 8_000)
    assert not talk.engine.alerts[again.id].held, "it ends when the first one would have"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"reason": " "}, "reason"),
        ({"until": NOON + 10 * 86_400}, "24 h"),
        ({"until": NOON}, "24 h"),
    ],
)
def test_a_shelf_needs_a_reason_and_an_end(asked: dict[str, object], words: str) -> None:
    talk, alert, now = broken_host()
    assert not shelve(talk, alert, now, **asked).held
    assert words in talk.refused().detail


def test_nothing_of_a_press_is_ever_put_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = live(NOON)
    incident = talk.press(1, NOON)
    assert not shelve(talk, incident, NOON + 1).held
    assert talk.refused().code == "illegal_move"
    monkeypatch.setattr(shelving, "may_be_held", lambda _: True)  # The mistake that must change nothing:
    after = shelve(talk, incident, NOON + 2)
    assert (after.held, after.state) == ("", State.RAISED)
    assert after.next_escalation_at is not None


def test_one_person_silences_no_city() -> None:
    roster = city(*(school(number) for number in range(1, 30)), kinds={"host": "alarm_host"})
    talk = talking(roster=roster, now=NOON - 1)
    for now in (NOON, NOON + 100, NOON + 200):
        for number in range(1, 30):
            talk.heard(now, school_number=number)
        talk.tick(now)
    hosts = open_of(talk, "alarm_host_offline")
    assert len(hosts) == 29
    for host in hosts:
        shelve(talk, host, NOON + 201)
    assert sum(alert.held == "shelved" for alert in talk.engine.alerts.values()) == shelving.SHELVED_BY_ONE_MAX


def with_work(roster: Roster, *lines: PlannedWork | PlannedArea) -> Roster:
    """Give a roster that tells of planned work."""
    return replace(roster, records=(*roster.records, *lines))


def work(begins: float, ends: float, device: str = "") -> PlannedWork:
    """Plan work at the first school."""
    begun, ended = written(begins), written(ends)
    return PlannedWork(
        school=SchoolId("4507000001"),
        id="w1",
        kind=WorkKind.POWER_CUT,
        begins=begun,
        ends=ended,
        device=device,
        reason="2026-7",
    )


def test_planned_work_holds_faults_back_until_it_is_over_and_a_press_rings_as_always() -> None:
    talk = live(NOON)
    talk.say(RosterLoaded(with_work(city(school(1)), work(NOON, NOON + HOUR))), NOON)
    now = pass_time(talk, NOON, 900, heard=False)
    [alert] = open_of(talk, "gateway_offline")
    assert alert.held == "planned"
    assert alert.severity is Severity.HIGH, "it stands as bad as it is"
    incident = talk.press(1, now)
    assert {due.alert.id for due in talk.told()} == {incident.id}
    pass_time(talk, now, 3_600, heard=False)
    back = talk.engine.alerts[alert.id]
    assert (back.held, back.open) == ("", True)
    assert back.next_escalation_at is not None


def test_work_of_one_device_or_of_another_time_explains_no_other_fault() -> None:
    talk = live(NOON)
    talk.say(RosterLoaded(with_work(city(school(1)), work(NOON, NOON + HOUR, "cam-1"))), NOON)
    pass_time(talk, NOON, 400)
    assert {alert.device: alert.held for alert in open_of(talk, "camera_offline")} == {"cam-1": "planned", "cam-2": ""}
    [host] = open_of(talk, "alarm_host_offline")
    assert not host.held


def test_work_of_a_township_holds_at_each_of_its_schools_and_ends_when_the_line_is_taken_out() -> None:
    line = PlannedArea(
        unit=UnitId("450702"), id="a", kind=WorkKind.POWER_CUT, begins=written(NOON), ends=written(NOON + HOUR), reason="x"
    )
    talk = live(NOON)
    talk.say(RosterLoaded(with_work(city(school(1)), line)), NOON)
    now = pass_time(talk, NOON, 300, heard=False)
    [alert] = open_of(talk, "gateway_offline")
    assert alert.held == "planned"
    talk.say(RosterLoaded(city(school(1))), now)
    talk.tick(now + 1)
    assert not talk.engine.alerts[alert.id].held


def test_devices_in_planned_work_leave_the_figures_of_what_must_be_heard() -> None:
    talk = live(NOON)
    pass_time(talk, NOON, 200)
    before = talk.engine.verdicts("4507000001")["online"][1]
    talk.say(RosterLoaded(with_work(city(school(1)), work(NOON, NOON + HOUR))), NOON + 210)
    for second in range(1, 8):
        talk.tick(NOON + 210 + second)
    after = talk.engine.verdicts("4507000001")["online"][1]
    assert before.units is not None
    assert after.units == (0, 0, 0, sum(before.units)), "all of them are excused, and the four still add up"


def test_a_line_of_planned_work_says_when_and_why() -> None:
    good = work(NOON, NOON + HOUR)
    assert says(good) is None
    for bad in ({"reason": ""}, {"ends": good.begins}, {"begins": "yesterday"}, {"ends": written(NOON + 20 * 86_400)}):
        assert says(replace_line(good, **bad)) is not None


def replace_line(line: PlannedWork, **changes: str) -> PlannedWork:
    """Change a line."""
    fields = {name: getattr(line, name) for name in line.__struct_fields__} | changes
    return PlannedWork(**fields)


def toggles(talk: Talk, count: int, start: float, every: float = 120.0, code: str = "path_down") -> float:
    """Let a device report the same trouble again and again."""
    now = start
    for number in range(count):
        for on in (True, False):
            now += every / 2
            talk.say(
                DeviceAlerted(
                    press_id(1_000 + number), gateway_of(1), DeviceId("gw"), code, on, now, now, "real", "m", True
                ),
                now,
            )
            talk.tick(now)
    return now


def test_what_is_raised_three_times_in_half_an_hour_is_one_alert_until_it_is_calm() -> None:
    talk = live(NOON)
    now = toggles(talk, 6, NOON)
    [flapping] = open_of(talk, "flapping")
    assert (flapping.code, flapping.device) == ("device_alert:path_down", "gw")
    rang = [alert for alert in talk.engine.alerts.values() if alert.rule == "device_alert" and not alert.group]
    assert len(rang) == 2, "two rang before it was known to flap"
    now = pass_time(talk, now, 1_700)
    assert open_of(talk, "flapping")
    pass_time(talk, now, 200)
    assert not open_of(talk, "flapping")


def test_what_still_lasts_when_it_is_calm_rings_for_itself() -> None:
    talk = live(NOON)
    now = toggles(talk, 3, NOON)
    on = DeviceAlerted(press_id(9), gateway_of(1), DeviceId("gw"), "path_down", True, now, now, "real", "m", True)
    talk.say(on, now)
    [member] = [alert for alert in open_of(talk, "device_alert") if alert.code == "path_down"]
    assert member.held == "grouped"
    pass_time(talk, now, 1_900)
    assert not talk.engine.alerts[member.id].held


def test_no_press_and_no_gate_flaps() -> None:
    talk = live(NOON)
    for number in range(1, 8):
        incident = talk.press(number, NOON + 60 * number)
        talk.act(incident, "acknowledge", NOON + 60 * number + 1)
        talk.act(incident, "resolve", NOON + 60 * number + 2, cause="false_human")
        assert talk.engine.alerts[incident.id].group == ""
    now = toggles(talk, 5, NOON + 600, code="tamper")
    assert now
    assert not open_of(talk, "flapping")


def test_more_than_an_officer_can_answer_is_said_and_hides_nothing() -> None:
    roster = city(*(school(number) for number in range(1, 13)), kinds={"host": "alarm_host", "btn-1": "alarm_button"})
    talk = talking(roster=roster, now=NOON - 1)
    for now in (NOON, NOON + 100, NOON + 200, NOON + 201):
        for number in range(1, 13):
            talk.heard(now, school_number=number)
        talk.tick(now)
    [flood] = open_of(talk, "alert_flood")
    assert flood.unit == "450702"
    assert not [alert for alert in talk.engine.alerts.values() if alert.held]
    assert isinstance(talk.press(1, NOON + 202).next_escalation_at, float)
    pass_time(talk, NOON + 202, 900)
    assert not open_of(talk, "alert_flood")
    assert not [effect for effect in talk.effects if isinstance(effect, AlertChanged)]


def test_a_fault_that_another_server_raised_is_held_back_by_the_one_that_leads() -> None:
    roster = with_work(city(school(1)), work(NOON, NOON + HOUR))
    other, leader = talking(roster=roster, now=NOON), talking(roster=roster, now=NOON)
    other.say(LeadChanged(leads=False), NOON)
    trouble = DeviceAlerted(press_id(1), gateway_of(1), DeviceId("gw"), "path_down", True, NOON, NOON, "real", "m", True)
    other.say(trouble, NOON)
    [(alert, body)] = other.facts
    leader.say(FactFollowed(alert, 1, body), NOON + 1)
    leader.tick(NOON + 2)
    assert leader.engine.alerts[alert].held == "planned"
