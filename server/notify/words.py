"""What a message says, in Chinese and English: the mode first wherever it is not real, no names of people, no secrets. Pure.

A text message (短信) is one line that fits into one part of 70 characters wherever school and place have ordinary lengths.
"""

from datetime import datetime

from server.channels.channel import Subject
from server.core.alert import Severity
from server.core.escalation import ADVISING_RULES
from server.core.rules import RULES
from server.core.rules.device_alert import MEANINGS, UNKNOWN_CODE
from server.core.schedule import CITY_TIME
from server.registry.escalations import AUDIENCES

SMS_PART = 70  # Characters of one part of a text message that is not plain ASCII.
SMS_PARTS_MAX = 3
NAME_SHOWN_MAX = (24, 48)  # Of a school or a place in a text message, in Chinese and in English.

MODES = {"test": ("【测试】", "[TEST] "), "drill": ("【演练】", "[DRILL] ")}
LATE = ("【迟到】", "[LATE] ")
AGAIN = ("【再次】", "[AGAIN] ")
CONFIRMED = ("【已证实】", "[CONFIRMED] ")
LEVELS = {
    Severity.CRITICAL: ("一级", "Level 1"),
    Severity.HIGH: ("二级", "Level 2"),
    Severity.MEDIUM: ("三级", "Level 3"),
    Severity.LOW: ("四级", "Level 4"),
}
INCIDENTS = frozenset({"one_key_press", "test_press", "device_alert"})
_ACTS = {
    "danger": ("请立即处置并确认。", "Act and acknowledge at once."),
    "urgent": ("请尽快处理并确认。", "Please act soon, and acknowledge."),
    "fault": ("请安排处理。", "Please see to it."),
    "advice": ("请关注。", "For your attention."),
    "rehearsal": ("无需出警。", "No response is needed."),
}
TRIAL = (
    ("【测试】安校通知渠道测试", "【测试】安校通知渠道测试，收到即表示该渠道可用，无需处理。"),
    (
        "[TEST] Anxiao tries this channel",
        "[TEST] Anxiao tries this channel: it works if you read this. Nothing is to be done.",
    ),
)
_LINES = (
    {
        "school": "学校：{}",
        "device": "设备：{}",
        "time": "发生：{}",
        "received": "收到：{}",
        "late": "说明：本条上报迟到，现场情况可能已变化。",
        "test": "性质：已申报的测试，不是真实警情。",
        "drill": "性质：已申报的演练，不是真实警情。",
        "step": "通知：第 {} 步，{}",
        "number": "编号：{}",
    },
    {
        "school": "School: {}",
        "device": "Device: {}",
        "time": "Happened: {}",
        "received": "Received: {}",
        "late": "Note: this came late; things may have changed on site.",
        "test": "Kind: a declared test, nothing real.",
        "drill": "Kind: a declared drill, nothing real.",
        "step": "Told to: step {}, {}",
        "number": "Number: {}",
    },
)


def audience(name: str, language: str) -> str:
    """Name an audience; one of a chain of another region as it is written there."""
    return AUDIENCES.get(name, (name, name))[_at(language)]


def short(about: Subject, language: str) -> str:
    """Write a text message: one line, cut before it takes more than three parts."""
    place = _cut(about.place or about.device_name, language)
    school = _cut(_school(about, language), language) or about.gateway
    if language == "en":
        where = ", ".join(part for part in (school, place) if part)
        line = f"{_marks(about, language)}{_level(about, language)} {_what(about, language)}: {where} {_clock(about.t)}."
        return _bounded(f"{line} {_act(about, language)}")
    where = "".join(part for part in (school, place and f"（{place}）") if part)
    line = f"{_marks(about, language)}{_level(about, language)}{_what(about, language)}：{where}，{_clock(about.t)}。"
    return _bounded(line + _act(about, language))


def title(about: Subject, language: str) -> str:
    """Write the subject of a mail, or the first line of a chat message."""
    school = _school(about, language) or about.gateway
    if language == "en":
        return f"{_marks(about, language)}{_level(about, language)} {_what(about, language)}" + (
            f": {school}" if school else ""
        )
    return f"{_marks(about, language)}{_level(about, language)}{_what(about, language)}" + (f"：{school}" if school else "")


def long(about: Subject, audience_: str, step: int, language: str) -> str:
    """Write the text of a mail or a chat message."""
    words = _LINES[_at(language)]
    device = " ".join(part for part in (about.device_name, about.place) if part) or about.device
    lines = [
        title(about, language),
        words["school"].format(_school(about, language)) if about.school else "",
        words["device"].format(device) if device else "",
        words["time"].format(_instant(about.t)),
        words["received"].format(_instant(about.rx)) if about.late else "",
        words["late"] if about.late else "",
        words[about.mode] if about.mode in MODES else "",
        words["step"].format(step + 1, audience(audience_, language)),
        _act(about, language),
        words["number"].format(about.alert),
    ]
    return "\n".join(line for line in lines if line)


def _marks(about: Subject, language: str) -> str:
    at = _at(language)
    marks = [MODES[about.mode][at]] if about.mode in MODES else []
    marks += [LATE[at]] if about.late else []
    marks += [CONFIRMED[at]] if about.confirmed else []
    marks += [AGAIN[at]] if about.again else []
    return "".join(marks)


def _level(about: Subject, language: str) -> str:
    return LEVELS[about.severity][_at(language)]


def _what(about: Subject, language: str) -> str:
    """Name what was found: a device's own report by its code, everything else by its rule."""
    if about.rule == "device_alert":
        meaning = MEANINGS.get(about.code, UNKNOWN_CODE)
        return meaning.label_en if language == "en" else meaning.label
    if about.rule == "one_key_press" and about.code == "sos":  # A guard's phone, by no button of the school.
        return MEANINGS["sos"].label_en if language == "en" else MEANINGS["sos"].label
    rule = RULES.get(about.rule)
    if rule is None:
        return about.rule
    return rule.label_en if language == "en" else rule.label


def _act(about: Subject, language: str) -> str:
    """Say what is asked of whoever reads it."""
    return _ACTS[_group(about)][_at(language)]


def _group(about: Subject) -> str:
    if about.mode in MODES and about.rule in INCIDENTS:
        return "rehearsal"
    if about.severity is Severity.CRITICAL:
        return "danger"
    if about.rule in ADVISING_RULES:
        return "advice"
    return "urgent" if about.severity is Severity.HIGH else "fault"


def _school(about: Subject, language: str) -> str:
    return about.school_name_en or about.school_name if language == "en" else about.school_name


def _cut(name: str, language: str) -> str:
    most = NAME_SHOWN_MAX[_at(language)]
    return name if len(name) <= most else name[: most - 1] + "…"


def _bounded(line: str) -> str:
    return line if len(line) <= SMS_PART * SMS_PARTS_MAX else line[: SMS_PART * SMS_PARTS_MAX - 1] + "…"


def _clock(t: float) -> str:
    return datetime.fromtimestamp(t, CITY_TIME).strftime("%m-%d %H:%M:%S")


def _instant(t: float) -> str:
    return datetime.fromtimestamp(t, CITY_TIME).strftime("%Y-%m-%d %H:%M:%S")


def _at(language: str) -> int:
    return 1 if language == "en" else 0
