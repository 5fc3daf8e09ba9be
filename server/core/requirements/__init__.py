"""Every rule of what a school must have or do, one file each; a new one is one file, one line here and one on its sheet."""

from typing import Any

from server.core.requirement import Rule
from server.core.requirements import (
    alarm_test,
    barrier_photo,
    camera_points,
    guard_quota,
    patrols,
    peak,
    response,
    retention,
)

REQUIREMENTS: dict[str, Rule[Any]] = {
    rule.name: rule
    for rule in (
        guard_quota.RULE,
        retention.RULE,
        camera_points.RULE,
        alarm_test.RULE,
        patrols.RULE,
        peak.RULE,
        response.RULE,
        barrier_photo.RULE,
    )
}
