"""Every coverage indicator, one file each; a new one is one file and one line here. The order is that of the columns."""

from server.core.indicator import Indicator
from server.core.indicators import (
    guard_heads,
    i1_plans,
    i2_drills,
    i3_letters,
    i4_hazards,
    n4_escort,
    t1_networked,
    t2_closed,
    t3_guards_urban,
    t3_quota,
    t4_guards_all,
    t4_quota,
    t5_barrier,
)

INDICATORS: tuple[Indicator, ...] = (
    t1_networked.INDICATOR,
    t2_closed.INDICATOR,
    t3_guards_urban.INDICATOR,
    t4_guards_all.INDICATOR,
    t5_barrier.INDICATOR,
    t3_quota.INDICATOR,
    t4_quota.INDICATOR,
    guard_heads.INDICATOR,
    n4_escort.INDICATOR,
    i1_plans.INDICATOR,
    i2_drills.INDICATOR,
    i3_letters.INDICATOR,
    i4_hazards.INDICATOR,
)
