"""Every rule of a device: found, held, told once, over only when that is sure; and both sides of each threshold."""

from dataclasses import dataclass
from datetime import date

import pytest

from contract.identity import UnitId
from contract.kinds import KINDS
from contract.records import Value
from server.core.alert import Severity, State
from server.core.rule import Subject
from server.core.rules import RULES
from server.registry.sheets.rule_setting import RuleSetting
from tests.core.rules.desk import Desk
from tests.core.talking import MONDAY, beijing

CLASS = beijing(MONDAY, 9)
EVENING = beijing(MONDAY, 20)
NIGHT = beijing(MONDAY, 23)
MEAL = beijing(MONDAY, 10, 30)

Told = dict[str, Value]


@dataclass(frozen=True)
class Case:
    """How a device is when it is well and when it is not; `fine` and `found` lie on both sides of each threshold."""

    rule: str
    kind: str
    well: Told
    bad: Told
    severity: int
    hold: float
    clear: float
    fine: tuple[Told, ...] = ()
    found: tuple[tuple[Told, int], ...] = ()
    at: float = CLASS


CASES = [
    Case("host_tampered", "alarm_host", {"tamper": False}, {"tamper": True}, 2, 0, 0, fine=({},)),
    Case("host_tampered", "alarm_button", {"tamper": False}, {"tamper": True}, 2, 0, 0),
    Case("button_lost", "alarm_button", {"loop": "closed"}, {"loop": "open"}, 2, 0, 60, found=(({"loop": "fault"}, 2),)),
    Case(
        "mains_lost",
        "alarm_host",
        {"mains": True, "battery_v": 13.6},
        {"mains": False, "battery_v": 12.8},
        3,
        60,
        0,
        found=(({"mains": False, "battery_v": 11.6}, 3), ({"mains": False, "battery_v": 11.59}, 2), ({"mains": False}, 3)),
    ),
    Case(
        "mains_lost",
        "gateway",
        {"ups": False, "batt": 100},
        {"ups": True, "batt": 90},
        3,
        60,
        0,
        found=(({"ups": True, "batt": 30}, 3), ({"ups": True, "batt": 29}, 2)),
    ),
    Case(
        "battery_low",
        "alarm_host",
        {"battery_v": 12.0},
        {"battery_v": 11.2},
        3,
        0,
        0,
        fine=({"battery_v": 11.3}, {}),
        found=(({"battery_v": 11.29}, 3),),
    ),
    Case(
        "battery_low",
        "alarm_button",
        {"cell_v": 2.7},
        {"cell_v": 2.5, "battery": 90},
        3,
        0,
        0,
        fine=({"cell_v": 2.6, "battery": 5}, {"battery": 15}),
        found=(({"battery": 14}, 3),),
    ),
    Case("battery_low", "guard_post", {"battery": 20}, {"battery": 10}, 3, 0, 0),
    Case("battery_low", "fire_detector", {"cell_v": 3.2}, {"cell_v": 2.4}, 3, 0, 0),
    Case(
        "path_degraded",
        "alarm_host",
        {"path_main": True, "path_backup": True},
        {"path_main": False, "path_backup": True},
        3,
        90,
        600,
        fine=({"path_main": True}, {}),
        found=(
            ({"path_main": True, "path_backup": False}, 3),
            ({"path_main": False, "path_backup": False}, 2),
            ({"path_main": False}, 2),
        ),
    ),
    Case(
        "video_lost",
        "camera",
        {"stream": True, "picture": "good"},
        {"stream": True, "picture": "freeze"},
        3,
        5,
        900,
        fine=({"stream": True, "picture": "blur"}, {"stream": True}),
        found=(
            ({"stream": True, "picture": "black"}, 3),
            ({"stream": True, "picture": "white"}, 3),
            ({"stream": True, "picture": "signal_loss"}, 3),
            ({"stream": False}, 3),
        ),
    ),
    Case(
        "camera_blocked",
        "camera",
        {"picture": "good"},
        {"picture": "covered"},
        2,
        0,
        0,
        fine=({"picture": "black"},),
        found=(({"picture": "moved"}, 2),),
    ),
    Case(
        "picture_poor",
        "camera",
        {"picture": "good", "picture_score": 90},
        {"picture": "blur", "picture_score": 35},
        4,
        900,
        900,
        fine=({"picture": "good", "picture_score": 30}, {"picture": "covered", "picture_score": 3}),
        found=(({"picture": "good", "picture_score": 29}, 4), ({"picture": "dark"}, 4), ({"picture": "stripe"}, 4)),
    ),
    Case(
        "recording_gap",
        "recorder",
        {"online": True, "recording": True, "gap": 0, "retention": 31.0},
        {"online": True, "recording": True, "gap": 700, "retention": 31.0},
        3,
        0,
        0,
        fine=(
            {"online": True, "recording": True, "gap": 600, "retention": 30.0},
            {"online": True, "recording": True, "retention": 30.0},
        ),
        found=(
            ({"online": True, "recording": True, "gap": 601, "retention": 31.0}, 3),
            ({"online": True, "recording": True, "gap": 0, "retention": 29.9}, 3),
        ),
    ),
    Case("recording_gap", "camera", {"recording": True}, {"recording": False}, 3, 600, 0),
    Case(
        "disk_fault",
        "recorder",
        {"disk": "ok", "disk_free": 900.0, "overwrite": True},
        {"disk": "warn", "disk_free": 900.0, "overwrite": True},
        3,
        0,
        0,
        fine=(
            {"disk": "ok", "disk_free": 0.0, "overwrite": True},
            {"disk": "ok", "disk_free": 500.0, "overwrite": False},
            {"disk": "ok", "disk_free": 10.0},
        ),
        found=(({"disk": "fail"}, 2), ({"disk": "ok", "disk_free": 499.0, "overwrite": False}, 3)),
    ),
    Case("disk_fault", "gateway", {"disk_free": 50.0}, {"disk_free": 9.9}, 3, 0, 0, fine=({"disk_free": 10.0},)),
    Case(
        "clock_drift",
        "camera",
        {"clock_offset": 0},
        {"clock_offset": 20_000},
        4,
        0,
        0,
        fine=({"clock_offset": 5_000}, {"clock_offset": -5_000}),
        found=(
            ({"clock_offset": 5_001}, 4),
            ({"clock_offset": -5_001}, 4),
            ({"clock_offset": 60_000}, 4),
            ({"clock_offset": -60_001}, 3),
            ({"clock_offset": 300_000}, 3),
            ({"clock_offset": 300_001}, 2),
        ),
    ),
    Case("clock_drift", "recorder", {"clock_offset": 2_000}, {"clock_offset": 90_000}, 3, 0, 0),
    Case("clock_drift", "gateway", {"clk_off": 10}, {"clk_off": -9_000}, 4, 0, 0),
    Case(
        "barrier_down",
        "barrier",
        {"position": "up"},
        {"position": "down"},
        2,
        180,
        0,
        found=(({"position": "mid"}, 2),),
    ),
    Case(
        "barrier_stuck",
        "barrier",
        {"position": "up", "fault_code": 0},
        {"position": "mid", "fault_code": 0},
        2,
        15,
        60,
        fine=({"position": "down", "fault_code": 0, "rise_time": 12_000},),
        found=(
            ({"position": "up", "fault_code": 12}, 2),
            ({"position": "up", "rise_time": 12_001}, 2),
            ({"position": "up", "fall_time": 20_000}, 2),
        ),
    ),
    Case(
        "barrier_health",
        "barrier",
        {"oil_temp": 40.0, "oil_level": 80.0, "pressure": 6.4, "pit_water": False},
        {"oil_temp": 75.0, "oil_level": 80.0, "pressure": 6.4, "pit_water": False},
        3,
        60,
        1_800,
        fine=(
            {"oil_temp": 70.0, "oil_level": 20.0, "pressure": 5.0, "motor_current": 25.0},
            {"oil_temp": 40.0, "pressure": 8.0},
        ),
        found=(
            ({"oil_temp": 70.1}, 3),
            ({"oil_level": 19.9}, 3),
            ({"pressure": 4.99}, 3),
            ({"pressure": 8.01}, 3),
            ({"motor_current": 25.1}, 3),
            ({"pit_water": True}, 3),
        ),
    ),
    Case("emergency_release", "barrier", {"mode": "auto"}, {"mode": "efo"}, 2, 0, 0, fine=({"mode": "manual"},)),
    Case("emergency_release", "gate", {"emergency_release": False}, {"emergency_release": True}, 2, 0, 0),
    Case("gate_forced", "gate", {"forced": False}, {"forced": True}, 1, 0, 0),
    Case("gate_open", "gate", {"open": False}, {"open": True}, 2, 120, 0),
    Case("fire_detected", "fire_detector", {"alarm": False}, {"alarm": True}, 1, 0, 0),
    Case(
        "fire_detector_fault",
        "fire_detector",
        {"fault": False, "tamper": False, "dirt": 10},
        {"fault": True, "tamper": False, "dirt": 10},
        3,
        0,
        0,
        fine=({"dirt": 80},),
        found=(({"dirt": 81}, 3), ({"tamper": True}, 3)),
    ),
    Case(
        "camera_ai",
        "camera",
        {"ai_event": "none", "ai_confidence": 0},
        {"ai_event": "weapon", "ai_confidence": 95},
        2,
        0,
        0,
        fine=(
            {"ai_event": "weapon", "ai_confidence": 79},
            {"ai_event": "crowd", "ai_confidence": 99},
            {"ai_event": "fight"},
        ),
        found=(({"ai_event": "fight", "ai_confidence": 80}, 2), ({"ai_event": "intrusion", "ai_confidence": 80}, 2)),
    ),
    Case(
        "perimeter_intrusion",
        "perimeter",
        {"zone": "normal", "armed": True},
        {"zone": "intrusion", "armed": True},
        2,
        0,
        600,
        fine=({"zone": "intrusion", "armed": False}, {"zone": "bypassed", "armed": True}),
        found=(({"zone": "cut", "armed": True}, 2), ({"zone": "short"}, 2)),
    ),
    Case(
        "perimeter_off",
        "perimeter",
        {"zone": "normal", "armed": True},
        {"zone": "normal", "armed": False},
        3,
        600,
        0,
        found=(({"zone": "bypassed", "armed": True}, 3), ({"zone": "low_voltage", "armed": True}, 3)),
        at=NIGHT,
    ),
    Case(
        "visitor_alert",
        "visitor_machine",
        {"event": "none"},
        {"event": "blacklist"},
        2,
        0,
        0,
        found=(({"event": "unregistered"}, 2),),
    ),
    Case("visitor_overstay", "visitor_machine", {"inside": 0}, {"inside": 2}, 4, 0, 0, at=EVENING),
    Case("kitchen_camera_off", "kitchen_camera", {"stream": True}, {"stream": False}, 3, 600, 0, at=MEAL),
    Case(
        "kitchen_hygiene",
        "kitchen_camera",
        {"ai_event": "none", "ai_confidence": 0},
        {"ai_event": "rat", "ai_confidence": 90},
        3,
        60,
        300,
        fine=({"ai_event": "rat", "ai_confidence": 69},),
        found=(({"ai_event": "no_hat", "ai_confidence": 70}, 3),),
    ),
    Case(
        "electric_fire_risk",
        "electric_fire",
        {"residual_current": 40, "wire_temp": 35.0, "arc": False},
        {"residual_current": 350, "wire_temp": 35.0, "arc": False},
        3,
        30,
        600,
        fine=({"residual_current": 300, "wire_temp": 70.0},),
        found=(
            ({"residual_current": 301}, 3),
            ({"residual_current": 500}, 3),
            ({"residual_current": 501}, 2),
            ({"wire_temp": 70.1}, 3),
            ({"wire_temp": 90.1}, 2),
            ({"arc": True}, 2),
        ),
    ),
    Case("audio_fault", "alarm_host", {"audio_ok": True}, {"audio_ok": False}, 3, 300, 300),
    Case(
        "gateway_behind",
        "gateway",
        {"lag": 0},
        {"lag": 5_000},
        3,
        600,
        300,
        fine=({"lag": 900},),
        found=(({"lag": 901}, 3),),
    ),
]
BY_SILENCE = {
    "alarm_host_offline": ("alarm_host", 2),
    "camera_offline": ("camera", 3),
    "recorder_offline": ("recorder", 3),
    "device_offline": ("barrier", 2),
}


def of_device(case: Case) -> str:
    """Name the device: a gateway's own is always `gw`."""
    return "gw" if case.kind == "gateway" else "one"


def begun(case: Case, metrics: Told) -> Desk:
    """Let the device be well for a while, and then tell something."""
    desk = Desk(case.rule, "camera" if case.kind == "gateway" else case.kind, case.at)
    desk.say(of_device(case), **case.well)
    desk.wait(30)
    assert desk.alert is None
    desk.said.clear()
    desk.say(of_device(case), **metrics)
    return desk


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.kind}")
def test_it_is_found_held_told_once_kept_while_nobody_can_tell_and_over_when_that_is_sure(case: Case) -> None:
    rule = RULES[case.rule]
    desk = begun(case, case.bad)
    if case.hold:
        desk.wait(case.hold - 1)
        assert desk.alert is None, "held for long enough first"
        desk.wait(1)
    told = desk.alert
    assert told is not None
    assert told.severity == Severity(case.severity)
    assert told.device == of_device(case)
    desk.wait(200, heard=False)
    assert desk.alert is not None
    assert (desk.alert.id, desk.alert.state) == (told.id, told.state), "a silent gateway ends nothing"
    desk.talk.heard(desk.now)
    desk.say(of_device(case))
    desk.wait(60)
    assert desk.alert is not None
    assert desk.alert.id == told.id, "told once"
    desk.said.clear()
    desk.say(of_device(case), **case.well)
    if rule.by_people:
        desk.wait(case.clear + 60)
        assert desk.alert is not None, "people end it"
        return
    if case.clear:
        desk.wait(case.clear - 1)
        assert desk.alert is not None, "not believed yet"
        desk.wait(1)
    assert desk.alert is None


SIDES = [(case, metrics, 0) for case in CASES for metrics in case.fine]
SIDES += [(case, metrics, severity) for case in CASES for metrics, severity in case.found]


@pytest.mark.parametrize(("case", "metrics", "severity"), SIDES, ids=lambda one: getattr(one, "rule", str(one)))
def test_each_threshold_has_two_sides(case: Case, metrics: Told, severity: int) -> None:
    desk = Desk(case.rule, "camera" if case.kind == "gateway" else case.kind, case.at)
    desk.say(of_device(case), **metrics)
    desk.wait(case.hold + 1)
    assert (desk.alert.severity if desk.alert else 0) == severity


@pytest.mark.parametrize("rule", BY_SILENCE)
def test_a_device_that_is_silent_behind_a_heard_gateway_is_found_and_one_behind_a_silent_gateway_is_not(rule: str) -> None:
    kind, severity = BY_SILENCE[rule]
    desk = Desk(rule, kind, CLASS)
    desk.say(online=True) if KINDS[kind].metric("online") else desk.say(mode="auto")
    desk.silence()
    silence = KINDS[kind].silence_seconds
    desk.wait(silence - 1)
    assert desk.alert is None
    desk.wait(1)
    assert desk.alert is not None
    assert desk.alert.severity == Severity(severity)
    other = Desk(rule, kind, CLASS)
    other.say(mode="auto")
    other.wait(silence + 600, heard=False)
    assert other.alert is None
    assert other.liveness() == "unknown"


def test_a_camera_that_goes_on_telling_that_it_is_gone_is_told_after_the_hold_that_is_set() -> None:
    held = RuleSetting(unit=UnitId("450700"), id="camera_offline.hold", value=300)
    desk = Desk("camera_offline", "camera", CLASS, records=(held,))
    desk.say(online=False)
    desk.wait(299)
    assert desk.alert is None
    desk.wait(2)
    assert desk.alert is not None


def test_every_rule_of_devices_has_a_case() -> None:
    told = {case.rule for case in CASES} | set(BY_SILENCE)
    assert told == {rule.name for rule in RULES.values() if rule.subject is Subject.DEVICE}


def test_the_kinds_and_metrics_that_rules_name_exist() -> None:
    for rule in RULES.values():
        assert rule.kinds <= set(KINDS), rule.name
        known = {metric.name for kind in rule.kinds for metric in KINDS[kind].metrics}
        assert rule.watches <= known, rule.name
        for param in rule.params:
            assert set(param.metrics) <= rule.watches, f"{rule.name}.{param.name}"


# ---------------------------------------------------------------- what is around


def told_severity(rule: str, kind: str, at: float, metrics: Told, *, at_gate: bool = False, wait: float = 0) -> int:
    """Give the severity of what is told, 0 where nothing is."""
    desk = Desk(rule, kind, at, at_gate=at_gate)
    desk.say(**metrics)
    desk.wait(wait)
    return int(desk.alert.severity) if desk.alert else 0


@pytest.mark.parametrize(
    ("rule", "metrics", "wait", "gate", "elsewhere"),
    [
        ("video_lost", {"picture": "black"}, 5, 2, 3),
        ("picture_poor", {"picture": "blur"}, 900, 3, 4),
        ("camera_offline", {"online": False}, 0, 2, 3),
    ],
)
def test_a_gate_camera_weighs_more(rule: str, metrics: Told, wait: float, gate: int, elsewhere: int) -> None:
    assert told_severity(rule, "camera", CLASS, metrics, at_gate=True, wait=wait) == gate
    assert told_severity(rule, "camera", CLASS, metrics, wait=wait) == elsewhere


@pytest.mark.parametrize(
    ("rule", "metrics"),
    [("camera_blocked", {"picture": "covered"}), ("camera_ai", {"ai_event": "weapon", "ai_confidence": 90})],
)
def test_while_pupils_are_there_it_is_worse(rule: str, metrics: Told) -> None:
    sunday = beijing(date(2026, 3, 8), 9)
    assert told_severity(rule, "camera", CLASS, metrics) == 2
    assert told_severity(rule, "camera", beijing(MONDAY, 7, 30), metrics) == 2
    assert told_severity(rule, "camera", EVENING, metrics) == 3
    assert told_severity(rule, "camera", sunday, metrics) == 3


def test_a_camera_that_was_covered_at_night_becomes_worse_as_pupils_come() -> None:
    desk = Desk("camera_blocked", "camera", beijing(MONDAY, 6, 58))
    desk.say(picture="covered")
    assert desk.alert is not None
    assert int(desk.alert.severity) == 3
    desk.wait(121)
    assert desk.alert is not None
    assert int(desk.alert.severity) == 2


def test_at_a_peak_everybody_comes_in() -> None:
    metrics: Told = {"ai_event": "intrusion", "ai_confidence": 99}
    assert told_severity("camera_ai", "camera", beijing(MONDAY, 7, 30), metrics) == 0
    assert told_severity("camera_ai", "camera", NIGHT, metrics) == 3


@pytest.mark.parametrize(
    ("rule", "kind", "metrics", "wait"),
    [
        ("perimeter_off", "perimeter", {"armed": False}, 1_200),
        ("kitchen_camera_off", "kitchen_camera", {"stream": False}, 1_200),
        ("visitor_overstay", "visitor_machine", {"inside": 3}, 60),
        ("barrier_down", "barrier", {"position": "down"}, 600),
    ],
)
def test_outside_of_its_hours_it_is_not_told(rule: str, kind: str, metrics: Told, wait: float) -> None:
    quiet = {"perimeter_off": EVENING, "visitor_overstay": CLASS, "barrier_down": EVENING, "kitchen_camera_off": CLASS}[rule]
    assert told_severity(rule, kind, quiet, metrics, wait=wait) == 0


def test_on_a_holiday_no_kitchen_is_at_work_and_no_barrier_has_to_be_up() -> None:
    saturday = date(2026, 3, 7)
    assert told_severity("kitchen_camera_off", "kitchen_camera", beijing(saturday, 10, 30), {"stream": False}, wait=700) == 0
    assert told_severity("barrier_down", "barrier", beijing(saturday, 9), {"position": "down"}, wait=300) == 0


def test_a_perimeter_that_was_off_before_closing_is_told_ten_minutes_into_the_night() -> None:
    desk = Desk("perimeter_off", "perimeter", beijing(MONDAY, 22, 25))
    desk.say(armed=False, zone="normal")
    desk.wait(5 * 60 + 590)
    assert desk.alert is None
    desk.wait(20)
    assert desk.alert is not None


def test_visitors_inside_are_told_at_the_hour_by_which_they_must_be_out_and_not_the_next_morning() -> None:
    desk = Desk("visitor_overstay", "visitor_machine", beijing(MONDAY, 17, 55))
    desk.say(inside=2)
    desk.wait(299)
    assert desk.alert is None
    desk.wait(2)
    assert desk.alert is not None
    desk.wait(6 * 3_600)
    assert desk.alert is None


def test_the_key_target_keeps_recordings_for_ninety_days() -> None:
    desk = Desk("recording_gap", "recorder", CLASS, key_target=True)
    desk.say(online=True, recording=True, gap=0, retention=89.5)
    assert desk.alert is not None
    assert dict(desk.alert.detail) == {"retention": "89.5", "required": "90"}


def test_a_gateway_on_its_battery_says_nothing_where_a_host_does() -> None:
    desk = Desk("mains_lost", "alarm_host", CLASS)
    desk.say("gw", ups=True, batt=80)
    desk.wait(120)
    assert desk.alert is None


@pytest.mark.parametrize(
    ("rule", "kind", "metrics", "code", "wait"),
    [
        ("host_tampered", "alarm_host", {"tamper": True}, "tamper", 0),
        ("gate_forced", "gate", {"forced": True}, "forced", 0),
        ("fire_detected", "fire_detector", {"alarm": True}, "fire", 0),
        ("battery_low", "alarm_host", {"battery_v": 11.0}, "battery_low", 0),
        ("path_degraded", "alarm_host", {"path_main": False}, "path_down", 100),
    ],
)
def test_what_the_device_told_on_the_alarm_lane_is_not_told_twice(
    rule: str, kind: str, metrics: Told, code: str, wait: float
) -> None:
    desk = Desk(rule, kind, CLASS)
    desk.talk.alerted(1, code, CLASS, device="one")
    desk.say(**metrics)
    desk.wait(wait)
    told = [alert.rule for alert in desk.talk.engine.alerts.values() if alert.open and alert.device == "one"]
    assert told == ["device_alert"]


def test_the_alarm_lane_tells_its_own_whatever_a_state_has_told() -> None:
    desk = Desk("gate_forced", "gate", CLASS)
    desk.say(forced=True)
    desk.talk.alerted(1, "forced", CLASS + 1, device="one")
    assert sorted(alert.rule for alert in desk.talk.engine.alerts.values() if alert.open) == ["device_alert", "gate_forced"]


def test_an_incident_that_people_ended_is_told_again_only_when_it_happens_again() -> None:
    desk = Desk("gate_forced", "gate", CLASS)
    desk.say(forced=True)
    assert desk.alert is not None
    first = desk.alert
    desk.talk.act(first, "acknowledge", CLASS + 1)
    desk.talk.act(first, "resolve", CLASS + 2, cause="real")
    assert desk.alert is None
    desk.wait(600)
    assert desk.alert is None
    desk.say(forced=False)
    desk.wait(60)
    desk.say(forced=True)
    assert desk.alert is not None
    assert desk.alert.id != first.id


def test_a_fault_that_people_ended_is_told_again_when_it_happens_again_although_its_end_was_never_seen() -> None:
    desk = Desk("emergency_release", "barrier", CLASS)
    desk.say(mode="efo")
    assert desk.alert is not None
    desk.talk.act(desk.alert, "acknowledge", CLASS + 1)
    assert desk.alert is not None
    desk.talk.act(desk.alert, "close", CLASS + 2, cause="fixed")
    desk.wait(60)
    assert desk.alert is None
    desk.say(mode="auto")
    desk.wait(20)
    desk.say(mode="efo")
    assert desk.alert is not None
    assert desk.alert.state is State.RAISED
