"""Puts the evidence of a server together, and lets its holds keep what the archive would let go."""

from collections.abc import Callable

from server.evidence.evidence import Evidence
from server.evidence.files import Files
from server.evidence.keeper import Alerts, EvidenceKeeper
from server.evidence.model import Shelf
from server.evidence.reading import EvidenceReader, Facts
from server.evidence.store import EvidenceStore
from server.journal.archiving import Archiver
from server.journal.database import Database
from server.registry.tree import Tree
from server.settings import Settings, evidence_folder


def open_evidence(  # One for each neighbour.
    settings: Settings,
    database: Database,
    facts: Facts,
    engine: Alerts,
    archiver: Archiver,
    tree: Callable[[], Tree],
    leads: Callable[[], bool],
    clock: Callable[[], float],
) -> Evidence:
    """Make all parts."""
    reader, files = EvidenceReader(database, facts, EvidenceStore(database), tree), Files(evidence_folder(settings))
    days = {
        Shelf.REAL: settings.evidence_real_days,
        Shelf.REHEARSAL: settings.evidence_rehearsal_days,
        Shelf.FAULT: settings.evidence_fault_days,
    }
    keeper = EvidenceKeeper(reader, files, engine, days, leads=leads, clock=clock)
    archiver.on_expire = keeper.set_aside
    return Evidence(reader, files, keeper)
