"""The DuckDB store keeps rows and checkpoint together and reads them back thinned."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId
from contract.records import Value
from server.history import duckdb_store
from server.history.duckdb_store import DuckDbStore
from server.history.store import Row

GATEWAY = GatewayId("gw-0001")
CAMERA = DeviceId("cam-1")
T0 = 1_795_478_400_000


def row(at_ms: int, *, position: int = 0, device: str = CAMERA, **metrics: Value) -> Row:
    """Make a row of the one gateway."""
    return Row(GATEWAY, DeviceId(device), (T0 + at_ms) * 1_000_000 + position, metrics)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[DuckDbStore]:
    """Open a store in a fresh folder."""
    opened = DuckDbStore(tmp_path / "deep" / "history.duckdb")
    yield opened
    await opened.close()


async def test_what_was_appended_is_read_back(store: DuckDbStore) -> None:
    """Numbers, booleans as 1 and 0, and texts come back at their times; null leaves no trace."""
    await store.append([row(0, fps=25, rec=True, state="up", disk=None), row(1_000, fps=12.5, rec=False, state="down")], 7)

    assert await store.series(GATEWAY, CAMERA, "fps", T0, T0 + 2_000, 10) == [(T0, 25.0), (T0 + 1_000, 12.5)]
    assert await store.series(GATEWAY, CAMERA, "rec", T0, T0 + 2_000, 10) == [(T0, 1.0), (T0 + 1_000, 0.0)]
    assert await store.series(GATEWAY, CAMERA, "state", T0, T0 + 2_000, 10) == [(T0, "up"), (T0 + 1_000, "down")]
    assert await store.series(GATEWAY, CAMERA, "disk", T0, T0 + 2_000, 10) == []
    assert await store.checkpoint() == 7


async def test_span_is_half_open_and_of_one_device(store: DuckDbStore) -> None:
    """The start belongs to the span, the end does not, and a neighbour's readings never mix in."""
    await store.append([row(0, fps=1), row(10, fps=2), row(20, fps=3), row(10, device="cam-2", fps=9)], 1)

    assert await store.series(GATEWAY, CAMERA, "fps", T0, T0 + 20, 10) == [(T0, 1.0), (T0 + 10, 2.0)]
    assert await store.series(GatewayId("gw-0002"), CAMERA, "fps", T0, T0 + 20, 10) == []


async def test_two_records_of_one_millisecond_are_both_kept(store: DuckDbStore) -> None:
    """The position below the millisecond keeps them apart and in order."""
    await store.append([row(0, position=2, fps=2), row(0, position=1, fps=1)], 1)

    assert await store.series(GATEWAY, CAMERA, "fps", T0, T0 + 1, 10) == [(T0, 1.0), (T0, 2.0)]


async def test_a_short_dip_survives_thinning(store: DuckDbStore) -> None:
    """One bad second in an hour is still the least value of its bucket."""
    await store.append([row(second * 1_000, fps=0 if second == 1_800 else 25) for second in range(3_600)], 1)

    thinned = await store.series(GATEWAY, CAMERA, "fps", T0, T0 + 3_600_000, 20)

    assert len(thinned) == 11  # Ten buckets, and the one with the dip gives two points.
    assert thinned[5] == (T0 + 1_800_000, 0.0)
    assert thinned[6] == (T0 + 1_980_000, 25.0)


async def test_texts_thin_to_the_last_of_each_bucket(store: DuckDbStore) -> None:
    """Of texts the last word counts."""
    await store.append([row(second, state=f"s{second}") for second in range(100)], 1)

    assert await store.series(GATEWAY, CAMERA, "state", T0, T0 + 100, 4) == [(T0, "s49"), (T0 + 50, "s99")]


async def test_same_rows_again_change_nothing(store: DuckDbStore) -> None:
    """A write that is repeated under its checkpoint is not kept twice."""
    await store.append([row(0, fps=1)], 5)
    await store.append([row(0, fps=1)], 5)

    assert await store.series(GATEWAY, CAMERA, "fps", T0, T0 + 1, 10) == [(T0, 1.0)]


async def test_all_is_still_there_after_reopening(store: DuckDbStore, tmp_path: Path) -> None:
    """Names, rows and checkpoint are in the file, and new names get numbers of their own."""
    await store.append([row(0, fps=1), row(0, device="cam-2", fps=2)], 5)
    await store.close()
    again = DuckDbStore(tmp_path / "deep" / "history.duckdb")
    await again.append([row(5, device="cam-3", disk=3)], 6)

    assert await again.checkpoint() == 6
    assert await again.series(GATEWAY, DeviceId("cam-2"), "fps", T0, T0 + 9, 10) == [(T0, 2.0)]
    assert await again.series(GATEWAY, DeviceId("cam-3"), "disk", T0, T0 + 9, 10) == [(T0 + 5, 3.0)]
    await again.close()


async def test_drop_forgets_rows_and_checkpoint(store: DuckDbStore) -> None:
    """After a drop the store is as new."""
    await store.append([row(0, fps=1)], 5)
    await store.drop()

    assert await store.checkpoint() == 0
    assert await store.series(GATEWAY, CAMERA, "fps", T0, T0 + 9, 10) == []


async def test_names_are_bounded(store: DuckDbStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody inventing metric names without end does not grow the table of names without end."""
    monkeypatch.setattr(duckdb_store, "METRICS_MAX", 3)
    await store.append([Row(GATEWAY, CAMERA, T0 * 1_000_000, {f"x{number}": number for number in range(10)})], 1)

    assert store.unnamed == 7
    assert await store.series(GATEWAY, CAMERA, "x2", T0, T0 + 9, 10) == [(T0, 2.0)]
    assert await store.series(GATEWAY, CAMERA, "x3", T0, T0 + 9, 10) == []


async def test_a_file_that_is_no_database_is_a_storage_error(tmp_path: Path) -> None:
    """A damaged file is told as such, and nothing is written over it."""
    path = tmp_path / "history.duckdb"
    path.write_bytes(b"not a database" * 1_000)
    store = DuckDbStore(path)

    with pytest.raises(StorageError, match=r"history\.duckdb"):
        await store.checkpoint()

    assert path.read_bytes().startswith(b"not a database")
    await store.close()


KILLED = """
import asyncio, sys
from pathlib import Path
from server.history.duckdb_store import DuckDbStore
from server.history.store import Row

async def main():
    store = DuckDbStore(Path(sys.argv[1]))
    for checkpoint in range(1, 1_000_000):
        times = range(checkpoint * 100, checkpoint * 100 + 100)
        await store.append([Row("gw-0001", "cam-1", t * 1_000_000, {"fps": t}) for t in times], checkpoint)
        print(checkpoint, flush=True)

asyncio.run(main())
"""


def write_until_killed(path: Path) -> int:
    """Kill a writing process -9; give the last checkpoint it was told to be kept."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = 0
    for line in process.stdout:
        acknowledged = int(line)
        if acknowledged == 20:
            process.send_signal(signal.SIGKILL)
    process.wait()
    return acknowledged


async def test_kill_loses_nothing_committed_and_doubles_nothing(tmp_path: Path) -> None:
    """Killed -9 in the middle of writing, the file holds exactly the rows its checkpoint says."""
    path = tmp_path / "history.duckdb"
    acknowledged = write_until_killed(path)

    store = DuckDbStore(path)
    checkpoint = await store.checkpoint()
    kept = await store.series(GATEWAY, CAMERA, "fps", 0, 1_000_000_000, 10_000_000)
    await store.close()

    assert checkpoint >= acknowledged
    assert len(kept) == checkpoint * 100


async def test_calls_from_many_tasks_take_turns(store: DuckDbStore) -> None:
    """One thread serves all callers: nothing is lost when they come at once."""
    await asyncio.gather(
        *(store.append([row(0, device=f"cam-{number}", fps=number)], number) for number in range(1, 30)),
        store.series(GATEWAY, CAMERA, "fps", T0, T0 + 1, 10),
    )

    assert await store.checkpoint() == 29
