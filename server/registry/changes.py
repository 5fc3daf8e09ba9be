"""Edits of the registry and what they make of it: what holds now, and what was known or held on any past day. All pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import msgspec

from server.registry.model import Calendar, Roster
from server.registry.record import Key, Record
from server.registry.sheets import LEDGER_SHEETS, SHEETS

EVER = date(1, 1, 1)  # What was there before anybody wrote down since when.
CALENDAR = "calendar"  # The one sheet of one line, which has no key.
TABLES = {"unit": "units", "station": "stations", "school": "schools", "gateway": "gateways", "device": "devices"}
_BY_KIND: dict[type[Any], str] = {Calendar: CALENDAR} | {sheet.record: sheet.name for sheet in SHEETS.values()}
_LEDGER = {sheet.name for sheet in LEDGER_SHEETS}


@dataclass(frozen=True, slots=True)
class Edit:
    """One line as it is to be from now on; without a line it is taken out."""

    sheet: str
    key: Key
    line: Any = None


@dataclass(frozen=True, slots=True)
class Change:
    """One edit as it was recorded: by whom, when and why, and since when it is so."""

    sequence: int
    at_ms: int
    effective: date
    actor: str
    reason: str
    edit: Edit


def put(line: Any) -> Edit:
    """Make the edit that puts a line in, or in the place of the one with its key."""
    sheet = SHEETS[sheet_name(line)]
    return Edit(sheet.name, sheet.key_of(line), line)


def sheet_name(line: Any) -> str:
    """Name the sheet a line belongs to."""
    return next(_BY_KIND[kind] for kind in type(line).__mro__ if kind in _BY_KIND)


def encode_line(line: Any) -> str:
    """Write a line as JSON."""
    return msgspec.json.encode(line).decode()


def decode_line(sheet: str, body: str) -> Any:
    """Read a line back; a field that was added since has its default."""
    return msgspec.json.decode(body, type=Calendar if sheet == CALENDAR else SHEETS[sheet].record)


def lines_of(roster: Roster, sheet: str) -> Sequence[Any]:
    """List the lines of one sheet."""
    if sheet in TABLES:
        found: Sequence[Any] = getattr(roster, TABLES[sheet])
        return found
    return [record for record in roster.records if record.sheet == sheet]


def keyed(roster: Roster) -> dict[tuple[str, Key], Any]:
    """Index a whole roster by sheet and key, the calendar included."""
    found: dict[tuple[str, Key], Any] = {(CALENDAR, ()): roster.calendar}
    for name, attribute in TABLES.items():
        key_of = SHEETS[name].key_of
        found.update(((name, key_of(line)), line) for line in getattr(roster, attribute))
    for record in roster.records:
        found[record.sheet, SHEETS[record.sheet].key_of(record)] = record
    return found


def assembled(lines: Mapping[tuple[str, Key], Any]) -> Roster:
    """Put a roster together from its lines, in their order."""
    by_sheet: dict[str, list[Any]] = {}
    for (sheet, _), line in lines.items():
        by_sheet.setdefault(sheet, []).append(line)
    return Roster(
        **{attribute: tuple(by_sheet.get(name, ())) for name, attribute in TABLES.items()},
        calendar=next(iter(by_sheet.get(CALENDAR, ())), Calendar(terms=())),
        records=tuple(record for sheet in LEDGER_SHEETS for record in by_sheet.get(sheet.name, ())),
    )


def apply(roster: Roster, edits: Iterable[Edit]) -> Roster:
    """Give the roster after some edits; sheets that no edit touches are the same objects."""
    by_sheet: dict[str, dict[Key, Any]] = {}
    for edit in edits:
        by_sheet.setdefault(edit.sheet, {})[edit.key] = edit.line
    changed: dict[str, Any] = {}
    for name, attribute in TABLES.items():
        if name in by_sheet:
            changed[attribute] = _merged(name, getattr(roster, attribute), by_sheet[name])
    if CALENDAR in by_sheet:
        changed["calendar"] = by_sheet[CALENDAR][()] or Calendar(terms=())
    if touched := _LEDGER & by_sheet.keys():
        sorted_out: dict[str, list[Record]] = {sheet.name: [] for sheet in LEDGER_SHEETS}
        for record in roster.records:
            sorted_out[record.sheet].append(record)
        changed["records"] = tuple(
            record
            for name, records in sorted_out.items()
            for record in (_merged(name, records, by_sheet[name]) if name in touched else records)
        )
    return replace(roster, **changed)


def difference(old: Roster, new: Roster) -> list[Edit]:
    """List the edits that lead from one roster to another; a mere change of order is none."""
    before, after = keyed(old), keyed(new)
    gone = [Edit(sheet, key) for sheet, key in before if (sheet, key) not in after]
    return gone + [Edit(sheet, key, line) for (sheet, key), line in after.items() if before.get((sheet, key)) != line]


def as_of(changes: Iterable[Change], known_ms: int, on: date) -> Roster:
    """Give the registry as it held on a day by what was known at an instant.

    Of each line the change recorded last, up to that instant, counts, of those that were effective by that day: whoever
    corrects the past knows what was written before. `changes` come in the order in which they were recorded.
    """
    lines: dict[tuple[str, Key], Any] = {}
    for change in changes:
        if change.at_ms <= known_ms and change.effective <= on:
            lines[change.edit.sheet, change.edit.key] = change.edit.line
    return assembled({key: line for key, line in lines.items() if line is not None})


def _merged(name: str, old: Sequence[Any], edits: Mapping[Key, Any]) -> tuple[Any, ...]:
    """Put edited lines into their places, and new ones at the end."""
    key_of, left = SHEETS[name].key_of, dict(edits)
    kept: list[Any] = []
    for line in old:
        key = key_of(line)
        if key not in left:
            kept.append(line)
        elif (edited := left.pop(key)) is not None:
            kept.append(edited)
    return (*kept, *(line for line in left.values() if line is not None))
