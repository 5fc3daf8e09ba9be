"""The commands `audit` and `rebuild`: they open the stores themselves, so the server is stopped, or on other stores."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec
import typer

from contract.errors import ConfigurationError, StorageError
from server.audit.audit import Audit, Progress, in_thread
from server.audit.days import parse_day
from server.audit.derived import Derived
from server.audit.frozen import FrozenDays
from server.audit.rebuild import rebuild_history, rebuild_state
from server.audit.report import Report, in_words
from server.history.content import AuditedStore
from server.history.opening import history_of
from server.journal.archive import ArchivedRaw
from server.journal.database import Database, open_database
from server.journal.raw import RawSource
from server.registry.store import Registry
from server.settings import Settings, archive_folder
from server.snapshots.judging import Judge
from server.snapshots.reading import PastRecords
from server.snapshots.store import Snapshots

PROGRESS_SECONDS = 5.0
SETTLED_MS = 60_000  # What came later than this before now may still be on its way.
HELD = "The server is running and holds its files: stop it first, or let it audit itself (docs/operating.md, Audit)."


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one installation, opened."""

    database: Database
    source: RawSource
    history: AuditedStore | None


@asynccontextmanager
async def opened(settings: Settings, address: str) -> AsyncIterator[Stores]:
    """Open the stores; raises `ConfigurationError` with one clear sentence where a running server holds them."""
    try:
        database = await asyncio.to_thread(open_database, address)
    except StorageError as error:
        if "another process" in str(error):
            raise ConfigurationError(HELD) from error
        raise
    history = history_of(settings)
    try:
        if history is not None:
            await _reach(history)
        yield Stores(database, ArchivedRaw(database, archive_folder(settings)), history)
    finally:
        if history is not None:
            await history.close()
        await database.close()


async def audit(settings: Settings, address: str, from_day: str, to_day: str) -> Report:
    """Audit; tells the progress beside the result."""
    span = [parse_day(text) if text else None for text in (from_day, to_day)]
    async with opened(settings, address) as stores:
        registry = Registry(stores.database)
        await registry.load()
        judge = Judge(PastRecords(stores.database), stores.source, in_thread, lambda: registry.roster.calendar)
        frozen = FrozenDays(Snapshots(stores.database), judge)
        one = Audit(stores.source, Derived(stores.database), stores.history, frozen=frozen.check)
        async with _telling(lambda: one.progress):
            beside = stores.database.dialect != "sqlite"  # Servers may be writing meanwhile.
            return await one.run(*span, until_ms=round(time.time() * 1_000) - SETTLED_MS if beside else None)


def write_report(report: Report, *, as_json: bool) -> None:
    """Print a report, and end with 1 unless it passed."""
    if as_json:
        typer.echo(msgspec.json.encode({"passed": report.passed, **msgspec.structs.asdict(report)}))
    else:
        typer.echo(in_words(report))
    if not report.passed:
        raise typer.Exit(1)


async def rebuild(settings: Settings, address: str, *, history: bool, state: bool, forget_older: bool) -> None:
    """Rebuild what is asked for."""
    if not history and not state:
        raise ConfigurationError("rebuild: nothing asked for; allowed: --history, --state, or both")
    if history and settings.history == "none":
        raise ConfigurationError("rebuild: history is none in the settings; there is nothing to build")
    progress = Progress()

    def tell(stage: str, done: int, total: int) -> None:
        progress.stage, progress.done, progress.total = stage, done, total

    async with opened(settings, address) as stores, _telling(lambda: progress):
        if state:
            registry = Registry(stores.database)
            await registry.load()
            rebuilt = await rebuild_state(stores.database, stores.source, registry.roster, time.time, tell)
            typer.echo(f"state\n{rebuilt.in_words()}")
        if history:
            assert stores.history is not None
            rebuilt = await rebuild_history(stores.source, stores.history, forget_older=forget_older, tell=tell)
            typer.echo(f"history\nbatches: {rebuilt.batches}\nrows: {rebuilt.history_rows}")


async def _reach(history: AuditedStore) -> None:
    try:
        await history.checkpoint()
    except StorageError as error:
        if "lock" in str(error).lower():
            raise ConfigurationError(HELD) from error
        raise


@asynccontextmanager
async def _telling(progress: Callable[[], Progress]) -> AsyncIterator[None]:
    async def tell() -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            now = progress()
            typer.echo(f"{now.stage} {now.done}/{now.total}" if now.total else now.stage, err=True)

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling
