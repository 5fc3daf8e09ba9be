"""Who is told of an alert and when, where a unit decides otherwise than the chains that are built in."""

from dataclasses import replace
from enum import StrEnum
from typing import Any, Literal

from server.registry.escalations import CALLING_RULES, POLICE_AT_ONCE, BadHops, parse_hops, parse_minute
from server.registry.record import UnitRecord
from server.registry.sheet import Column, Words, unit_sheet

SEVERITY_MAX = 4
ACK_MINUTES_MAX = 7 * 24 * 60
PRESS_ACK_MINUTES_MAX = 30  # A press that was taken and then left alone rings again within this, whatever is set.


class Context(StrEnum):
    """When a line holds, by the calendar of the schools."""

    CLASS_HOURS = "class_hours"
    OUT_OF_HOURS = "out_of_hours"
    HOLIDAY = "holiday"
    EXAM = "exam"


CONTEXTS: dict[Context, Words] = {
    Context.CLASS_HOURS: ("上学时段（含上下学高峰）", "Class hours and peaks"),
    Context.OUT_OF_HOURS: ("上学日的其他时间", "Other hours of a school day"),
    Context.HOLIDAY: ("非上学日", "Days without school"),
    Context.EXAM: ("考试日", "Days of examinations"),
}
MODES: dict[str, Words] = {"real": ("真实", "Real"), "test": ("测试", "Test"), "drill": ("演练", "Drill")}


class Escalation(UnitRecord, frozen=True, kw_only=True, tag="escalation"):
    """One chain of a unit, for the schools below it. What is left empty matches everything."""

    hops: str
    severity: int | None = None
    rule: str = ""
    mode: Literal["real", "test", "drill"] = "real"  # Of presses and other calls; a fault is always real.
    context: Context | None = None
    from_time: str = ""  # Shift: from this time of day …
    until_time: str = ""  # … until this one, not included; past midnight where it is the earlier.
    ack_minutes: int | None = None  # So long an acknowledgement holds on which nobody acts; empty: as built in.
    document: str = ""

    @property
    def may_hold_for_a_press(self) -> bool:
        """Say whether a real one-key press, or another call of danger to life, could be told by this line."""
        return self.mode == "real" and self.severity in (None, 1) and (not self.rule or self.rule in CALLING_RULES)


def _severity(value: int) -> Words | None:
    return None if 1 <= value <= SEVERITY_MAX else (f"{value}级；可用：1至4", f"{value}; allowed: 1 to 4")


def _time(value: str) -> Words | None:
    if not value or parse_minute(value) is not None:
        return None
    return (f"“{value[:20]}”不是时刻，请写成 22:00", f"{value[:20]!r} is no time of day; write 22:00")


def _hops(value: str) -> Words | None:
    try:
        parse_hops(value)
    except BadHops as bad:
        return bad.words
    return None


def _whole(line: Any) -> Words | None:
    """Check a line as a whole, with each of its columns, for lines that come by no form."""
    from server.core.rules import RULES  # noqa: PLC0415  # Rules read the ledger: known only once it is.

    wrong = _hops(line.hops) or _time(line.from_time) or _time(line.until_time)
    if wrong is None and line.severity is not None:
        wrong = _severity(line.severity)
    if wrong is not None:
        return wrong
    if line.rule and line.rule not in RULES:
        return (f"没有“{line.rule[:40]}”这条规则", f"no rule {line.rule[:40]!r}; allowed: {', '.join(RULES)}")
    if bool(line.from_time) != bool(line.until_time) or (line.from_time and line.from_time == line.until_time):
        return ("班次须填写两个不同的时刻，或都留空", "a shift needs two different times of day, or none")
    at_once = set(parse_hops(line.hops)[0][1])
    if line.may_hold_for_a_press and not at_once & POLICE_AT_ONCE:
        return (
            "此链条可能用于真实的一键报警，0秒必须同时通知公安（派出所、分局或市局指挥中心）；否则请限定为2至4级",
            (
                "this chain may hold for a real press: police (station, sub_bureau or command_centre) must be told at 0 s; "
                "or restrict it to severity 2, 3 or 4"
            ),
        )
    most = PRESS_ACK_MINUTES_MAX if line.may_hold_for_a_press else ACK_MINUTES_MAX
    if line.ack_minutes is not None and not 1 <= line.ack_minutes <= most:
        return (
            f"确认有效时间为{line.ack_minutes}分钟；可用：1至{most}",
            f"an acknowledgement holds for {line.ack_minutes} min; allowed: 1 to {most}",
        )
    return None


SHEET = replace(
    unit_sheet(
        "escalation",
        "报警升级链",
        "Escalation chains",
        Escalation,
        "management",
        (
            Column("severity", "级别", "Severity", "1至4，空为各级", "1 to 4; empty: any", check=_severity),
            Column("rule", "规则", "Rule", "空为各规则", "empty: any"),
            Column("mode", "性质", "Mode", choices=MODES),
            Column("context", "时段", "When", "空为任何时间", "empty: at any time", choices=CONTEXTS),
            Column("from_time", "班次自", "Shift from", "如 22:00，空为全天", "such as 22:00; empty: all day", check=_time),
            Column("until_time", "班次至", "Shift until", "如 06:00", "such as 06:00", check=_time),
            Column(
                "hops",
                "升级链",
                "Steps",
                "如：0秒：学校、派出所、分局；30秒：派出所值班电话",
                "such as: 0 s: school, station, sub_bureau; 30 s: station_phone",
                check=_hops,
            ),
            Column(
                "ack_minutes",
                "确认有效分钟",
                "Acknowledgement holds (min)",
                "确认后无人处置多久再次响铃，空为默认",
                "rings again when nobody acts on it for so long; empty: as built in",
            ),
            Column("document", "依据文号", "Document"),
        ),
        id=("名称", "Name"),
    ),
    line_check=_whole,
)
