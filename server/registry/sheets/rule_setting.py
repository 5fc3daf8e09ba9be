"""What a city, a county or a township has set otherwise at the alert rules: a threshold, a hold time, a severity."""

from dataclasses import replace
from typing import Any

from server.registry.record import UnitRecord
from server.registry.sheet import Column, Words, unit_sheet


class RuleSetting(UnitRecord, frozen=True, kw_only=True, tag="rule_setting"):
    """One value that holds in a unit and below it, until a unit further down says otherwise; the id is `rule.setting`."""

    value: float
    document: str = ""  # By which decision, where there is one.


def _allowed(line: Any) -> Words | None:
    from server.core.rules import RULES  # noqa: PLC0415  # Rules read the ledger: they are known only once it is.

    rule_name, _, name = line.id.partition(".")
    rule = RULES.get(rule_name)
    if rule is None:
        return (f"没有“{rule_name}”这条规则", f"no rule {rule_name!r}; allowed: {', '.join(RULES)}")
    params = {param.name: param for param in rule.settings}
    param = params.get(name)
    if param is None:
        if not params:
            return (f"规则“{rule.label}”没有可调整的设置", f"the rule {rule_name} has nothing that can be set")
        return (
            f"规则“{rule.label}”没有“{name}”这一设置；可用：{'、'.join(params)}",
            f"{rule_name} has no setting {name!r}; allowed: {', '.join(params)}",
        )
    if not param.allows(line.value):
        whole, whole_en = ("的整数", "a whole number ") if param.whole else ("", "")
        bounds = f"{param.least:g}–{param.most:g} {param.unit.replace('1', '')}".strip()
        return (
            f"{rule.label}的“{param.label}”为{line.value:g}；可用：{bounds}{whole}",
            f"{line.id} is {line.value:g}; allowed: {whole_en}{bounds}",
        )
    return None


SHEET = replace(
    unit_sheet(
        "rule_setting",
        "报警规则设置",
        "Settings of alert rules",
        RuleSetting,
        "management",
        (
            Column("value", "取值", "Value", "范围见规则页", "within the bounds that the screen of rules shows"),
            Column("document", "依据文号", "Document"),
        ),
        id=("规则.设置", "Rule.setting"),
    ),
    line_check=_allowed,
)
