"""A school that is renamed, closed or merged into another as one act, with its boxes, devices and ledger. All pure."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import msgspec

from contract.identity import SchoolId
from server.registry.changes import Edit, put
from server.registry.model import Roster, School
from server.registry.record import SchoolRecord
from server.registry.sheets import SHEETS

Fate = Literal["move", "retire", "keep"]


@dataclass(frozen=True, slots=True)
class Ending:
    """A school that ceases: from `day` on it is none any more, and everything of it goes where it is told to.

    `move` needs the school it is merged into. Devices that retire stay in the ledger, out of use; lines that retire
    leave it, and their history stays. What is kept stays under the closed school.
    """

    school: SchoolId
    day: date
    into: SchoolId | None
    devices: Fate
    records: Fate


def ending_edits(roster: Roster, ending: Ending) -> list[Edit]:
    """List the edits of an ending; a school that is not in the roster has none."""
    old = next((school for school in roster.schools if school.id == ending.school), None)
    if old is None:
        return []
    edits = [put(dataclasses.replace(old, closed=ending.day, merged_into=ending.into))]
    edits += _devices(roster, ending)
    edits += _records(roster, ending)
    edits += [  # A teaching point whose central school ceases belongs to the one that takes over, or to none.
        put(dataclasses.replace(point, central=ending.into)) for point in roster.schools if point.central == ending.school
    ]
    return edits


def renamed(school: School, name: str, name_en: str) -> Edit:
    """Give the edit that renames a school; its past days keep its old name."""
    return put(dataclasses.replace(school, name=name, name_en=name_en))


def _devices(roster: Roster, ending: Ending) -> Iterator[Edit]:
    if ending.devices == "move" and ending.into is not None:
        for gateway in roster.gateways:
            if gateway.school == ending.school:
                yield put(dataclasses.replace(gateway, school=ending.into))
    for device in roster.devices:
        if device.school != ending.school:
            continue
        if ending.devices == "move" and ending.into is not None:
            yield put(dataclasses.replace(device, school=ending.into))
        elif ending.devices == "retire" and not device.decommissioned:
            yield put(dataclasses.replace(device, decommissioned=True))


def _records(roster: Roster, ending: Ending) -> Iterator[Edit]:
    if ending.records == "keep":
        return
    taken = {(record.sheet, record.id) for record in roster.records if record.home == ending.into}
    for record in roster.records:
        if not isinstance(record, SchoolRecord) or record.school != ending.school:
            continue
        yield Edit(record.sheet, SHEETS[record.sheet].key_of(record))
        if ending.records == "move" and ending.into is not None:
            moved = _moved(record, ending.into, taken)
            if moved is not None:
                taken.add((moved.sheet, moved.id))
                yield put(moved)


def _moved(record: SchoolRecord, into: SchoolId, taken: set[tuple[str, str]]) -> Any:
    """Give a line as the other school has it; none where that school has said of the same item what holds there."""
    wanted = record.id
    if (record.sheet, wanted) in taken:
        column = SHEETS[record.sheet].column("id")
        if record.sheet == "exemption" or (column is not None and column.choices):
            return None
        wanted = f"{record.school[-4:]}-{record.id}"[:64]
        if (record.sheet, wanted) in taken:
            return None
    return msgspec.structs.replace(record, school=into, id=wanted)
