"""When and where buttons are pressed by chance: a seeded plan without end."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contract.identity import DeviceId, GatewayId

PRESSES_PER_MINUTE = 0.2  # Of the demo: somebody who watches for five minutes sees one, and nobody is drowned.
REAL_PER_DAY = 8.0  # In a city of 2,176 schools, false ones included: between half a press and two at each school a year.
SITES_OF_RATE = 2_176
MINUTES_A_DAY = 1_440
_CLEAR_SECONDS = (90.0, 600.0)
_KINDS = ("short", "short", "short", "short", "hold", "sos")


@dataclass(frozen=True, slots=True)
class PlannedPress:
    """One press to come, and when the school resets the button afterwards."""

    at: float
    gateway: GatewayId
    device: DeviceId
    press: str
    clear_after: float


def usual_rate(sites: int) -> float:
    """Give the plausible number of presses each minute for a city of this size."""
    return REAL_PER_DAY / MINUTES_A_DAY * sites / SITES_OF_RATE


def planned_presses(
    seed: int, buttons: Sequence[tuple[GatewayId, DeviceId]], per_minute: float, start: float
) -> Iterator[PlannedPress]:
    """Plan presses as independent chances (a Poisson process); nothing at all for a rate of zero."""
    if per_minute <= 0 or not buttons:
        return
    rng = random.Random(seed)
    at = start
    while True:
        at += rng.expovariate(per_minute / 60)
        gateway, device = rng.choice(buttons)
        yield PlannedPress(at, gateway, device, rng.choice(_KINDS), rng.uniform(*_CLEAR_SECONDS))
