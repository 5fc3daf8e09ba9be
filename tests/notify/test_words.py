"""What messages say: the mode first, late told as late, what to do, nobody's name, and one part of a text message."""

import pytest

from server.channels.channel import Subject
from server.core.alert import Severity
from server.core.rules import RULES
from server.core.rules.device_alert import MEANINGS
from server.notify.composing import compose, trial
from server.notify.model import Due, Recipient, Way
from server.notify.plan import Next
from server.notify.words import SMS_PART, SMS_PARTS_MAX, long, short, title

T = 1_790_000_000.0  # 2026-09-21 22:13:20 in the city.
PLACE = {"school": "4507020001", "school_name": "钦州市第一小学", "school_name_en": "Qinzhou No. 1 Primary School"}


def about(**given: object) -> Subject:
    """Describe a real press at the gate."""
    plain = {"alert": "a1", "rule": "one_key_press", "severity": Severity.CRITICAL, "mode": "real", "t": T, "rx": T + 1}
    device = {"device": "button-1", "device_name": "门卫按钮", "place": "南门"}
    return Subject(**(plain | PLACE | device | given))  # type: ignore[arg-type]


SMS = {
    "press": (
        about(),
        "一级一键报警：钦州市第一小学（南门），09-21 22:13:20。请立即处置并确认。",
        "Level 1 One-key alarm: Qinzhou No. 1 Primary School, 南门 09-21 22:13:20. Act and acknowledge at once.",
    ),
    "again, late and confirmed": (
        about(late=True, confirmed=True, again=True),
        "【迟到】【已证实】【再次】一级一键报警：钦州市第一小学（南门），09-21 22:13:20。请立即处置并确认。",
        (
            "[LATE] [CONFIRMED] [AGAIN] Level 1 One-key alarm: Qinzhou No. 1 Primary School, 南门 09-21 22:13:20."
            " Act and acknowledge at once."
        ),
    ),
    "drill": (
        about(mode="drill", severity=Severity.LOW),
        "【演练】四级一键报警：钦州市第一小学（南门），09-21 22:13:20。无需出警。",
        "[DRILL] Level 4 One-key alarm: Qinzhou No. 1 Primary School, 南门 09-21 22:13:20. No response is needed.",
    ),
    "test": (
        about(mode="test", severity=Severity.LOW, late=True),
        "【测试】【迟到】四级一键报警：钦州市第一小学（南门），09-21 22:13:20。无需出警。",
        "[TEST] [LATE] Level 4 One-key alarm: Qinzhou No. 1 Primary School, 南门 09-21 22:13:20. No response is needed.",
    ),
    "duress": (
        about(rule="device_alert", code="duress"),
        "一级挟持报警：钦州市第一小学（南门），09-21 22:13:20。请立即处置并确认。",
        "Level 1 Duress: Qinzhou No. 1 Primary School, 南门 09-21 22:13:20. Act and acknowledge at once.",
    ),
    "urgent fault": (
        about(rule="gateway_offline", severity=Severity.HIGH, device="", device_name="", place=""),
        "二级学校网关离线：钦州市第一小学，09-21 22:13:20。请尽快处理并确认。",
        "Level 2 School gateway offline: Qinzhou No. 1 Primary School 09-21 22:13:20. Please act soon, and acknowledge.",
    ),
    "fault": (
        about(rule="camera_offline", severity=Severity.MEDIUM, device_name="校门摄像机", place="东门"),
        "三级摄像机离线：钦州市第一小学（东门），09-21 22:13:20。请安排处理。",
        "Level 3 Camera offline: Qinzhou No. 1 Primary School, 东门 09-21 22:13:20. Please see to it.",
    ),
    "advice": (
        about(rule="early_warning", severity=Severity.LOW, device="", device_name="", place=""),
        "四级风险预警：钦州市第一小学，09-21 22:13:20。请关注。",
        "Level 4 Early warning: Qinzhou No. 1 Primary School 09-21 22:13:20. For your attention.",
    ),
}


@pytest.mark.parametrize("name", SMS)
def test_text_message_reads_so(name: str) -> None:
    told, chinese, english = SMS[name]

    assert short(told, "zh") == chinese
    assert short(told, "en") == english
    assert len(chinese) <= SMS_PART


def test_long_message_reads_so() -> None:
    told = about(mode="drill", severity=Severity.LOW, late=True)

    assert title(told, "zh") == "【演练】【迟到】四级一键报警：钦州市第一小学"
    assert long(told, "station_phone", 1, "zh").splitlines() == [
        "【演练】【迟到】四级一键报警：钦州市第一小学",
        "学校：钦州市第一小学",
        "设备：门卫按钮 南门",
        "发生：2026-09-21 22:13:20",
        "收到：2026-09-21 22:13:21",
        "说明：本条上报迟到，现场情况可能已变化。",
        "性质：已申报的演练，不是真实警情。",
        "通知：第 2 步，派出所值班电话",
        "无需出警。",
        "编号：a1",
    ]
    assert long(told, "station_phone", 1, "en").splitlines()[6] == "Kind: a declared drill, nothing real."


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_words_in_both_languages(rule: str) -> None:
    """Its own, and short enough; nothing reads like a name of the code."""
    for language, label in (("zh", RULES[rule].label), ("en", RULES[rule].label_en)):
        if rule != "device_alert":
            assert label in short(about(rule=rule), language)
        assert rule not in short(about(rule=rule), language) or rule == label
    assert len(short(about(rule=rule), "zh")) <= SMS_PART


@pytest.mark.parametrize("code", MEANINGS)
def test_every_code_of_a_device_has_words(code: str) -> None:
    assert MEANINGS[code].label in short(about(rule="device_alert", code=code), "zh")


@pytest.mark.parametrize(("mode", "mark"), [("drill", "【演练】"), ("test", "【测试】")])
def test_rehearsal_is_told_as_one_before_anything_else(mode: str, mark: str) -> None:
    """In the text message, the title and the first line of every long one."""
    told = about(mode=mode, late=True, confirmed=True, again=True)

    for text in (short(told, "zh"), title(told, "zh"), long(told, "school", 0, "zh")):
        assert text.startswith(mark)


def test_long_names_are_cut_and_never_the_mode() -> None:
    told = about(mode="drill", school_name="长" * 300, place="远" * 300, rule="x" * 300)

    assert len(short(told, "zh")) <= SMS_PART * SMS_PARTS_MAX
    assert short(told, "zh").startswith("【演练】")


def test_trial_says_that_it_is_a_test_and_nothing_else() -> None:
    assert trial("1", "zh", T).body.startswith("【测试】")
    assert trial("1", "en", T).body.startswith("[TEST]")


@pytest.mark.parametrize("kind", ["sms", "mail"])
def test_a_school_is_not_told_that_its_press_was_confirmed(kind: str) -> None:
    """What confirmed it may be a silent call, and whoever reads the message there may be watched."""
    reached = Next(Recipient("line-1", ()), Way("out"))
    for audience, told in (("station", True), ("school", False), ("maintainer", False)):
        due = Due(
            alert="a1",
            ring=2,
            step=0,
            audience=audience,
            school="4507020001",
            rule="one_key_press",
            severity=1,
            mode="real",
            at_ms=0,
            about=about(confirmed=True),
        )

        message = compose(due, reached, 0, {"out": kind}).message

        assert message.about.confirmed is told
        assert ("证实" in message.subject + message.body) is told
