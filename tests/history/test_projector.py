"""The projector carries the journal's readings over, goes on from its checkpoint, and never gives up on a store."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from contract.batch import encode_batch
from contract.errors import StorageError
from contract.identity import DeviceId, EpochId, GatewayId, Lane
from contract.records import Hole, Reading, Record, encode_record
from server.history.duckdb_store import DuckDbStore
from server.history.projector import PROBE_SECONDS, Projector
from server.history.store import Point, Row
from server.journal.model import JournaledBatch

GATEWAY = GatewayId("gw-0001")
EPOCH = EpochId("000001abcd")
T0 = 1_795_478_400_000


def batch(sequence: int, *records: Record, lane: Lane = Lane.TELEMETRY, body: bytes | None = None) -> JournaledBatch:
    """Make a journaled batch whose first position is its sequence."""
    made = body or encode_batch(GATEWAY, EPOCH, lane, sequence, T0, [encode_record(record) for record in records])
    return JournaledBatch(sequence, GATEWAY, EPOCH, lane, sequence, T0, made)


def reading(number: int) -> Reading:
    """Make the reading number such and such of the one camera."""
    return Reading(d="cam-1", t=T0 + number, m={"fps": number})


class FakeJournal:
    """A list of batches in the order of their sequence."""

    def __init__(self, batches: Sequence[JournaledBatch] = ()) -> None:
        self.batches = list(batches)

    async def read(self, after: int, limit: int) -> Sequence[JournaledBatch]:
        """Give what stands above `after`."""
        return [batch for batch in self.batches if batch.sequence > after][:limit]


class FakeStore:
    """A store in memory that can be down, and that forgets its last seconds when killed, if it is of that kind."""

    name = "fake"
    keeps_texts = True

    def __init__(self, loss_horizon_seconds: float = 0.0) -> None:
        self.loss_horizon_seconds = loss_horizon_seconds
        self.rows: dict[tuple[str, int], Row] = {}
        self.kept = 0
        self.down = 0  # How many calls still fail.
        self.run = 1
        self.appended = asyncio.Event()

    async def append(self, rows: Sequence[Row], checkpoint: int) -> None:
        """Keep rows by device and time, like a time-series store."""
        if self.down:
            self.down -= 1
            raise StorageError("down")
        self.rows |= {(row.device, row.t_ns): row for row in rows}
        self.kept = checkpoint
        self.appended.set()

    async def checkpoint(self) -> int:
        """Give the checkpoint."""
        return self.kept

    async def incarnation(self) -> str:
        """Name the run."""
        return str(self.run)

    async def series(self, *_: object) -> list[Point]:
        """Is not asked here."""
        raise NotImplementedError

    async def drop(self) -> None:
        """Forget all."""
        self.rows.clear()
        self.kept = 0

    async def close(self) -> None:
        """Nothing is open."""

    def values(self) -> list[object]:
        """Give the camera's values in the order of time."""
        return [row.metrics["fps"] for _, row in sorted(self.rows.items())]


async def no_pause(seconds: float) -> None:
    """Let others run instead of waiting."""
    await asyncio.sleep(0)


async def test_readings_of_all_batches_reach_the_store() -> None:
    """Each reading once, the checkpoint at the last sequence, and nothing is behind."""
    store = FakeStore()
    projector = Projector(FakeJournal([batch(1, reading(1), reading(2)), batch(3, reading(3))]), store)

    await projector.catch_up()

    assert store.values() == [1, 2, 3]
    assert store.kept == 3
    assert projector.behind == 0


async def test_portions_larger_than_one_read_all_arrive() -> None:
    """More batches than one read gives, and more rows than one append takes, arrive complete."""
    many = [batch(1 + 500 * number, *[reading(500 * number + i) for i in range(500)]) for number in range(200)]
    store = FakeStore()
    projector = Projector(FakeJournal(many), store)

    await projector.catch_up()

    assert store.values() == list(range(100_000))
    assert projector.counted.rows == 100_000
    assert projector.counted.batches == 200


async def test_bad_records_and_other_lanes_are_passed_over() -> None:
    """What is no reading leaves no row, is counted, and never stops the rest."""
    bad = (
        b'{"v":1,"g":"gw-0001","ep":"000001abcd","x":"t","p":2,"s":0,'
        b'"r":[{"d":"NOT OK","t":1,"m":{}},{"d":"cam-1","t":%d,"m":{"fps":2}}]}'
    )
    store = FakeStore()
    projector = Projector(
        FakeJournal(
            [
                batch(1, lane=Lane.ALARM, body=b"never decoded here"),
                batch(2, body=bad % (T0 + 2)),
                batch(4, body=b"damaged"),
                batch(5, Hole(n=3, why="shed"), reading(8)),
            ]
        ),
        store,
    )

    await projector.catch_up()

    assert store.values() == [2, 8]
    assert sorted(t_ns % 1_000_000 for _, t_ns in store.rows) == [3, 8]  # The hole covers positions 5 to 7.
    assert (projector.counted.skipped, projector.counted.refused) == (2, 1)
    assert store.kept == 5


async def test_what_two_batches_share_is_kept_once() -> None:
    """A batch cut anew after a restart repeats positions of an earlier one; only its new ones count."""
    store = FakeStore()
    overlapping = JournaledBatch(2, GATEWAY, EPOCH, Lane.TELEMETRY, 2, T0, batch(2, reading(8), reading(3)).body, new_from=3)
    projector = Projector(FakeJournal([batch(1, reading(1), reading(2)), overlapping]), store)

    await projector.catch_up()

    assert store.values() == [1, 2, 3]


async def test_goes_on_from_the_checkpoint() -> None:
    """A new process reads only what the store does not have."""
    store = FakeStore()
    store.kept = 2
    projector = Projector(FakeJournal([batch(1, reading(1)), batch(2, reading(2)), batch(3, reading(3))]), store)

    await projector.catch_up()

    assert store.values() == [3]


async def test_dropping_and_rebuilding_gives_the_same_answers(tmp_path: Path) -> None:
    """History is derived: rebuilt from the journal, it answers as before."""
    journal = FakeJournal([batch(1 + 100 * n, *[reading(100 * n + i) for i in range(100)]) for n in range(20)])
    store = DuckDbStore(tmp_path / "history.duckdb")
    projector = Projector(journal, store)
    question = (GATEWAY, DeviceId("cam-1"), "fps", T0, T0 + 2_000, 50)

    await projector.catch_up()
    before = await store.series(*question)
    await projector.rebuild()
    after = await store.series(*question)
    await store.close()

    assert len(before) == 50
    assert after == before


async def test_a_store_that_is_down_is_tried_again() -> None:
    """Failures are counted, the pauses grow and stay bounded, and in the end everything is there once."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    store = FakeStore()
    store.down = 12
    projector = Projector(FakeJournal([batch(1, reading(1))]), store, pause=pause)

    task = asyncio.create_task(projector.run())
    await store.appended.wait()
    task.cancel()

    assert store.values() == [1]
    assert projector.counted.failures == 12
    assert pauses[0] < pauses[3] < pauses[-1] <= 36


async def test_notify_wakes_a_resting_projector() -> None:
    """Nothing is polled while it rests: a notification brings the new batch over."""
    store = FakeStore()
    journal = FakeJournal()
    projector = Projector(journal, store, pause=no_pause)
    task = asyncio.create_task(projector.run())
    await asyncio.sleep(0)

    journal.batches.append(batch(1, reading(1)))
    projector.notify(1)
    await asyncio.wait_for(store.appended.wait(), 2)
    task.cancel()

    assert store.values() == [1]


async def test_behind_tells_what_the_journal_has_and_the_store_has_not() -> None:
    """The figure of the data-health view counts from the checkpoint, also while the store is down."""
    store = FakeStore()
    journal = FakeJournal([batch(number, reading(number)) for number in range(1, 6)])
    projector = Projector(journal, store)
    await projector.catch_up()

    store.down = 1
    journal.batches.append(batch(6, reading(6)))
    projector.notify(6)
    with pytest.raises(StorageError):
        await projector.catch_up()

    assert projector.behind == 1


async def test_checkpoint_of_a_forgetful_store_lags_until_it_is_safe() -> None:
    """The checkpoint covers only what the same run of the store has outlived by its horizon."""
    now = 100.0
    store = FakeStore(loss_horizon_seconds=10.0)
    journal = FakeJournal([batch(1, reading(1))])
    projector = Projector(journal, store, clock=lambda: now)

    await projector.catch_up()
    at_once = store.kept
    now += 9.9
    await projector.catch_up()
    too_early = store.kept
    now += PROBE_SECONDS
    await projector.catch_up()

    assert (at_once, too_early, store.kept) == (0, 0, 1)


async def test_restart_of_a_forgetful_store_rewinds() -> None:
    """What the store forgot when it was killed is written again, though no write ever failed."""
    now = 100.0
    store = FakeStore(loss_horizon_seconds=10.0)
    journal = FakeJournal([batch(1, reading(1))])
    projector = Projector(journal, store, clock=lambda: now)
    await projector.catch_up()
    now += 20
    await projector.catch_up()
    journal.batches.append(batch(2, reading(2)))
    await projector.catch_up()

    store.rows = {key: row for key, row in store.rows.items() if row.metrics["fps"] != 2}  # Killed: the last second is gone.
    store.run += 1
    now += PROBE_SECONDS
    await projector.catch_up()

    assert store.values() == [1, 2]
    assert projector.counted.rewinds == 1
