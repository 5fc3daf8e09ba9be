"""Every alert rule, one file each; a new rule is one file and one line here."""

from server.core.rule import Rule
from server.core.rules import (
    alarm_host_offline,
    area_power,
    area_silent,
    audit_failed,
    barrier_down,
    camera_offline,
    device_alert,
    early_warning,
    gap_overdue,
    gate_open,
    gateway_offline,
    guard_short,
    one_key_press,
    path_lost,
    unreadable_alarm,
    unregistered_device,
)

RULES: dict[str, Rule] = {
    module.RULE.name: module.RULE
    for module in (
        alarm_host_offline,
        area_power,
        area_silent,
        audit_failed,
        barrier_down,
        camera_offline,
        device_alert,
        early_warning,
        gap_overdue,
        gate_open,
        gateway_offline,
        guard_short,
        one_key_press,
        path_lost,
        unreadable_alarm,
        unregistered_device,
    )
}
