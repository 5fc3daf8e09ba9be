"""Spans of planned work as the ledger tells them, in seconds UTC. All pure."""

from typing import NamedTuple

from server.registry.dossier import Dossier
from server.registry.moments import instant
from server.registry.record import Record
from server.registry.sheets.planned_area import PlannedArea
from server.registry.sheets.planned_work import PlannedWork


class Work(NamedTuple):
    """One span, and where it holds: at a school, or one device of it, or in a unit."""

    begins: float
    ends: float
    ref: str
    school: str
    unit: str
    device: str


def work_of(line: Record) -> Work | None:
    """Give the span of a line of the ledger; None for another line, or one that cannot be read."""
    if not isinstance(line, PlannedWork | PlannedArea):
        return None
    begins, ends = instant(line.begins), instant(line.ends)
    if begins is None or ends is None or ends <= begins:
        return None
    if isinstance(line, PlannedWork):
        return Work(begins, ends, f"{line.sheet}:{line.school}:{line.id}", line.school, "", line.device)
    return Work(begins, ends, f"{line.sheet}:{line.unit}:{line.id}", "", line.unit, "")


def works_of(dossier: Dossier) -> list[Work]:
    """List the spans that hold at a school, whether told of it or of a unit above."""
    lines = (*dossier.of(PlannedWork), *dossier.of(PlannedArea))
    return [work for line in lines if (work := work_of(line)) is not None]
