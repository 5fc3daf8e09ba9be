"""A way by which people are told does not work any more: whoever relies on it hears nothing."""

from server.core.alert import Severity
from server.core.events import ServiceJudged
from server.core.rule import Finding, Rule, Subject, View


def evaluate(view: View, _now: float) -> Finding | None:
    """Find a channel that fails again and again; the code names it."""
    told = view.signal
    if not isinstance(told, ServiceJudged) or told.rule != RULE.name or not told.found:
        return None
    return Finding(Severity.HIGH, told.rx, told.detail, code=told.code)


RULE = Rule(
    name="dead_channel",
    label="通知渠道失效",
    label_en="Notification channel dead",
    severity=Severity.HIGH,
    subject=Subject.SIGNAL,
    trigger="短信、企业微信等通知渠道连续3次、超过20秒发送失败",
    trigger_en="a notification channel has failed three times in a row over 20 s or more",
    evaluate=evaluate,
    number="A42",
)
