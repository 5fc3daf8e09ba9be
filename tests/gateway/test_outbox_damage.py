"""Disks that fail, fill, forget and come back: nothing is silent, nothing falls over, and what ends is said to end."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.identity import EpochId, Lane, epoch_counter
from contract.records import Hole, decode_record
from gateway.lane_store import READ_FAILURES_MAX, LaneStore, Read
from gateway.memory_disk import MemoryDisk
from gateway.outbox import REVIVE_FLUSHES
from gateway.outbox_limits import OutboxLimits
from tests.gateway.outbox_bench import SMALL, Bench, body, numbers


def flushes(bench: Bench, count: int = REVIVE_FLUSHES) -> None:
    """Let so many seconds pass."""
    for _ in range(count):
        bench.outbox.flush()
        bench.writer.drain()


def dead(disk: MemoryDisk, limits: OutboxLimits = SMALL) -> Bench:
    """Give an outbox whose only disk has failed after three alarms."""
    bench = Bench(disk, limits=limits)
    bench.append(Lane.ALARM, 1, 2, 3)
    bench.writer.drain()
    disk.fail_syncs = disk.fail_writes = True
    bench.append(Lane.ALARM, 4, 5)
    bench.writer.drain()
    return bench


def test_without_any_disk_alarms_can_be_read_back_from_memory() -> None:
    """Nobody is told that they are kept, and still they can be sent again and again."""
    bench = dead(MemoryDisk())
    bench.append(Lane.ALARM, 6)
    bench.writer.drain()

    assert bench.acknowledged == [1, 2, 3]
    assert len(bench.errors) == 3
    assert bench.told.durable_at[Lane.ALARM, bench.outbox.epoch] == 6
    assert numbers(bench.read(Lane.ALARM, bench.outbox.epoch, 4, 6).bodies) == [4, 5, 6]
    assert bench.told.troubles == ["outbox_lost"]
    bench.outbox.trim(Lane.ALARM, bench.outbox.epoch, 5)
    assert bench.outbox.alarms_in_memory == 1


def test_alarms_in_memory_are_bounded_and_the_oldest_are_declared_lost() -> None:
    limits = OutboxLimits(segment_bytes=1024, alarm_reserve_bytes=0, memory_alarms=10, tail_bytes=0)
    bench = dead(MemoryDisk(), limits)
    bench.append(Lane.ALARM, *range(6, 31))
    bench.writer.drain()

    first = bench.read(Lane.ALARM, bench.outbox.epoch, 4, 30)
    assert numbers(first.bodies) == [("lost", 17)]
    assert numbers(bench.read(Lane.ALARM, bench.outbox.epoch, 21, 30).bodies) == list(range(21, 31))


def test_alarms_in_memory_are_made_durable_when_the_disk_returns() -> None:
    """In a new epoch, for nobody knows what the old files hold; a power cut then costs none of them."""
    disk = MemoryDisk()
    bench = dead(disk)
    old = bench.outbox.epoch
    flushes(bench)
    assert bench.outbox.epoch == old
    disk.fail_syncs = disk.fail_writes = False

    flushes(bench)

    assert bench.outbox.epoch > old
    [(moved_from, durable, moved_to, alarms)] = bench.told.moves
    assert (moved_from, durable[Lane.ALARM], moved_to) == (old, 3, bench.outbox.epoch)
    assert numbers([one for _, one in alarms]) == [4, 5]
    assert bench.told.troubles == ["outbox_lost", "no outbox_lost"]
    disk.power_cut(lambda: False)
    assert numbers(Bench(disk, seed=2).read_all(Lane.ALARM)) == [1, 2, 3, 4, 5]


def test_what_was_receipted_meanwhile_is_not_appended_again() -> None:
    disk = MemoryDisk()
    bench = dead(disk)
    bench.outbox.trim(Lane.ALARM, bench.outbox.epoch, 4)
    disk.fail_syncs = disk.fail_writes = False

    flushes(bench)

    assert numbers([one for _, one in bench.told.moves[0][3]]) == [5]


def test_readings_given_up_without_a_disk_are_a_hole_in_the_next_epoch() -> None:
    """Counted, those that waited for the disk and those that came after."""
    disk = MemoryDisk()
    bench = Bench(disk)
    disk.fail_syncs = disk.fail_writes = True
    bench.append(Lane.TELEMETRY, 1, 2)
    flushes(bench, 1)
    bench.append(Lane.TELEMETRY, 3)
    disk.fail_syncs = disk.fail_writes = False
    flushes(bench)
    bench.append(Lane.TELEMETRY, 4)
    flushes(bench, 1)

    assert numbers(bench.read(Lane.TELEMETRY, bench.outbox.epoch, 1).bodies) == [("shed", 3), 4]


def test_two_dead_folders_and_the_second_returns() -> None:
    """It goes on there; the first one still being lost stays told."""
    first, second = MemoryDisk(), MemoryDisk()
    bench = Bench(first, second)
    for disk in (first, second):
        disk.fail_syncs = disk.fail_writes = True
    bench.append(Lane.ALARM, 1)
    bench.writer.drain()
    second.fail_syncs = second.fail_writes = False
    flushes(bench)
    bench.append(Lane.ALARM, 2)
    bench.writer.drain()

    assert bench.acknowledged == [2]
    assert bench.told.troubles[-1] == "outbox_lost"
    assert numbers(bench.read(Lane.ALARM, bench.outbox.epoch, 1, 2).bodies) == [1, 2]


def test_a_read_that_goes_wrong_in_any_way_has_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for it would wait for ever."""
    bench = Bench(MemoryDisk())
    bench.append(Lane.ALARM, 1)
    bench.writer.drain()

    def broken(*_args: object) -> Read:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(LaneStore, "read", broken)
    answers: list[Read] = []
    bench.outbox.load(Lane.ALARM, bench.outbox.epoch, 1, 1, records_max=5, bytes_max=5_000, done=answers.append)
    with pytest.raises(ValueError, match="mistake"):
        bench.writer.drain()

    assert answers == [Read(1, 0, ())]


def test_a_write_that_goes_wrong_in_any_way_has_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent is told that its press is not kept, and the next press is."""
    bench = Bench(MemoryDisk())
    append = LaneStore.append

    def broken(*_args: object) -> None:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(LaneStore, "append", broken)
    bench.append(Lane.ALARM, 1)
    with pytest.raises(ValueError, match="mistake"):
        bench.writer.drain()
    monkeypatch.setattr(LaneStore, "append", append)
    bench.append(Lane.ALARM, 2)
    bench.writer.drain()

    assert len(bench.errors) == 1
    assert bench.acknowledged == [2]


def test_low_room_for_alarms_ends_when_they_have_receipts() -> None:
    bench = Bench(MemoryDisk(), limits=OutboxLimits(segment_bytes=1024, alarm_reserve_bytes=4096, tail_bytes=0))
    bench.append(Lane.ALARM, *range(1, 61))
    bench.writer.drain()
    assert bench.told.troubles == ["disk_low"]

    bench.outbox.trim(Lane.ALARM, bench.outbox.epoch, 59)
    bench.writer.drain()

    assert bench.told.troubles == ["disk_low", "no disk_low"]


def test_low_room_for_readings_ends_when_they_are_drained() -> None:
    """Not with the next segment that is given up: only once a fifth of the budget is free."""
    bench = Bench(MemoryDisk())
    for start in range(0, 400, 10):
        bench.append(Lane.TELEMETRY, *range(start, start + 10))
        flushes(bench, 1)
    assert bench.told.troubles == ["disk_low"]

    bench.outbox.trim(Lane.TELEMETRY, bench.outbox.epoch, 399)
    bench.writer.drain()

    assert bench.told.troubles == ["disk_low", "no disk_low"]


def test_shedding_that_fails_never_costs_an_alarm() -> None:
    """The hole of given-up readings cannot be written; the alarm that is being written has nothing to do with it."""
    disk = MemoryDisk()
    bench = Bench(disk)
    bench.append(Lane.TELEMETRY, *range(1, 150))
    bench.outbox.flush()
    bench.writer.drain()
    bench.append(Lane.ALARM, 1)
    bench.writer.drain()

    assert bench.told.moves == []
    assert bench.acknowledged[-1] == 1


def damaged(disk: MemoryDisk, name: str) -> None:
    """Forget a file's content: its name and room stay."""
    for offset in range(len(disk.read(name) or b"")):
        if (disk.read(name) or b"")[offset]:
            for bit in range(8):
                if (disk.read(name) or b"")[offset] >> bit & 1:
                    disk.flip_bit(name, offset, bit)


def stopped(count: int = 40) -> tuple[MemoryDisk, EpochId]:
    """Give a disk that a box left after telling so many alarms, in several segments, and its epoch."""
    disk = MemoryDisk()
    bench = Bench(disk)
    bench.append(Lane.ALARM, *range(1, count + 1))
    bench.writer.drain()
    bench.outbox.close()
    bench.writer.drain()
    disk.kill()
    return disk, bench.outbox.epoch


def segments(disk: MemoryDisk) -> list[str]:
    """Name the alarm segments with records, in order."""
    return [name for name in disk.names() if name.startswith("a/") and "spare" not in name and name.endswith(".seg")]


def test_a_wiped_segment_in_the_middle_is_a_hole() -> None:
    disk, _ = stopped()
    names = segments(disk)
    assert len(names) >= 3
    damaged(disk, names[1])

    found = numbers(Bench(disk, seed=2).read_all(Lane.ALARM))

    [(why, lost)] = [one for one in found if isinstance(one, tuple)]
    assert why == "corrupt"
    assert [one for one in found if not isinstance(one, tuple)] == [
        number for number in range(1, 41) if str(number) and not _in_hole(number, found, int(str(lost)))
    ]


def _in_hole(number: int, found: list[object], lost: int) -> bool:
    before = next(place for place, one in enumerate(found) if isinstance(one, tuple))
    return before < number <= before + lost


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_deleted_segments_at_the_end_are_known_to_be_missing(kept: int) -> None:
    """The notes say how far the epoch went, so a server that lacks the rest is told that it is lost."""
    disk, epoch = stopped()
    for name in segments(disk)[kept:]:
        disk.remove(name)

    again = Bench(disk, seed=2)

    assert again.outbox.ended[Lane.ALARM][epoch] == 40
    found = numbers(again.read_all(Lane.ALARM))
    rest = again.read(Lane.ALARM, epoch, len(found) + 1, 40)
    [hole] = [decode_record(one) for one in rest.bodies]
    assert isinstance(hole, Hole)
    assert len(found) + hole.n == 40


def test_a_segment_that_cannot_be_read_keeps_no_box_from_starting() -> None:
    """A bad sector: everything else is read, and after some attempts what lies there is a declared hole."""
    disk, epoch = stopped()
    bad = segments(disk)[-1]
    disk.unreadable.add(bad)

    again = Bench(disk, seed=2)
    first = int(bad.split("-")[1].split(".")[0])
    reads = [again.read(Lane.ALARM, epoch, first, 40) for _ in range(READ_FAILURES_MAX + 1)]

    assert [kept.last for kept in again.outbox.recovered[Lane.ALARM]] == [40]
    assert reads[0] == Read(first, first - 1, ())
    assert numbers(reads[-1].bodies) == [("corrupt", 40 - first + 1)]
    again.append(Lane.ALARM, 99)
    again.writer.drain()
    assert again.acknowledged == [99]


def test_an_unreadable_note_of_how_far_it_went_is_no_obstacle() -> None:
    for rubbish in (b"", b"{", b"\xff\xfe", b'{"x":1}', b"[]"):
        disk, _ = stopped()
        disk.replace("lo.json", rubbish, durable=True)
        disk.replace("epoch", rubbish, durable=True)
        disk.replace("t/holes.json", rubbish, durable=True)

        assert numbers(Bench(disk, seed=2).read_all(Lane.ALARM)) == list(range(1, 41))


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 7)), min_size=1, max_size=40))
def test_whatever_bits_flip_every_position_is_told_once_and_nothing_false(flips: list[tuple[int, int, int]]) -> None:
    """Each position up to the last readable record comes as itself or as part of a hole, in order; nothing falls over."""
    disk, epoch = stopped()
    names = disk.names()
    for which, offset, bit in flips:
        name = names[which % len(names)]
        size = len(disk.read(name) or b"")
        if size:
            disk.flip_bit(name, offset % size, bit)

    again = Bench(disk, seed=2)
    position = 1
    for kept in again.outbox.recovered[Lane.ALARM]:
        assert kept.epoch == epoch
        position = kept.first
        while position <= kept.last:
            read = again.read(Lane.ALARM, kept.epoch, position, kept.last)
            assert read.last >= read.first
            for one in read.bodies:
                record = decode_record(one)
                if isinstance(record, Hole):
                    position += record.n
                else:
                    assert one == body(position)
                    position += 1
        assert position == kept.last + 1
    assert again.outbox.epoch > epoch


def test_an_older_copy_of_the_folder_still_begins_later_epochs() -> None:
    """A restored image does not remember the starts since; the clock's minutes carry its numbers past them."""
    writer_seed = 5
    disk = MemoryDisk()
    Bench(disk, seed=1, least=1_000)
    disk.kill()
    image = {name: disk.read(name) or b"" for name in disk.names()}
    since = []
    for minute in range(1, 4):
        since.append(Bench(disk, seed=minute + 1, least=1_000 + minute).outbox.epoch)
        disk.kill()
    copy = MemoryDisk()
    for name, content in image.items():
        copy.replace(name, content, durable=True)

    restored = Bench(copy, seed=writer_seed, least=1_010).outbox.epoch

    assert restored > max(since)
    assert len({*since, restored}) == 4


def test_a_clock_that_was_years_ahead_leaves_epochs_in_order() -> None:
    """Ten years ahead at one start, right again at the next: numbers only ever go up."""
    disk = MemoryDisk()
    epochs = []
    for seed, least in enumerate((1_000, 5_000_000, 1_001, 1), 1):
        epochs.append(Bench(disk, seed=seed, least=least).outbox.epoch)
        disk.kill()

    assert epochs == sorted(epochs)
    assert epoch_counter(epochs[-1]) == epoch_counter(epochs[1]) + 2


@pytest.mark.parametrize("seed", range(20))
def test_disks_that_fail_and_return_at_random_lose_no_acknowledged_alarm(seed: int) -> None:
    """Whatever was acknowledged is on one of the disks at the end, under its own number, once."""
    chance = random.Random(seed)
    first, second = MemoryDisk(), MemoryDisk()
    bench = Bench(first, second, seed=seed)
    acts: list[Callable[[], None]] = [
        lambda: setattr(first, "fail_syncs", True),
        lambda: setattr(second, "fail_syncs", True),
        lambda: setattr(first, "fail_syncs", False),
        lambda: setattr(second, "fail_syncs", False),
        lambda: flushes(bench, REVIVE_FLUSHES),
    ]
    for number in range(1, 60):
        bench.append(Lane.ALARM, number)
        if chance.random() < 0.7:
            bench.writer.drain()
        if chance.random() < 0.3:
            chance.choice(acts)()
    bench.writer.drain()
    for disk in (first, second):
        disk.fail_syncs = False
        disk.power_cut(lambda: chance.random() < 0.5)

    found = [one for one in numbers(Bench(first, second, seed=99).read_all(Lane.ALARM)) if isinstance(one, int)]

    assert set(bench.acknowledged) <= set(found)
