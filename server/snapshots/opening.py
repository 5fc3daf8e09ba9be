"""Puts the parts of the frozen days together: who freezes, and who judges past days anew for those who ask."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.audit.frozen import FrozenDays
from server.audit.report import Check
from server.audit.worker import OwnProcess
from server.core.engine import Engine
from server.history.content import Work
from server.journal.archive import ArchivedRaw
from server.journal.database import Database
from server.registry.store import Registry
from server.snapshots.judging import Judge
from server.snapshots.keeper import Keeper
from server.snapshots.past import Past
from server.snapshots.reading import PastRecords
from server.snapshots.reasons import Reasons
from server.snapshots.store import Snapshots


@dataclass(frozen=True, slots=True)
class Days:
    """What a running server has of them."""

    keeper: Keeper
    past: Past


def frozen_of(
    database: Database, raw: ArchivedRaw, registry: Registry, work: Work
) -> Callable[[tuple[int, int]], Awaitable[Check]]:
    """Make what an audit asks of the frozen days; `work` is the audit's own process."""
    source = ArchivedRaw(database, raw.folder)
    judge = Judge(PastRecords(database), source, work, lambda: registry.roster.calendar)
    return FrozenDays(Snapshots(database), judge).check


def open_days(
    database: Database,
    raw: ArchivedRaw,
    engine: Engine,
    registry: Registry,
    leads: Callable[[], bool],
    clock: Callable[[], float],
) -> Days:
    """Make both; each has a process of its own, which lives only while a day is judged anew."""

    def judge(worker: OwnProcess) -> Judge:
        source = ArchivedRaw(database, raw.folder)  # It keeps a file open at its place: one for each reader.
        return Judge(PastRecords(database), source, worker, lambda: registry.roster.calendar)

    def sequence() -> int:
        return registry.sequence

    snapshots = Snapshots(database)
    freezing, asked = OwnProcess(), OwnProcess()
    keeper = Keeper(engine, snapshots, judge(freezing), freezing, registry_sequence=sequence, leads=leads, clock=clock)
    return Days(keeper, Past(snapshots, judge(asked), asked, Reasons(database), registry_sequence=sequence, clock=clock))
