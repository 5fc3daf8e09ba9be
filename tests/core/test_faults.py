"""Rules of states: each is found, held, told once, and over only when that is sure; unknown is neither."""

from dataclasses import replace
from datetime import date

import pytest

from contract.identity import DeviceId, GatewayId
from contract.messages import Birth, BirthDevice
from server.core.alert import Alert, Severity, State
from server.core.events import BirthArrived, CheckInArrived, GatewayLinkChanged, RosterLoaded
from server.core.rules import RULES
from tests.core.talking import CALENDAR, MONDAY, NOON, Talk, beijing, city, gateway_of, school, talking

CLASS = beijing(MONDAY, 9)  # In class hours of a school day.
PEAK = beijing(MONDAY, 7, 10)


def open_of(talk: Talk, rule: str) -> list[Alert]:
    """List the open alerts of a rule."""
    return [alert for alert in talk.engine.alerts.values() if alert.rule == rule and alert.open]


def live(now: float) -> Talk:
    """Give an engine whose one school is heard and whose devices all told that they are well."""
    talk = talking(now=now - 1)
    talk.heard(now)
    well(talk, now)
    return talk


def well(talk: Talk, now: float) -> None:
    """Let every device tell that it is well."""
    for device in ("host", "cam-1", "cam-2", "nvr"):
        talk.read(device, now, online=True)
    talk.read("bar-1", now, position="up", mode="auto")
    talk.read("gate-1", now, open=False)
    talk.read("post-1", now, on_duty=3, online=True)


def pass_time(talk: Talk, start: float, seconds: int, *, heard: bool = True) -> float:
    """Let time pass in steps of ten seconds, with or without a heartbeat in each."""
    now = start
    for _ in range(seconds // 10):
        now += 10
        if heard:
            talk.heard(now)
        talk.tick(now)
    return now


@pytest.mark.parametrize(("device", "rule"), [("host", "alarm_host_offline"), ("cam-2", "camera_offline")])
def test_a_silent_device_behind_a_heard_gateway_is_found_once_and_ends_when_it_is_surely_back(
    device: str, rule: str
) -> None:
    talk = live(NOON)
    now = pass_time(talk, NOON, 170)
    assert not open_of(talk, rule)
    now = pass_time(talk, now, 60)
    mine = [alert for alert in open_of(talk, rule) if alert.device == device]
    assert len(mine) == 1
    talk.read(device, now, online=True)
    now = pass_time(talk, now, 120)
    assert talk.engine.alerts[mine[0].id].open  # Not believed yet.
    for _ in range(4):
        talk.read(device, now, online=True)
        now = pass_time(talk, now, 60)
    assert not talk.engine.alerts[mine[0].id].open


def test_a_gate_camera_weighs_more() -> None:
    talk = live(NOON)
    pass_time(talk, NOON, 260)
    assert {alert.device: alert.severity for alert in open_of(talk, "camera_offline")} == {
        "cam-1": Severity.HIGH,
        "cam-2": Severity.MEDIUM,
    }


def test_a_silent_gateway_is_one_alert_and_its_devices_are_unknown_not_offline() -> None:
    talk = live(NOON)
    now = pass_time(talk, NOON, 300, heard=False)
    [alert] = [alert for alert in talk.engine.alerts.values() if alert.open]
    assert (alert.rule, alert.severity) == ("gateway_offline", Severity.MEDIUM)
    assert alert.children == 9
    device = talk.engine.device(gateway_of(1), "cam-1")
    assert device is not None
    assert device.liveness == "unknown"
    pass_time(talk, now, 600, heard=False)
    [alert] = open_of(talk, "gateway_offline")
    assert alert.severity is Severity.HIGH


def test_a_will_makes_devices_unknown_at_once() -> None:
    talk = live(NOON)
    talk.say(GatewayLinkChanged(gateway_of(1), on=False, path="mqtt-1", rx=NOON + 1), NOON + 1)
    device = talk.engine.device(gateway_of(1), "cam-1")
    assert device is not None
    assert device.liveness == "unknown"
    assert not open_of(talk, "gateway_offline")


def test_a_barrier_is_found_down_only_while_it_must_be_up_and_only_after_a_car_had_time() -> None:
    talk = live(CLASS)
    talk.read("bar-1", CLASS + 5, position="down")
    now = pass_time(talk, CLASS + 5, 170)
    assert not open_of(talk, "barrier_down")
    talk.read("bar-1", now, position="down")
    now = pass_time(talk, now, 30)
    assert len(open_of(talk, "barrier_down")) == 1
    talk.read("bar-1", now, position="up")
    talk.tick(now + 1)
    assert not open_of(talk, "barrier_down")
    evening = live(beijing(MONDAY, 20))
    evening.read("bar-1", beijing(MONDAY, 20) + 5, position="down")
    pass_time(evening, beijing(MONDAY, 20) + 5, 600)
    assert not open_of(evening, "barrier_down")


def test_a_gate_that_stands_open_in_class_is_found_after_two_minutes() -> None:
    talk = live(CLASS)
    talk.read("gate-1", CLASS + 5, open=True)
    now = pass_time(talk, CLASS + 5, 110)
    assert not open_of(talk, "gate_open")
    now = pass_time(talk, now, 30)
    assert len(open_of(talk, "gate_open")) == 1
    talk.read("gate-1", now, open=False)
    assert not open_of(talk, "gate_open")


def test_guards_short_at_a_peak_are_found_and_get_worse_and_end_with_enough_of_them() -> None:
    talk = talking(roster=city(replace(school(), guards_at_peak=2)), now=PEAK - 1)
    talk.heard(PEAK)
    talk.read("post-1", PEAK, on_duty=1)
    [alert] = open_of(talk, "guard_short")
    assert alert.severity is Severity.HIGH  # Ten minutes into the peak.
    for number in (1, 2):
        talk.say(
            CheckInArrived(f"c{number}", gateway_of(1), DeviceId("post-1"), PEAK + 5, PEAK + 5, f"g{number}", "in"), PEAK + 5
        )
    assert not open_of(talk, "guard_short")


def test_a_silent_guard_post_is_no_proof_that_nobody_is_there() -> None:
    talk = talking(roster=city(replace(school(), guards_at_peak=2)), now=PEAK - 1)
    talk.heard(PEAK)
    talk.tick(PEAK + 1)
    assert not open_of(talk, "guard_short")


def test_strangers_are_one_low_alert_for_each_gateway_and_end_when_registered() -> None:
    talk = talking(now=NOON)
    talk.read("ghost-1", NOON + 1, online=True)
    talk.read("ghost-2", NOON + 2, online=True)
    [alert] = open_of(talk, "unregistered_device")
    assert (alert.severity, alert.gateway) == (Severity.LOW, gateway_of(1))
    birth = Birth(1, "gw-unknown", "0000010000", "b", [BirthDevice("cam-1", "camera")])
    talk.say(BirthArrived(birth, NOON + 3), NOON + 3)
    assert {alert.gateway for alert in open_of(talk, "unregistered_device")} == {gateway_of(1), GatewayId("gw-unknown")}
    kinds = {"ghost-1": "camera", "ghost-2": "camera"}
    talk.say(RosterLoaded(city(school(), kinds=kinds)), NOON + 4)
    talk.tick(NOON + 5)
    assert gateway_of(1) not in {alert.gateway for alert in open_of(talk, "unregistered_device")}


def test_a_device_reported_offline_is_told_once_by_the_rule_of_its_kind() -> None:
    talk = live(NOON)
    talk.alerted(1, "offline", NOON + 1, device="cam-2")
    talk.tick(NOON + 2)
    assert [alert.rule for alert in talk.engine.alerts.values() if alert.open] == ["camera_offline"]
    talk.alerted(1, "offline", NOON + 3, device="cam-2", on=False)
    device = talk.engine.device(gateway_of(1), "cam-2")
    assert device is not None
    assert device.liveness == "live"


def test_a_fault_that_is_known_over_a_restart_is_not_told_again() -> None:
    talk = live(NOON)
    now = pass_time(talk, NOON, 260)
    before = {alert.id for alert in open_of(talk, "camera_offline")}
    fresh = talk.restarted(now)
    fresh.heard(now + 1)
    pass_time(fresh, now + 1, 300)
    assert {alert.id for alert in open_of(fresh, "camera_offline")} == before
    assert all(alert.state is State.RAISED for alert in open_of(fresh, "camera_offline"))


def test_a_late_reading_of_an_earlier_position_changes_nothing() -> None:
    talk = live(NOON)
    talk.read("bar-1", NOON + 10, position="down")
    talk.position -= 2
    talk.read("bar-1", NOON + 11, position="up")
    device = talk.engine.device(gateway_of(1), "bar-1")
    assert device is not None
    assert device.value("position") == "down"


def test_every_rule_says_what_it_is_in_both_languages() -> None:
    for name, rule in RULES.items():
        assert rule.name == name
        assert rule.label
        assert rule.label_en
        assert rule.trigger
        assert rule.trigger_en


def test_a_check_in_by_telephone_says_nothing_of_a_silent_gateway() -> None:
    talk = live(NOON)
    now = pass_time(talk, NOON, 300, heard=False)
    talk.say(CheckInArrived("c1", gateway_of(1), DeviceId("post-1"), now, now, "g1", "in"), now)
    gateway = talk.engine.gateway(gateway_of(1))
    assert gateway is not None
    assert gateway.liveness == "offline"
    assert len(open_of(talk, "gateway_offline")) == 1


def test_the_fault_of_a_device_that_the_roster_has_no_more_ends() -> None:
    talk = live(NOON)
    now = pass_time(talk, NOON, 260)
    assert open_of(talk, "camera_offline")
    without = city(kinds={"btn-1": "alarm_button", "host": "alarm_host"})
    talk.say(RosterLoaded(without), now)
    now = pass_time(talk, now, 10)
    assert not open_of(talk, "camera_offline")
    assert len(open_of(talk, "alarm_host_offline")) == 1
    assert {alert.cause for alert in talk.engine.alerts.values() if not alert.open} == {"retired"}


def test_the_same_holds_when_the_roster_changed_while_the_server_was_stopped() -> None:
    talk = live(NOON)
    now = pass_time(talk, NOON, 260)
    fresh = talk.restarted(now, city(kinds={"btn-1": "alarm_button", "host": "alarm_host"}))
    pass_time(fresh, now, 10)
    assert [alert.rule for alert in fresh.engine.alerts.values() if alert.open] == ["alarm_host_offline"]


def test_an_alert_of_a_box_that_was_never_registered_is_left_to_people_over_a_restart() -> None:
    talk = talking(now=NOON)
    birth = Birth(1, "gw-unknown", "0000010000", "b", [])
    talk.say(BirthArrived(birth, NOON + 1), NOON + 1)
    fresh = talk.restarted(NOON + 2)
    pass_time(fresh, NOON + 2, 20)
    assert len(open_of(fresh, "unregistered_device")) == 1


def test_a_peak_that_ended_while_the_server_was_stopped_ends_its_alert() -> None:
    talk = talking(roster=city(replace(school(), guards_at_peak=2)), now=PEAK - 1)
    talk.heard(PEAK)
    talk.read("post-1", PEAK, on_duty=1)
    assert open_of(talk, "guard_short")
    after = beijing(MONDAY, 9)
    fresh = talk.restarted(after)
    fresh.tick(after + 1)
    assert not open_of(fresh, "guard_short")


@pytest.mark.parametrize(
    ("rule", "device", "wrong"),
    [("barrier_down", "bar-1", {"position": "down"}), ("gate_open", "gate-1", {"open": True})],
)
def test_what_falls_silent_is_neither_found_nor_over(rule: str, device: str, wrong: dict[str, object]) -> None:
    """Unknown is not good: an open alert stays; and unknown is not bad: none is raised."""
    talk = live(CLASS)
    talk.read(device, CLASS + 5, **wrong)  # type: ignore[arg-type]  # The metrics above.
    now = pass_time(talk, CLASS + 5, 100)
    talk.read(device, now, **wrong)  # type: ignore[arg-type]  # The metrics above.
    now = pass_time(talk, now, 100)
    assert len(open_of(talk, rule)) == 1
    pass_time(talk, now, 600, heard=False)
    assert len(open_of(talk, rule)) == 1

    quiet = live(CLASS)
    quiet.read(device, CLASS + 5, **wrong)  # type: ignore[arg-type]  # The metrics above.
    pass_time(quiet, CLASS + 5, 600, heard=False)
    assert not open_of(quiet, rule)


def test_a_silent_camera_stays_told_while_its_gateway_is_silent_too() -> None:
    talk = live(NOON)
    now = pass_time(talk, NOON, 260)
    before = {alert.id for alert in open_of(talk, "camera_offline")}
    now = pass_time(talk, now, 900, heard=False)
    assert {alert.id for alert in open_of(talk, "camera_offline")} == before


def test_a_holiday_and_a_weekend_have_no_peak_and_no_class_but_nights_and_presses() -> None:
    for day in (MONDAY, date(2026, 3, 7)):
        calendar = replace(CALENDAR, holidays=frozenset({MONDAY}))
        morning = beijing(day, 7, 10)
        talk = talking(roster=city(replace(school(), guards_at_peak=2), calendar=calendar), now=morning - 1)
        talk.heard(morning)
        talk.read("post-1", morning, on_duty=0)
        talk.read("bar-1", morning, position="down")
        talk.read("gate-1", morning, open=True)
        pass_time(talk, morning, 170)
        assert not [alert for alert in talk.engine.alerts.values() if alert.open]
        assert talk.press(1, morning + 200).open


def test_a_make_up_day_has_its_peaks() -> None:
    saturday = date(2026, 3, 7)
    calendar = replace(CALENDAR, make_up_days=frozenset({saturday}))
    morning = beijing(saturday, 7, 10)
    talk = talking(roster=city(replace(school(), guards_at_peak=2), calendar=calendar), now=morning - 1)
    talk.heard(morning)
    talk.read("post-1", morning, on_duty=0)
    assert len(open_of(talk, "guard_short")) == 1
