"""What a world is to be: how many of everything, how busy, and which faults; a function of its number."""

import random
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.outbox_limits import OutboxLimits
from simulators.world.faults import BROKER, KINDS, LATER_KINDS, LINK, SCHOOL, SERVER, Fault, draw, draw_of
from simulators.world.network import BYTES_PER_SECOND

BROKERS = 2
EDITION = 2  # 1: without orders. A number is another world in each, so a seed kept for its sake names its edition.


@dataclass(frozen=True)
class Plan:
    """One world. `keep` names the faults that are kept of those that the number draws; None keeps all."""

    seed: int
    schools: int = 2
    servers: int = 1
    seconds: float = 60.0  # Of trouble; then everything heals.
    press_every: float = 5.0
    measure_every: float = 1.0
    budget_bytes: int = 1 << 20
    rate: float = BYTES_PER_SECOND  # Of a school's line.
    order_every: float = 0.0  # Between orders to boxes; 0 for none.
    edition: int = 1
    faults: tuple[Fault, ...] = ()
    numbers: tuple[int, ...] = field(default=())  # Of the faults, in the list that the number draws.

    @property
    def limits(self) -> OutboxLimits:
        """Give the sizes of the boxes' outboxes: small, so that little is much."""
        return OutboxLimits(
            segment_bytes=4_096,
            preallocate=False,
            alarm_reserve_bytes=32_768,
            budget_bytes=self.budget_bytes,
            group_records=100,
            unsynced_max=2_000,
            tail_bytes=2_048,
            keep_bytes=65_536,
            memory_alarms=200,
        )

    def keeping(self, numbers: tuple[int, ...]) -> "Plan":
        """Keep some of the faults alone."""
        chosen = [(number, fault) for number, fault in zip(self.numbers, self.faults, strict=True) if number in numbers]
        return replace(self, faults=tuple(fault for _, fault in chosen), numbers=tuple(number for number, _ in chosen))


def draw_plan(seed: int, edition: int = EDITION, **fixed: Any) -> Plan:
    """Draw the world of a number; what is `fixed` is as it is told.

    A world of an earlier edition is the one that its number was then: what has been added since is not in it.
    """
    chance = random.Random(f"{seed}/plan")
    plan = Plan(
        seed,
        schools=chance.choice((1, 2, 2, 3)),
        servers=chance.choice((1, 1, 2)),
        seconds=chance.choice((40.0, 60.0, 120.0)),
        press_every=chance.choice((2.0, 5.0, 12.0)),
        measure_every=chance.choice((0.5, 1.0, 3.0)),
        budget_bytes=chance.choice((1 << 20, 1 << 20, 40_960)),
    )
    plan = replace(plan, **fixed)
    faults = fixed.get("faults") or draw(chance, plan.seconds, plan.schools, BROKERS, plan.servers)
    if edition > 1:
        later = random.Random(f"{seed}/later")
        plan = replace(plan, edition=edition, order_every=fixed.get("order_every", later.choice((4.0, 8.0, 15.0))))
        faults = (*faults, *draw(later, plan.seconds, plan.schools, BROKERS, plan.servers, LATER_KINDS))
    return with_faults(plan, faults)


def with_faults(plan: Plan, faults: tuple[Fault, ...]) -> Plan:
    """Give a plan its faults."""
    return replace(plan, faults=faults, numbers=tuple(range(len(faults))))


def plan_of(seed: int, *kinds: str, **fixed: Any) -> Plan:
    """Draw a small world with some kinds of fault alone: one school, half a minute."""
    plan = Plan(seed, **{"schools": 1, "seconds": 30.0, "press_every": 2.0, "measure_every": 0.5, **fixed})
    crowd = {SCHOOL: plan.schools, LINK: plan.schools * (BROKERS + 1), BROKER: BROKERS, SERVER: plan.servers}
    chance = random.Random(f"{seed}/faults")
    known = {**KINDS, **LATER_KINDS}
    return with_faults(plan, draw_of([known[kind] for kind in kinds], chance, plan.seconds, crowd))
