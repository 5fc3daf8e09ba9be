"""Every scenario by name: one file each, and a line here."""

from simulators.chaos.scenarios import (
    backlog,
    bad_disk,
    clocks,
    damage,
    doubles,
    fleet,
    freezing,
    full_disk,
    garbage,
    partitions,
    single,
    storm,
    versions,
)
from simulators.chaos.stage import Scenario

_ALL: tuple[Scenario, ...] = (
    single.SCENARIO,
    storm.SCENARIO,
    storm.BLACKOUT,
    freezing.SCENARIO,
    partitions.SCENARIO,
    doubles.SCENARIO,
    garbage.SCENARIO,
    clocks.SCENARIO,
    fleet.SCENARIO,
    backlog.SCENARIO,
    bad_disk.SCENARIO,
    full_disk.SCENARIO,
    damage.SCENARIO,
    versions.SCENARIO,
)
SCENARIOS = {one.name: one for one in _ALL}
