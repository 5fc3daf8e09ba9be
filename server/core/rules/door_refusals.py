"""Somebody knocks at the door again and again with a wrong key: a box with an old one, or a guess."""

from server.core.alert import Severity
from server.core.events import ServiceJudged
from server.core.rule import Finding, Rule, Subject, View


def evaluate(view: View, _now: float) -> Finding | None:
    """Find a door that refuses many; the code names the door."""
    told = view.signal
    if not isinstance(told, ServiceJudged) or told.rule != RULE.name or not told.found:
        return None
    return Finding(Severity.MEDIUM, told.rx, told.detail, code=told.code)


RULE = Rule(
    name="door_refusals",
    label="接入认证失败",
    label_en="Door refuses many",
    severity=Severity.MEDIUM,
    subject=Subject.SIGNAL,
    trigger="10分钟内网关接入认证失败超过20次",
    trigger_en="the door for gateways has refused more than 20 wrong keys within 10 min",
    evaluate=evaluate,
    number="A39",
)
