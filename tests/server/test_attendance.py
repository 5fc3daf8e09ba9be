"""Guards who were on post are known after a restart, for as long as figures ask for them."""

from collections.abc import Sequence

import pytest

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId
from server.attendance import ABSENCE_SECONDS_MAX, KEPT_SECONDS, OURSELVES, Attendance
from server.core.effects import GuardSeen
from server.core.events import Event, GuardsRestored

NOW = 10_000_000.0
POST = (GatewayId("gw-0001"), DeviceId("post-1"))


def seen(guard: str, at: float, *, present: bool = True) -> GuardSeen:
    """Make a word on a guard."""
    return GuardSeen(*POST, guard, at, present)


class Memory:
    """A store in memory that can be down."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str], GuardSeen] = {}
        self.down = False

    async def keep(self, told: Sequence[GuardSeen]) -> None:
        """Keep."""
        if self.down:
            raise StorageError("database: away")
        self.rows.update({(one.gateway, one.device, one.guard): one for one in told})

    async def seen(self, since: float) -> Sequence[GuardSeen]:
        """Read."""
        return sorted((one for one in self.rows.values() if one.at >= since or not one.gateway), key=lambda one: one.at)


async def started(memory: Memory, *, now: float = NOW, heard_until: float = NOW - 5) -> tuple[Attendance, GuardsRestored]:
    """Start, and give what the engine was told."""
    events: list[Event] = []
    attendance = Attendance(memory, events.append, lambda: now)
    await attendance.start(heard_until)
    [told] = events
    assert isinstance(told, GuardsRestored)
    return attendance, told


async def test_whoever_was_seen_is_told_after_the_next_start() -> None:
    memory = Memory()
    attendance, told = await started(memory)
    assert (list(told.seen), told.listening_since) == ([], NOW)
    attendance.note(seen("g-1", NOW + 2))
    attendance.note(seen("g-1", NOW + 1, present=False))  # An older word that came late.
    attendance.note(seen("", NOW + 3))
    await attendance.flush()
    _, again = await started(memory, now=NOW + 60, heard_until=NOW + 50)
    assert list(again.seen) == [seen("g-1", NOW + 2), seen("", NOW + 3)]


async def test_we_have_listened_through_short_absences_and_not_through_long_ones() -> None:
    memory = Memory()
    attendance, _ = await started(memory)
    await attendance.flush()
    after = NOW + 2 * KEPT_SECONDS
    attendance, told = await started(memory, now=after, heard_until=after - ABSENCE_SECONDS_MAX)
    assert told.listening_since == NOW
    attendance, told = await started(memory, now=after, heard_until=after - ABSENCE_SECONDS_MAX - 1)
    assert told.listening_since == after
    await attendance.flush()
    assert memory.rows[OURSELVES].at == after


async def test_what_could_not_be_kept_waits_for_the_database() -> None:
    memory = Memory()
    attendance, _ = await started(memory)
    attendance.note(seen("g-1", NOW))
    memory.down = True
    with pytest.raises(StorageError):
        await attendance.flush()
    attendance.note(seen("g-1", NOW + 9))
    memory.down = False
    await attendance.flush()
    assert memory.rows[*POST, "g-1"].at == NOW + 9
