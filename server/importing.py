"""Imports of a running server: a file is taken, read beside the alarm line, shown as what it would do, and then done whole.

An import belongs to the server that took it, and to the person who brought it. Its file lies in the server's folder until it
is applied, given up or a day old; none outlasts a restart.
"""

import asyncio
import contextlib
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import msgspec
import structlog

from contract.errors import ConfigurationError, StorageError
from server.audit.worker import OwnProcess
from server.registry.checking import RosterRefused
from server.registry.exchange.limits import FILE_BYTES_MAX, FileRefused
from server.registry.exchange.planning import Counts, Permit, Plan, plan_of
from server.registry.exchange.reading import PROGRESS_FILE, ROWS_FILE, parse_file
from server.registry.exchange.rows import FileRow, Parsed, RowFault
from server.registry.sheet import Words
from server.registry.store import Registry
from shell.process import collector_held

KEPT_MAX = 20  # The oldest that does nothing gives way.
KEPT_SECONDS = 86_400.0
LARGE = 10_000  # Rows.
FILE = "file"
NICENESS = 5  # Somebody waits for it: at the lowest priority a busy machine never comes to it. Alarms still go well before.

log = structlog.get_logger("importing")


@dataclass(slots=True)
class Import:
    """One import and how far it has got."""

    id: str
    by: str
    name: str  # Of the file, as the person has it.
    sheet: str
    whole: bool
    begun: float
    state: str = "waiting"  # waiting, reading, comparing, checked, storing, done, refused
    rows_read: int = 0
    parsed: Parsed | None = None
    counts: dict[str, Counts] = field(default_factory=dict)
    faults: list[RowFault] = field(default_factory=list)
    faults_total: int = 0
    changed: int = 0
    trouble: Words | None = None

    @property
    def busy(self) -> bool:
        """Say whether something is being done with it now."""
        return self.state in ("waiting", "reading", "comparing", "storing")

    @property
    def ready(self) -> bool:
        """Say whether it can be applied."""
        return self.state == "checked" and not self.faults_total


class Importing:
    """The imports of one server; one works at a time."""

    def __init__(self, folder: Path, registry: Registry, edit: Callable[..., object], clock: Callable[[], float]) -> None:
        self._folder = folder
        self._registry = registry
        self._edit = edit
        self._clock = clock
        self._imports: dict[str, Import] = {}
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        shutil.rmtree(folder, ignore_errors=True)

    def find(self, id_: str, by: str) -> Import | None:
        """Find an import of one person."""
        known = self._imports.get(id_)
        return known if known is not None and known.by == by else None

    def progress(self, job: Import) -> int:
        """Count the rows read so far."""
        if job.parsed is not None:
            return job.parsed.total
        with contextlib.suppress(OSError, ValueError):  # Not yet begun, or just being written.
            job.rows_read = int((self._folder / job.id / PROGRESS_FILE).read_text())
        return job.rows_read

    async def take(
        self, pieces: AsyncIterator[bytes], *, by: str, name: str, sheet: str, whole: bool, permit: Permit
    ) -> Import | None:
        """Take a file and begin to read it; none when too many are at work. Raises `FileRefused` for a larger one."""
        await self._make_room()
        if len(self._imports) >= KEPT_MAX:
            return None
        job = Import(str(uuid.uuid4()), by, name, sheet, whole, self._clock())
        place = self._folder / job.id
        try:
            await _received(place, pieces)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
            raise
        self._imports[job.id] = job
        self._begin(self._check(job, permit))
        return job

    def apply(self, job: Import, *, reason: str, effective: date | None, permit: Permit) -> None:
        """Begin to do what was shown; it is compared once more with what the registry is by then."""
        assert job.ready
        job.state = "waiting"
        self._begin(self._apply(job, reason, effective, permit))

    async def give_up(self, job: Import) -> None:
        """Forget an import that is not at work."""
        assert not job.busy
        self._imports.pop(job.id, None)
        await asyncio.to_thread(shutil.rmtree, self._folder / job.id, ignore_errors=True)

    def _begin(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make_room(self) -> None:
        now = self._clock()
        idle = sorted((one for one in self._imports.values() if not one.busy), key=lambda one: one.begun)
        surplus = len(self._imports) - KEPT_MAX + 1
        for place, job in enumerate(idle):
            if place < surplus or now - job.begun > KEPT_SECONDS:
                await self.give_up(job)

    async def _check(self, job: Import, permit: Permit) -> None:
        async with self._turn:
            process = OwnProcess(NICENESS)
            try:
                job.state = "reading"
                told = await process(parse_file, str(self._folder / job.id), FILE, job.sheet)
                if not isinstance(told, Parsed):
                    job.state, job.trouble = "refused", (told[0], told[1])
                    return
                job.parsed = told
                with _calm(told):
                    await self._compare(job, permit)
            except StorageError as error:
                log.warning("import_process_ended", error=str(error))
                job.state, job.trouble = "refused", ("读取文件的进程意外结束", "the process that read the file was ended")
            finally:
                process.close()

    async def _apply(self, job: Import, reason: str, effective: date | None, permit: Permit) -> None:
        assert job.parsed is not None
        async with self._turn:
            with _calm(job.parsed):
                await self._store(job, reason, effective, permit)
            if job.state == "done":
                log.info("imported", by=job.by, lines=job.changed)
                await asyncio.to_thread(shutil.rmtree, self._folder / job.id, ignore_errors=True)

    async def _store(self, job: Import, reason: str, effective: date | None, permit: Permit) -> None:
        plan = await self._compare(job, permit)
        if job.faults_total:
            return
        job.state = "storing"
        try:
            job.changed = await self._edit(plan.edits, by=job.by, reason=reason, effective=effective)  # type: ignore[misc]
        except RosterRefused as refused:  # Somebody else's edit came between.
            job.trouble = refused.faults[0].words
        except ConfigurationError as error:
            job.trouble = (str(error), str(error))
        except StorageError as error:
            log.warning("import_not_stored", error=str(error))
            job.trouble = ("数据库没有应答，未导入任何内容", "the database does not answer; nothing was imported")
        job.state = "checked" if job.trouble else "done"

    async def _compare(self, job: Import, permit: Permit) -> Plan:
        assert job.parsed is not None
        parsed = job.parsed
        job.state, job.trouble = "comparing", None
        rows = _rows(self._folder / job.id / ROWS_FILE)
        plan = await asyncio.to_thread(plan_of, self._registry.roster, rows, parsed.columns, permit, whole=job.whole)
        job.counts = plan.counts
        job.faults = [*parsed.faults, *plan.faults]
        job.faults_total = parsed.faults_total + plan.faults_total
        job.state = "checked"
        return plan


def _calm(parsed: Parsed) -> contextlib.AbstractContextManager[None]:
    """Keep the garbage collector from walking a city while a large file becomes one."""
    return collector_held() if parsed.total > LARGE else contextlib.nullcontext()


def _rows(path: Path) -> Iterator[FileRow]:
    decoder = msgspec.json.Decoder(FileRow)
    with path.open("rb") as file:
        for line in file:
            yield decoder.decode(line)


async def _received(place: Path, pieces: AsyncIterator[bytes]) -> None:
    await asyncio.to_thread(place.mkdir, 0o700, parents=True)
    taken = 0
    file = await asyncio.to_thread((place / FILE).open, "wb")
    try:
        async for piece in pieces:
            taken += len(piece)
            if taken > FILE_BYTES_MAX:
                limit = FILE_BYTES_MAX >> 20
                raise FileRefused(f"文件过大（上限 {limit} MB）", f"the file is too large; allowed: {limit} MB")
            await asyncio.to_thread(file.write, piece)
    finally:
        await asyncio.to_thread(file.close)
