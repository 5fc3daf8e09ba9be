"""Writes the tables of docs/rules.md from the rules themselves: `python -m scripts.rules`."""

from pathlib import Path

from server.core.param import Param
from server.core.rule import Rule
from server.core.rules import RULES
from server.core.rules.device_alert import MEANINGS

PAGE = Path(__file__).parent.parent / "docs" / "rules.md"


def renewed(page: str) -> str:
    """Give the page with the tables as they should be."""
    written = {"rules": rules(), "settings": settings(), "codes": codes()}
    for name, table in written.items():
        begin, end = f"<!-- {name}: written by python -m scripts.rules -->\n", f"<!-- end of {name} -->\n"
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n{table}\n{end}{after}"
    return page


def rules() -> str:
    """Give the table of all rules."""
    head = "| rule | no. | 名称 | severity | found when | 触发条件 | hold | clear |\n"
    return head + "| --- " * 8 + "|\n" + "".join(_row(rule) for rule in RULES.values())


def _row(rule: Rule) -> str:
    cells = (
        f"`{rule.name}` {rule.label_en}",
        rule.number,
        rule.label,
        str(int(rule.severity)),
        rule.trigger_en,
        rule.trigger,
        f"{rule.hold_seconds:g} s",
        f"{rule.clear_seconds:g} s",
    )
    return f"| {' | '.join(cells)} |\n"


def settings() -> str:
    """Give the table of what may be set."""
    head = "| setting | 名称 | meaning | usual | allowed |\n" + "| --- " * 5 + "|\n"
    lines = [_setting(rule, param) for rule in RULES.values() for param in rule.settings]
    return head + "".join(lines)


def _setting(rule: Rule, param: Param) -> str:
    unit = "" if param.unit == "1" else f" {param.unit}"
    span = f"{param.least:g} to {param.most:g}{unit}"
    label, label_en = f"{rule.label}：{param.label}", f"{rule.label_en}: {param.label_en}"
    return f"| `{rule.name}.{param.name}` | {label} | {label_en} | {param.default:g}{unit} | {span} |\n"


def codes() -> str:
    """Give the table of the codes of the alarm lane."""
    head = "| code | 名称 | meaning | severity | worked as |\n" + "| --- " * 5 + "|\n"
    rows: list[str] = []
    for code, means in MEANINGS.items():
        worked = f"{means.flow.value}{'' if means.ends else ', closed by people only'}"
        rows.append(f"| `{code}` | {means.label} | {means.label_en} | {int(means.severity)} | {worked} |\n")
    return head + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
