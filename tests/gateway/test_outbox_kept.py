"""Alarms stay for a while after their receipt; they give way to everything that has none."""

from contract.identity import Lane
from contract.records import Reading, encode_record
from gateway.memory_disk import MemoryDisk
from gateway.outbox import DAY_MS
from gateway.outbox_limits import OutboxLimits
from tests.gateway.outbox_bench import Bench, body, numbers

LIMITS = OutboxLimits(segment_bytes=1024, preallocate=True, alarm_reserve_bytes=4096, tail_bytes=0, keep_bytes=64_000)
DAY = 1_795_478_400_000


def names(disk: MemoryDisk, ending: str = ".old") -> list[str]:
    """List the files of the alarm lane with an ending."""
    return [name for name in disk.names() if name.startswith("a/") and name.endswith(ending)]


def receipted(disk: MemoryDisk, limits: OutboxLimits = LIMITS, seed: int = 1, count: int = 40) -> Bench:
    """Give an outbox whose alarms all have receipts, and remember so."""
    bench = Bench(disk, limits=limits, seed=seed)
    bench.append(Lane.ALARM, *range(1, count + 1))
    bench.writer.drain()
    bench.outbox.trim(Lane.ALARM, bench.outbox.epoch, count)
    bench.outbox.save_marks()
    bench.writer.drain()
    return bench


def test_receipted_alarms_can_be_read_back() -> None:
    """From the present start, whether their segment is full or being written."""
    bench = receipted(MemoryDisk())

    found = []
    at = 1
    while at <= 40:
        read = bench.read(Lane.ALARM, bench.outbox.epoch, at, 40)
        found += numbers(read.bodies)
        at = read.last + 1

    assert found == list(range(1, 41))


def test_receipted_alarms_of_earlier_starts_can_be_read_back_and_are_not_offered() -> None:
    """After a restart they are no backlog, and their end is known for a server that asks."""
    disk = MemoryDisk()
    first = receipted(disk)
    epoch = first.outbox.epoch
    first.outbox.close()
    first.writer.drain()

    again = Bench(disk, limits=LIMITS, seed=2)

    assert again.outbox.recovered[Lane.ALARM] == []
    assert again.outbox.ended[Lane.ALARM] == {epoch: 40}
    assert numbers(again.read(Lane.ALARM, epoch, 1, 40).bodies)[:3] == [1, 2, 3]
    assert numbers(again.read(Lane.ALARM, epoch, 38, 40).bodies) == [38, 39, 40]


def test_their_end_is_known_without_the_marks() -> None:
    """A lost note costs nothing here: the files bear their positions in their names."""
    disk = MemoryDisk()
    first = receipted(disk)
    first.outbox.close()
    first.writer.drain()
    second = Bench(disk, limits=LIMITS, seed=2)
    second.outbox.close()
    second.writer.drain()
    disk.remove("lo.json")

    assert Bench(disk, limits=LIMITS, seed=3).outbox.ended[Lane.ALARM] == {first.outbox.epoch: 40}


def test_kept_alarms_are_bounded_in_bytes() -> None:
    """The oldest go first; what is without a receipt is never touched."""
    limits = OutboxLimits(segment_bytes=1024, alarm_reserve_bytes=4096, tail_bytes=0, keep_bytes=3_000)
    disk = MemoryDisk()
    bench = receipted(disk, limits, count=200)
    bench.append(Lane.ALARM, *range(201, 230))
    bench.writer.drain()

    sizes = [size for name, size in disk.sizes("a").items() if name.endswith(".old")]
    assert 0 < sum(sizes) <= 3_000
    lost = bench.read(Lane.ALARM, bench.outbox.epoch, 1, 200)
    assert numbers(lost.bodies)[0] == ("lost", lost.last)
    assert numbers(bench.read(Lane.ALARM, bench.outbox.epoch, 201, 203).bodies) == [201, 202, 203]


def test_kept_alarms_go_after_their_days() -> None:
    """By the time in the records, when the clock is known to be right."""
    disk = MemoryDisk()
    bench = Bench(disk, limits=LIMITS)
    for number in range(1, 61):
        record = Reading(d="cam-001", t=DAY + number * DAY_MS, m={"number": number})  # One a day.
        bench.outbox.append(Lane.ALARM, encode_record(record))
    bench.writer.drain()
    bench.outbox.trim(Lane.ALARM, bench.outbox.epoch, 60)
    bench.writer.drain()
    before = len(names(disk))

    bench.outbox.expire(DAY + 60 * DAY_MS)
    bench.writer.drain()

    assert before > len(names(disk)) > 0
    assert numbers(bench.read(Lane.ALARM, bench.outbox.epoch, 35, 36).bodies) == [35, 36]
    assert numbers(bench.read(Lane.ALARM, bench.outbox.epoch, 1, 5).bodies) == [("lost", 5)]


def test_kept_alarms_of_a_clock_that_was_never_set_go_by_room_alone() -> None:
    """A box in 1970 does not make a month of alarms look old."""
    disk = MemoryDisk()
    bench = receipted(disk)
    before = names(disk)

    bench.outbox.expire(DAY)
    bench.writer.drain()

    assert names(disk) == before != []


def test_kept_alarms_give_way_on_a_full_disk() -> None:
    """Before any reading is given up, and before an alarm could be refused."""
    disk = MemoryDisk()
    bench = receipted(disk, count=150)
    kept = len(names(disk))
    disk.capacity = sum(disk.sizes("a").values()) + sum(disk.sizes("t").values()) + sum(disk.sizes("").values()) + 1_500

    bench.append(Lane.TELEMETRY, *range(1, 60))
    bench.outbox.flush()
    bench.writer.drain()

    assert len(names(disk)) < kept
    assert bench.outbox.shed == 0
    assert len(bench.acknowledged) == 150 + 59


def test_the_reserve_is_not_made_of_kept_alarms() -> None:
    """Room for alarms to come stays whole however many had their receipts."""
    disk = MemoryDisk()
    bench = receipted(disk, count=300)

    assert len(names(disk)) > 5
    assert sum(size for name, size in disk.sizes("a").items() if name.endswith(".seg")) >= 4_096
    bench.append(Lane.ALARM, 301)
    bench.writer.drain()
    assert bench.acknowledged[-1] == 301


def test_a_disk_that_cannot_keep_them_costs_nothing_else() -> None:
    """They are no promise: without room for them the segment goes, and the outbox stays whole."""
    disk = MemoryDisk()
    bench = Bench(disk, limits=LIMITS)
    bench.append(Lane.ALARM, *range(1, 41))
    bench.writer.drain()
    disk.capacity = sum(disk.sizes("a").values()) + sum(disk.sizes("").values())

    bench.outbox.trim(Lane.ALARM, bench.outbox.epoch, 40)
    bench.writer.drain()
    bench.append(Lane.ALARM, 41)
    bench.writer.drain()

    assert bench.acknowledged[-1] == 41
    assert bench.told.troubles == []
    assert body(1)
