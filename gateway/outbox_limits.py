"""How large an outbox may grow, and what it holds ready."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutboxLimits:
    """Sizes of the outbox. The defaults are for the box; a fleet of simulated ones takes `fleet()`."""

    segment_bytes: int = 1 << 20
    preallocate: bool = True
    alarm_reserve_bytes: int = 16 << 20  # About 70,000 alarms, held ready so that a full disk cannot refuse one.
    budget_bytes: int = 2 << 30  # Telemetry beyond it is shed, oldest first: a month of a large school.
    group_records: int = 500  # So many waiting readings are written at once, before the second is over.
    unsynced_max: int = 5_000  # Readings in memory while the disk is slow; beyond it new ones are declared as a hole.
    tail_bytes: int = 65_536  # The newest readings also stay in memory: sending them needs no reading back.
    keep_days: int = 30  # Alarms with a receipt are kept so long, in case a server is restored from an older backup,
    keep_bytes: int = 16 << 20  # and in no more room than this.
    memory_alarms: int = 2_000  # Without any disk so many alarms are kept in memory; beyond it the oldest are declared lost.

    @classmethod
    def fleet(cls) -> "OutboxLimits":
        """Give sizes for thousands of outboxes on one machine."""
        return cls(
            segment_bytes=65_536,
            preallocate=False,
            alarm_reserve_bytes=0,
            budget_bytes=4 << 20,
            unsynced_max=2_000,
            tail_bytes=16_384,
            keep_bytes=65_536,
        )
