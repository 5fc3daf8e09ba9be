"""Every scenario by name: one file each, and a line here."""

from simulators.chaos.scenarios import single, storm
from simulators.chaos.stage import Scenario

SCENARIOS: dict[str, Scenario] = {one.name: one for one in (single.SCENARIO, storm.SCENARIO)}
