"""How much the projector delays everything else in the server: on a thread beside the event loop, or in its own process.

    python -m bench.projector

The event loop is asked to wake every 2 ms, as it would for presses; what is measured is how late it wakes while history is
carried over at a city's rate and at fifty times that, and the processor time of both processes together.
"""

import asyncio
import gc
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # It comes without types.

from bench.ingest_load import telemetry_batch
from contract.identity import EpochId, Lane
from server.history.duckdb_store import DuckDbStore
from server.history.projector import ROWS_PER_APPEND, Projector, prepare
from server.journal.model import JournaledBatch

RATES = (107, 5_000)  # Batches of 20 readings in a second: a city of 3,200 sites, and a backlog of many.
SECONDS = 6
TICK = 0.002


class ListedJournal:
    """Batches that were made beforehand and become readable at a rate."""

    def __init__(self, batches: Sequence[JournaledBatch]) -> None:
        self.batches = batches
        self.readable = 0

    async def read(self, after: int, limit: int) -> Sequence[JournaledBatch]:
        """Give what is readable by now."""
        return self.batches[after : min(after + limit, self.readable)]


def serve(pipe: Connection, path: str) -> None:
    """Do the projector's work at the other end of a pipe."""

    async def work() -> None:
        store = DuckDbStore(Path(path))
        while batches := pipe.recv():
            prepared = prepare(batches, 10 * ROWS_PER_APPEND)
            await store.append(prepared.rows, prepared.last_sequence)
            pipe.send(prepared.last_sequence)
        await store.close()

    asyncio.run(work())


async def beside(journal: ListedJournal, pipe: Connection, woken: asyncio.Event) -> None:
    """Hand batches to the other process, and wait for its word on a thread that does nothing else."""
    thread = ThreadPoolExecutor(1)
    position = 0

    def exchange(batches: Sequence[JournaledBatch]) -> int:
        pipe.send(batches)
        return int(pipe.recv())

    while True:
        await woken.wait()
        await asyncio.sleep(0.5)
        woken.clear()
        while batches := await journal.read(position, 500):
            position = await asyncio.get_running_loop().run_in_executor(thread, exchange, batches)


async def lateness(mode: str, rate: int, folder: Path) -> tuple[list[float], float]:
    """Run one mode at one rate; give how late each tick was, and the share of one core that all of it took."""
    body = [telemetry_batch(number, 20, 1_795_478_400_000) for number in range(200)]
    batches = [
        JournaledBatch(
            number + 1, *(body[number % 200][1], EpochId("000001abcd")), Lane.TELEMETRY, 1, 0, body[number % 200][0]
        )
        for number in range(rate * SECONDS)
    ]
    journal = ListedJournal(batches)
    woken = asyncio.Event()
    mine, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, str(folder / f"{mode}-{rate}.duckdb")))
    store = DuckDbStore(folder / f"thread-{rate}.duckdb")
    await store.checkpoint()
    projector = Projector(journal, store)
    if mode == "process":
        child.start()
        await asyncio.to_thread(psutil.Process(child.pid).cpu_times)
    task = asyncio.create_task(beside(journal, mine, woken) if mode == "process" else projector.run())
    gc.collect()
    gc.freeze()  # What was made beforehand is not to be searched for garbage while we measure.
    late: list[float] = []
    begun, spent = time.perf_counter(), time.process_time()
    due = begun + TICK
    while (now := time.perf_counter()) < begun + SECONDS:
        await asyncio.sleep(due - now)
        now = time.perf_counter()
        late.append(now - due)
        due = max(due + TICK, now)
        if mode != "nothing":
            journal.readable = min(len(batches), int((now - begun) * rate))
            woken.set()
            projector.notify(journal.readable)
    share = (time.process_time() - spent) / SECONDS
    task.cancel()
    if mode == "process":
        times = psutil.Process(child.pid).cpu_times()
        share += (times.user + times.system) / SECONDS
        child.kill()
        child.join()
    return late, share


def main() -> None:
    """Print the lateness of each mode at each rate."""
    print("| projector | batches/s | p50 ms | p99 ms | p99.9 ms | worst ms | share of a core |")
    print("|---|---|---|---|---|---|---|")
    for mode, rate in (("nothing", 1), *((mode, rate) for rate in RATES for mode in ("thread", "process"))):
        with tempfile.TemporaryDirectory() as folder:
            late, share = asyncio.run(lateness(mode, rate, Path(folder)))
        cuts = statistics.quantiles(late, n=1_000)
        figures = " | ".join(f"{1e3 * value:.2f}" for value in (cuts[499], cuts[989], cuts[998], max(late)))
        figures += f" | {share:.3f}"
        print(f"| {mode} | {rate if mode != 'nothing' else '–'} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
