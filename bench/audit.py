"""How long an audit of a city's readings takes, and how much memory: a journal as a city fills it, its history, one audit.

    python -m bench.audit [--readings 1000000]

Meanwhile alarms are committed on the same database: what an audit and the archiving cost them is measured too.
"""

import argparse
import asyncio
import hashlib
import resource
import tempfile
import time
from pathlib import Path

from contract.batch import encode_batch, inflate
from contract.identity import DeviceId, EpochId, GatewayId, Lane, PressId
from contract.records import Reading, Reply, encode_record
from server.audit.audit import Audit
from server.audit.derived import Derived
from server.audit.report import in_words
from server.audit.worker import OwnProcess
from server.history.duckdb_store import DuckDbStore
from server.history.projector import Projector
from server.journal.archive import ArchivedRaw
from server.journal.archiving import Archiver
from server.journal.database import open_database
from server.journal.model import AlarmEvent, BatchWrite
from server.journal.sql import SqlJournal

GATEWAYS = 3_200
PER_BATCH = 50  # Readings: as many devices as a school has, about.
EPOCH = EpochId("000001abcd")
ALARMED = GatewayId("gw-alarm")
ALARM_EVERY_SECONDS = 0.02
IDLE_SECONDS = 5.0
DAY_READINGS = 7_500_000  # Of a city of 3,200 schools.


def batch(gateway: GatewayId, number: int, rx_ms: int) -> BatchWrite:
    """Make one batch as a school sends it."""
    first = number * PER_BATCH + 1
    records = [
        encode_record(
            Reading(
                d=f"cam-{place:03}",
                t=rx_ms - 900 + place,
                m={"online": True, "fps": 20 + (number + place) % 7 / 4, "rec": place % 9 != 0},
            )
        )
        for place in range(PER_BATCH)
    ]
    body = encode_batch(gateway, EPOCH, Lane.TELEMETRY, first, rx_ms, records)
    plain = inflate(body)
    sha256 = hashlib.sha256(plain[plain.find(b'"r":') :]).digest()
    return BatchWrite(gateway, EPOCH, Lane.TELEMETRY, first, first + PER_BATCH - 1, rx_ms, sha256, body)


class Alarms:
    """Commits an alarm every 20 ms, as the ingest does, and remembers how long each took."""

    def __init__(self, journal: SqlJournal) -> None:
        self.seconds: list[float] = []
        self._journal = journal
        self._number = 0

    async def run(self) -> None:
        """Commit until cancelled."""
        while True:
            self._number += 1
            record = Reply(id=f"00000000-0000-7000-8000-{self._number:012d}", ok=True, code="done", t=self._number)
            now_ms = round(time.time() * 1_000)
            body = encode_batch(ALARMED, EPOCH, Lane.ALARM, self._number, now_ms, [encode_record(record)])
            sha256 = hashlib.sha256(body[body.find(b'"r":') :]).digest()
            event = AlarmEvent(
                PressId(record.id), "rep", ALARMED, DeviceId(""), record.t, now_ms, encode_record(record), record.code
            )
            begun = time.perf_counter()
            await self._journal.write(
                [BatchWrite(ALARMED, EPOCH, Lane.ALARM, self._number, self._number, now_ms, sha256, body, (event,))]
            )
            self.seconds.append(time.perf_counter() - begun)
            await asyncio.sleep(ALARM_EVERY_SECONDS)

    def told(self, what: str) -> None:
        """Print and forget."""
        taken = sorted(self.seconds)
        half, most = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
        print(f"alarm commits {what}: median {half * 1e3:.1f} ms, p99 {most * 1e3:.1f} ms, worst {taken[-1] * 1e3:.1f} ms")
        self.seconds.clear()


async def measure(readings: int, folder: Path) -> None:
    """Fill, project, audit, archive."""
    database = open_database(f"sqlite:///{folder}/anxiao.db")
    journal, store = SqlJournal(database), DuckDbStore(folder / "history.duckdb")
    rounds = max(1, readings // (GATEWAYS * PER_BATCH))
    begun_ms = round(time.time() * 1_000) - 86_400_000
    for number in range(rounds):
        rx_ms = begun_ms + number * 86_400_000 // rounds // 2
        for start in range(0, GATEWAYS, 256):
            group = [batch(GatewayId(f"gw-{one:05}"), number, rx_ms) for one in range(start, min(start + 256, GATEWAYS))]
            await journal.write(group)
    begun = time.perf_counter()
    await Projector(journal, store).catch_up()
    print(f"projected {rounds * GATEWAYS * PER_BATCH} readings in {time.perf_counter() - begun:.1f} s")
    source, work = ArchivedRaw(database, folder / "archive"), OwnProcess()
    alarms = Alarms(journal)
    until_ms = round(time.time() * 1_000)
    committing = asyncio.create_task(alarms.run())
    await asyncio.sleep(IDLE_SECONDS)
    alarms.told("beside nothing")
    report = await Audit(source, Derived(database), store, work=work).run(until_ms=until_ms)
    alarms.told("beside an audit")
    print(in_words(report))
    seconds = (report.ended_ms - report.started_ms) / 1_000
    whole = seconds * DAY_READINGS / report.readings
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024
    child = (await work(resource.getrusage, resource.RUSAGE_SELF)).ru_maxrss // 1_024
    work.close()
    archiving = OwnProcess()
    print(f"{report.readings / seconds:.0f} readings/s: a city's day in {whole:.0f} s; {own} MiB here, {child} MiB there")
    alarms.seconds.clear()
    begun = time.perf_counter()
    moved = await Archiver(database, source.folder, time.time, work=archiving).run(lambda _: True)
    alarms.told("beside archiving")
    committing.cancel()
    archiving.close()
    size = sum(path.stat().st_size for path in source.folder.iterdir())
    print(f"archived {moved} batches in {time.perf_counter() - begun:.1f} s, {size / moved / PER_BATCH:.1f} bytes a reading")
    await store.close()
    await database.close()


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="anxiao-audit-") as folder:
        asyncio.run(measure(options.readings, Path(folder)))


if __name__ == "__main__":
    main()
