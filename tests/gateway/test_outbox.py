"""The outbox keeps what was told, whatever happens to the process, the power and the disk."""

import random
from pathlib import Path

import pytest

from contract.errors import StorageError
from contract.identity import Lane, epoch_counter
from contract.records import Hole, decode_record
from gateway.disk import PosixDisk
from gateway.lane_store import Read
from gateway.memory_disk import MemoryDisk
from gateway.outbox import REVIVE_FLUSHES, Outbox
from gateway.outbox_limits import OutboxLimits
from gateway.segment import HEADER_BYTES, record_bytes
from gateway.writer import QueuedWriter
from tests.gateway.outbox_bench import SMALL, Bench, body, numbers


def test_acknowledged_records_survive_a_power_cut() -> None:
    """What was acknowledged is there again, in order, also across segments."""
    disk = MemoryDisk()
    bench = Bench(disk)
    bench.append(Lane.ALARM, *range(40))
    bench.writer.drain()

    disk.power_cut(lambda: False)
    again = Bench(disk, seed=2)

    assert bench.acknowledged == list(range(40))
    assert numbers(again.read_all(Lane.ALARM)) == list(range(40))
    assert again.outbox.epoch > bench.outbox.epoch


def test_nothing_is_acknowledged_before_the_sync() -> None:
    """A record that only waits in memory has no acknowledgement and may be lost."""
    disk = MemoryDisk()
    bench = Bench(disk)
    bench.append(Lane.ALARM, 1)

    assert bench.acknowledged == []
    bench.writer.drain()
    assert bench.acknowledged == [1]


@pytest.mark.parametrize("seed", range(30))
def test_torn_writes_never_cost_an_acknowledged_record(seed: int) -> None:
    """Whatever part of an unsynced write survives, what was acknowledged is there and nothing comes out damaged."""
    chance = random.Random(seed)
    disk = MemoryDisk()
    bench = Bench(disk)
    bench.append(Lane.ALARM, *range(chance.randrange(1, 30)))
    bench.writer.drain()
    file = disk.create("torn", 0)
    bench.append(Lane.ALARM, *range(100, 100 + chance.randrange(1, 12)))
    real_sync = type(file).sync

    def cut(self: object) -> None:
        disk.power_cut(lambda: chance.random() < 0.5)
        raise KeyboardInterrupt

    try:
        type(file).sync = cut  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            bench.writer.drain()
    finally:
        type(file).sync = real_sync  # type: ignore[method-assign]
    found = numbers(Bench(disk, seed=2).read_all(Lane.ALARM))

    assert found[: len(bench.acknowledged)] == bench.acknowledged
    assert all(isinstance(one, tuple) or 100 <= int(str(one)) < 112 for one in found[len(bench.acknowledged) :])


def test_damage_in_the_middle_becomes_a_declared_hole() -> None:
    """One flipped bit costs one record, and it is told."""
    disk = MemoryDisk()
    bench = Bench(disk)
    bench.append(Lane.ALARM, *range(5))
    bench.writer.drain()
    disk.kill()
    [segment] = [name for name in disk.names() if name.startswith("a/") and "spare" not in name]
    disk.flip_bit(segment, HEADER_BYTES + 2 * record_bytes(body(1)) + 30)

    again = Bench(disk, seed=2)

    assert numbers(again.read_all(Lane.ALARM)) == [0, 1, ("corrupt", 1), 3, 4]


def test_a_damaged_header_costs_no_record() -> None:
    """Records prove themselves without their header."""
    disk = MemoryDisk()
    bench = Bench(disk)
    bench.append(Lane.ALARM, 1, 2)
    bench.writer.drain()
    disk.kill()
    [segment] = [name for name in disk.names() if name.startswith("a/") and "spare" not in name]
    disk.flip_bit(segment, 3)

    assert numbers(Bench(disk, seed=2).read_all(Lane.ALARM)) == [1, 2]


def test_epochs_are_never_reused() -> None:
    """Each start, kill and loss of everything begins an epoch that was never there."""
    disk = MemoryDisk()
    seen = []
    for seed in range(5):
        seen.append(Bench(disk, seed=seed).outbox.epoch)
        disk.kill()
    seen.append(Bench(MemoryDisk(), seed=99).outbox.epoch)

    assert len(set(seen)) == 6
    assert seen[:5] == sorted(seen[:5])


def test_a_new_disk_sorts_after_the_lost_one_by_the_clock(tmp_path: Path) -> None:
    """A disk that remembers nothing numbers its first epoch by minutes, of which there are more than starts."""
    writer = QueuedWriter()
    outbox = Outbox.open([PosixDisk(tmp_path)], OutboxLimits.fleet(), writer, random_bits=lambda: 0)

    assert epoch_counter(outbox.epoch) > 3_000_000


def test_only_receipts_trim() -> None:
    """Whole segments go when their last position has a receipt; the rest stays and is read from there."""
    disk = MemoryDisk()
    bench = Bench(disk)
    bench.append(Lane.TELEMETRY, *range(1, 41))
    bench.outbox.flush()
    bench.writer.drain()
    before = sum(1 for name in disk.names() if name.startswith("t/"))

    bench.outbox.trim(Lane.TELEMETRY, bench.outbox.epoch, 35)
    bench.writer.drain()
    after = sum(1 for name in disk.names() if name.startswith("t/"))

    assert before >= 3
    assert after == 1
    assert numbers(bench.read(Lane.TELEMETRY, bench.outbox.epoch, 36).bodies) == [36, 37, 38, 39, 40]


def test_receipts_are_remembered_across_a_restart() -> None:
    """With the marks saved nothing receipted is offered again; without them it is, and no harm is done."""
    disk = MemoryDisk()
    bench = Bench(disk)
    bench.append(Lane.ALARM, *range(1, 6))
    bench.writer.drain()
    bench.outbox.trim(Lane.ALARM, bench.outbox.epoch, 3)
    bench.outbox.save_marks()
    bench.writer.drain()
    disk.kill()

    again = Bench(disk, seed=2)
    assert numbers(again.read_all(Lane.ALARM)) == [4, 5]
    disk.kill()
    disk.remove("lo.json")
    assert numbers(Bench(disk, seed=3).read_all(Lane.ALARM)) == [1, 2, 3, 4, 5]


def test_one_sync_serves_all_that_wait() -> None:
    """Group commit: fifty alarms waiting are one write and one sync."""
    disk = MemoryDisk()
    bench = Bench(disk, limits=OutboxLimits(alarm_reserve_bytes=1 << 20))
    bench.append(Lane.ALARM, 0)
    bench.writer.drain()
    before = disk.syncs

    bench.append(Lane.ALARM, *range(1, 51))
    bench.writer.drain()

    assert disk.syncs - before == 1
    assert len(bench.acknowledged) == 51


def test_readings_wait_for_the_flush_and_alarms_do_not() -> None:
    """A reading is written with its group; an alarm at once."""
    bench = Bench(MemoryDisk())
    bench.append(Lane.TELEMETRY, 1)
    bench.append(Lane.ALARM, 2)
    bench.writer.drain()

    assert bench.acknowledged == [2]
    bench.outbox.flush()
    bench.writer.drain()
    assert bench.acknowledged == [2, 1]


def test_beyond_the_budget_the_oldest_readings_go_and_leave_a_hole() -> None:
    """Shedding is a durable, counted hole with the span of time it covers; it survives a power cut."""
    disk = MemoryDisk()
    bench = Bench(disk)
    for start in range(0, 400, 10):
        bench.append(Lane.TELEMETRY, *range(start, start + 10))
        bench.outbox.flush()
        bench.writer.drain()
    disk.power_cut(lambda: False)

    again = Bench(disk, seed=2)
    bodies = again.read_all(Lane.TELEMETRY)
    first = decode_record(bodies[0])

    assert isinstance(first, Hole)
    assert first.why == "shed"
    assert (first.t0, first.t1) == (1_000, 1_000 + first.n - 1)
    assert numbers(bodies[1:]) == list(range(first.n, 400))
    assert again.outbox.used_bytes(Lane.TELEMETRY) <= SMALL.budget_bytes
    assert "disk_low" in bench.told.troubles


def test_a_full_disk_never_refuses_an_alarm() -> None:
    """Readings fill the disk; alarms still find their reserved room, and the oldest readings are given up."""
    disk = MemoryDisk(capacity=12_000)
    bench = Bench(disk, limits=OutboxLimits(segment_bytes=1024, alarm_reserve_bytes=4096, tail_bytes=0))
    for start in range(0, 400, 10):
        bench.append(Lane.TELEMETRY, *range(start, start + 10))
        bench.outbox.flush()
        bench.writer.drain()
    bench.append(Lane.ALARM, *range(1_000, 1_030))
    bench.writer.drain()

    assert bench.acknowledged[-30:] == list(range(1_000, 1_030))
    assert bench.errors == []
    assert bench.outbox.shed > 0


def test_readings_that_no_room_can_be_made_for_are_declared() -> None:
    """With nothing to shed, readings wait in memory up to a limit; those refused are told as a hole before the next."""
    disk = MemoryDisk(capacity=700)
    limits = OutboxLimits(segment_bytes=1024, alarm_reserve_bytes=0, unsynced_max=10, tail_bytes=0)
    bench = Bench(disk, limits=limits)
    bench.append(Lane.TELEMETRY, *range(1, 16))
    bench.outbox.flush()
    bench.writer.drain()
    assert bench.acknowledged == []

    disk.capacity = 1 << 20
    bench.outbox.flush()
    bench.writer.drain()
    bench.append(Lane.TELEMETRY, 99)
    bench.outbox.flush()
    bench.writer.drain()

    found = bench.read(Lane.TELEMETRY, bench.outbox.epoch, 1)
    assert numbers(found.bodies) == [*range(1, 11), ("shed", 5), 99]


@pytest.mark.parametrize("lane", Lane)
def test_a_segment_whose_header_found_no_room_loses_nothing_of_what_is_written_later(lane: Lane) -> None:
    """The disk was full to the last byte when a segment began; what is acknowledged afterwards is there after a start."""
    disk = MemoryDisk()
    limits = OutboxLimits(segment_bytes=1024, preallocate=False, alarm_reserve_bytes=0, tail_bytes=0)
    bench = Bench(disk, limits=limits)
    disk.capacity -= disk.free_bytes() - (HEADER_BYTES - 1)
    bench.append(lane, 1)
    bench.outbox.flush()
    bench.writer.drain()
    assert bench.acknowledged == []

    disk.capacity = 1 << 20
    for _ in range(REVIVE_FLUSHES):
        bench.outbox.flush()
        bench.writer.drain()
    bench.append(lane, 2)
    bench.outbox.flush()
    bench.writer.drain()
    disk.kill()
    again = Bench(disk, limits=limits, seed=2)

    assert bench.acknowledged[-1] == 2
    assert numbers(again.read_all(lane)) == [1, 2]


def test_a_failed_sync_moves_to_the_second_folder_in_a_new_epoch() -> None:
    """After an I/O error the file is never trusted again; what was not durable is appended anew, and acknowledged there."""
    first, second = MemoryDisk(), MemoryDisk()
    bench = Bench(first, second)
    bench.append(Lane.ALARM, 1)
    bench.writer.drain()
    old = bench.outbox.epoch
    first.fail_syncs = True
    syncs = first.syncs

    bench.append(Lane.ALARM, 2, 3)
    bench.append(Lane.TELEMETRY, 7)
    bench.writer.drain()
    bench.append(Lane.ALARM, 4)
    bench.writer.drain()

    assert first.syncs == syncs + 1
    assert bench.acknowledged == [1, 2, 3, 7, 4]
    assert bench.outbox.epoch > old
    [(moved_from, durable, _, alarms)] = bench.told.moves
    assert (moved_from, durable[Lane.ALARM]) == (old, 1)
    assert numbers([one for _, one in alarms]) == [2, 3]
    assert numbers(bench.read(Lane.ALARM, bench.outbox.epoch, 1).bodies) == [2, 3, 4]
    assert "outbox_lost" in bench.told.troubles


def test_what_the_second_folder_kept_is_told_after_a_restart_on_the_first() -> None:
    """The first disk works again after the restart: the press that was acknowledged on the second one is not forgotten."""
    first, second = MemoryDisk(), MemoryDisk()
    bench = Bench(first, second)
    bench.append(Lane.ALARM, 1)
    bench.writer.drain()
    first.fail_syncs = True
    bench.append(Lane.ALARM, 2, 3)
    bench.append(Lane.TELEMETRY, 7)
    bench.writer.drain()
    moved = bench.outbox.epoch
    first.fail_syncs = False
    first.power_cut(lambda: False)
    second.power_cut(lambda: False)

    again = Bench(first, second, seed=2)
    assert numbers(again.read_all(Lane.ALARM)) == [1, 2, 3]
    assert numbers(again.read_all(Lane.TELEMETRY)) == [7]
    assert again.outbox.epoch > moved
    again.outbox.trim(Lane.ALARM, moved, 2)
    again.outbox.trim(Lane.TELEMETRY, moved, 1)
    again.outbox.close()
    again.writer.drain()

    assert moved not in {kept.epoch for kinds in Bench(first, second, seed=3).outbox.recovered.values() for kept in kinds}


def test_a_second_failure_goes_on_beside_what_the_second_folder_had() -> None:
    """Leftovers and new records share the second disk, each under its own epoch."""
    first, second = MemoryDisk(), MemoryDisk()
    for seed, number in ((1, 10), (2, 20)):
        first.fail_syncs = False
        bench = Bench(first, second, seed=seed)
        first.fail_syncs = True
        bench.append(Lane.ALARM, number)
        bench.writer.drain()
        assert numbers(bench.read(Lane.ALARM, bench.outbox.epoch, 1).bodies) == [number]
        first.power_cut(lambda: False)
        second.power_cut(lambda: False)
    first.fail_syncs = False

    last = Bench(first, second, seed=3)

    assert numbers(last.read_all(Lane.ALARM)) == [10, 20]


def test_without_a_second_folder_nothing_is_acknowledged() -> None:
    """An alarm that cannot be kept still gets a position to be sent with, and an error instead of an acknowledgement."""
    disk = MemoryDisk()
    bench = Bench(disk)
    disk.fail_syncs = True
    bench.append(Lane.ALARM, 1)
    bench.writer.drain()
    bench.append(Lane.ALARM, 2)

    assert bench.acknowledged == []
    assert len(bench.errors) == 2
    assert bench.outbox.last(Lane.ALARM) == 2


def test_two_processes_cannot_share_a_folder(tmp_path: Path) -> None:
    """The second one is refused with the folder's name."""
    Outbox.open([PosixDisk(tmp_path)], OutboxLimits.fleet(), QueuedWriter(), random_bits=lambda: 1)

    with pytest.raises(StorageError, match=str(tmp_path)):
        Outbox.open([PosixDisk(tmp_path)], OutboxLimits.fleet(), QueuedWriter(), random_bits=lambda: 2)


def test_the_real_disk_keeps_and_gives_back(tmp_path: Path) -> None:
    """The same on a real file system, with preallocated alarm segments that are used again."""
    disk = PosixDisk(tmp_path)
    bench = Bench(disk, limits=OutboxLimits(segment_bytes=4096, alarm_reserve_bytes=16_384))
    bench.append(Lane.ALARM, *range(200))
    bench.writer.drain()
    bench.outbox.trim(Lane.ALARM, bench.outbox.epoch, 150)
    bench.outbox.close()
    bench.writer.drain()
    spares = sorted(path.name for path in (tmp_path / "a").iterdir() if "spare" in path.name)

    again = Bench(PosixDisk(tmp_path), limits=OutboxLimits(segment_bytes=4096, alarm_reserve_bytes=16_384), seed=2)

    assert spares
    assert numbers(again.read_all(Lane.ALARM)) == list(range(150, 200))


def test_recent_readings_are_served_from_memory() -> None:
    """Sending what was just written reads no file back."""
    disk = MemoryDisk()
    bench = Bench(disk, limits=OutboxLimits(segment_bytes=4096, alarm_reserve_bytes=0))
    bench.append(Lane.TELEMETRY, 1, 2, 3)
    bench.outbox.flush()
    bench.writer.drain()
    found: list[Read] = []
    bench.outbox.load(Lane.TELEMETRY, bench.outbox.epoch, 2, None, records_max=500, bytes_max=65_536, done=found.append)

    assert numbers(found[0].bodies) == [2, 3]
