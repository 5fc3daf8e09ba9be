"""Every alert rule, one file each; a new rule is one file and one line here."""

from server.core.rule import Rule
from server.core.rules import (
    device_alert,
    one_key_press,
    unreadable_alarm,
)

RULES: dict[str, Rule] = {
    module.RULE.name: module.RULE
    for module in (
        device_alert,
        one_key_press,
        unreadable_alarm,
    )
}
