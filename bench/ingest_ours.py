"""Our side of the ingest benchmark: fast door, host, journal on SQLite, projector into the store; receipts are sent.

    python -m bench.ingest_ours PORT STORE ADDRESS PROGRESS EXPECTED [engine]

All that a server does with a reading, in one process: it is validated, found new or not, committed with its alarm-grade
neighbours, receipted and carried into the history store. With `engine` the current state of every device is kept, too.
"""

import asyncio
import json
import mmap
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

from bench.ingest_load import DEVICES, GATEWAYS
from contract.identity import DeviceId, GatewayId, SchoolId
from server.core.engine import Engine
from server.core.events import Event, ReadingsArrived, RosterLoaded
from server.history.opening import open_history
from server.history.projector import Projector
from server.ingest.doors.opening import open_mqtt_doors
from server.ingest.pipeline import Ingest
from server.journal.database import open_database
from server.journal.sql import SqlJournal
from server.registry.model import Device, Gateway, Roster
from shell.logs import set_up_logs

POLL_SECONDS = 0.05


def city() -> Roster:
    """Make the roster of the load: every gateway with its cameras."""
    school = SchoolId("4507000001")
    gateways = [GatewayId(f"gw-{number:04}") for number in range(GATEWAYS)]
    devices = [
        Device(gateway, DeviceId(f"cam-{number:03}"), "camera", school) for gateway in gateways for number in range(DEVICES)
    ]
    return Roster(gateways=tuple(Gateway(gateway, school) for gateway in gateways), devices=tuple(devices))


def teller(counted: memoryview, engine: Engine | None) -> Callable[[Event], None]:
    """Make what the ingest tells: it counts committed batches for the load, which runs on as gateways do by receipts."""

    def tell(event: Event) -> None:
        if engine is not None:
            engine.step(event, time.time())
        if type(event) is ReadingsArrived:
            counted[0] += 1

    return tell


async def consume(port: int, store: str, address: str, progress: Path, expected: int, *, with_engine: bool) -> None:
    """Serve until everything expected is in the store, then until the one who started us closes our input."""
    with tempfile.TemporaryDirectory(prefix="anxiao-bench-journal-") as folder, progress.open("r+b") as file:
        counted = memoryview(mmap.mmap(file.fileno(), 8)).cast("Q")
        engine = Engine() if with_engine else None
        roster = city()
        if engine is not None:
            engine.step(RosterLoaded(roster), time.time())
        database = open_database(f"sqlite:///{folder}/journal.db")
        journal = SqlJournal(database)
        history = open_history(store, Path(address), url=address, bucket="anxiao", org="anxiao", token="")
        assert history is not None
        projector = Projector(journal, history)
        ingest = Ingest(
            journal, teller(counted, engine), time.time, on_commit=lambda sequences: projector.notify(max(sequences))
        )
        ingest.load_roster(roster)
        await ingest.start()
        [door] = open_mqtt_doors([f"mqtt://127.0.0.1:{port}"], "fast", "bench", ingest.receive)
        tasks = [asyncio.create_task(each) for each in (ingest.run(), projector.run(), door.run())]
        while not door.connected:  # noqa: ASYNC110  # Neither the door nor the projector has an event for a bench.
            await asyncio.sleep(POLL_SECONDS)
        print(json.dumps({"ready": True}), flush=True)
        while projector.counted.rows < expected:  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)
        print(json.dumps({"written": projector.counted.rows, "at": time.time()}), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        assert ingest.counters()["faults"] == 0, ingest.counters()
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await history.close()
        await database.close()


if __name__ == "__main__":
    set_up_logs("error")  # Our standard output belongs to the one who started us.
    arguments = sys.argv[1:]
    uvloop.run(
        consume(
            int(arguments[0]), arguments[1], arguments[2], Path(arguments[3]), int(arguments[4]),
            with_engine=arguments[5:] == ["engine"],
        )
    )  # fmt: skip
