"""Which event of Contact ID (SIA DC-05) and of SIA DC-03 an alert is told as. Pure.

A test or a drill is a test report, whatever was pressed: no panic alarm of ours is anything but real.
"""

import re
from dataclasses import dataclass

from server.channels.channel import Subject
from server.core.alert import Flow
from server.core.rules.device_alert import meaning

REHEARSED = frozenset({"test", "drill"})


@dataclass(frozen=True, slots=True)
class EventCode:
    """One event: three digits of Contact ID, and the two letters of SIA."""

    contact_id: str
    sia: str


TEST = EventCode("601", "RX")  # Manual trigger test report.
PANIC, CONFIRMED, DURESS = EventCode("120", "PA"), EventCode("129", "HV"), EventCode("121", "HA")
FIRE, SMOKE = EventCode("110", "FA"), EventCode("111", "FA")
BURGLARY, PERIMETER = EventCode("130", "BA"), EventCode("131", "BA")
TAMPER = EventCode("137", "TA")
ALARM, TROUBLE = EventCode("140", "UA"), EventCode("300", "UT")  # Whatever else calls people out, or is to be mended.
MAINS, BATTERY = EventCode("301", "AT"), EventCode("302", "YT")
PATH, LOST = EventCode("350", "YC"), EventCode("381", "UY")
CLOCK = EventCode("626", "JT")

BY_CODE = {
    "duress": DURESS,
    "ram": BURGLARY,
    "forced": BURGLARY,
    "fire": FIRE,
    "sos": PANIC,
    "tamper": TAMPER,
    "offline": LOST,
    "battery_low": BATTERY,
    "path_down": PATH,
    "clock_bad": CLOCK,
}
BY_RULE = {
    "one_key_press": PANIC,
    "fire_detected": SMOKE,
    "gate_forced": BURGLARY,
    "perimeter_intrusion": PERIMETER,
    "host_tampered": TAMPER,
    "mains_lost": MAINS,
    "battery_low": BATTERY,
    "path_degraded": PATH,
    "path_lost": PATH,
    "gateway_offline": PATH,
    "alarm_host_offline": PATH,
    "button_lost": LOST,
    "device_offline": LOST,
    "clock_drift": CLOCK,
}
INCIDENT_RULES = frozenset({"one_key_press", "fire_detected", "perimeter_intrusion", "gate_forced", "unreadable_alarm"})
_NUMBER = re.compile(r"(\d{1,3})$")


def event_of(about: Subject) -> EventCode:
    """Choose the event; what we have no code for is an alarm where it calls people out, and trouble where it does not."""
    if about.mode in REHEARSED:
        return TEST
    if about.rule == "one_key_press" and about.code not in BY_CODE:
        return CONFIRMED if about.confirmed else PANIC
    if about.code in BY_CODE:
        return BY_CODE[about.code]
    if about.rule in BY_RULE:
        return BY_RULE[about.rule]
    calls = about.rule in INCIDENT_RULES or (about.rule == "device_alert" and _calls(about.code))
    return ALARM if calls else TROUBLE


def zone_of(about: Subject) -> str:
    """Give the zone: the number at the end of the device's id, or 000 where there is none."""
    found = _NUMBER.search(about.device)
    return f"{int(found.group(1)):03d}" if found else "000"


def _calls(code: str) -> bool:
    means = meaning(code)
    return means.flow is Flow.INCIDENT or not means.ends
