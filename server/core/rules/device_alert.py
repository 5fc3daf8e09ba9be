"""A device or gateway reports trouble on the alarm lane. A code we do not know is shown as it came, never dropped."""

from dataclasses import dataclass

from contract.mode import Mode
from server.core.alert import Flow, Severity
from server.core.events import DeviceAlerted
from server.core.rule import Finding, Rule, Subject, View


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means to the people who answer it."""

    label: str
    label_en: str
    severity: Severity
    flow: Flow = Flow.FAULT
    ends: bool = True  # Whether the device's own "over" ends it; where false, only people do.


MEANINGS: dict[str, Meaning] = {
    "duress": Meaning("挟持报警", "Duress", Severity.CRITICAL, Flow.INCIDENT, ends=False),
    "ram": Meaning("车辆冲撞", "Vehicle ram", Severity.CRITICAL, Flow.INCIDENT, ends=False),
    "forced": Meaning("强行闯入", "Forced entry", Severity.CRITICAL, Flow.INCIDENT, ends=False),
    "fire": Meaning("火警", "Fire", Severity.CRITICAL, Flow.INCIDENT, ends=False),
    "sos": Meaning("保安求助", "Guard calls for help", Severity.CRITICAL, Flow.INCIDENT, ends=False),
    "tamper": Meaning("设备被拆或移动", "Tamper", Severity.HIGH, ends=False),
    "offline": Meaning("设备失联", "Device lost", Severity.MEDIUM),
    "battery_low": Meaning("电池电量低", "Battery low", Severity.MEDIUM),
    "path_down": Meaning("通信通道中断", "Path down", Severity.MEDIUM),
    "clock_bad": Meaning("时钟不可信", "Clock not to be trusted", Severity.MEDIUM),
    "disk_low": Meaning("网关存储不足", "Gateway storage low", Severity.MEDIUM),
    "clone": Meaning("网关身份重复", "Two boxes claim one identity", Severity.HIGH, ends=False),
    "outbox_lost": Meaning("网关数据丢失", "Records lost at the gateway", Severity.HIGH, ends=False),
}
# A code we do not know came on the alarm lane all the same: take it seriously.
UNKNOWN_CODE = Meaning("未识别的报警", "Unknown alarm", Severity.HIGH, ends=False)
CODE_SHOWN_MAX = 40


def meaning(code: str) -> Meaning:
    """Look a code up; one we do not know has a meaning too."""
    return MEANINGS.get(code, UNKNOWN_CODE)


def evaluate(view: View, _now: float) -> Finding | None:
    """Find what a device reports; its own "over" is no finding."""
    told = view.signal
    if not isinstance(told, DeviceAlerted) or not told.on:
        return None
    means = meaning(told.code)
    rehearsal = means.flow is Flow.INCIDENT and view.mode is not Mode.REAL
    ruled = view.ruling.detail if means.flow is Flow.INCIDENT else ()  # What is broken is no press.
    return Finding(
        severity=Severity.LOW if rehearsal else means.severity,
        since=told.t,
        detail=(("code", told.code), ("mode_claimed", told.mode_claimed), ("text", told.text), *ruled),
        flow=means.flow,
        code=told.code[:CODE_SHOWN_MAX],
    )


RULE = Rule(
    name="device_alert",
    label="设备报警",
    label_en="Device alarm",
    severity=Severity.CRITICAL,
    subject=Subject.SIGNAL,
    trigger="设备或网关经报警通道上报（挟持、冲撞、闯入、火警、求助、防拆等）",
    trigger_en="a device or gateway reports trouble on the alarm lane (duress, ram, forced entry, fire, SOS, tamper, …)",
    evaluate=evaluate,
    number="A03, A04, A07, A14, A39",
)
