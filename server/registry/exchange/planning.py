"""What a file would do to the registry: what it adds, changes and takes out, and everything that cannot be. All pure."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from server.registry.changes import Edit, apply, lines_of
from server.registry.checking import Fault, faults_of
from server.registry.exchange.fields import fields_of
from server.registry.exchange.limits import FAULTS_MAX
from server.registry.exchange.rows import FileRow, RowFault
from server.registry.model import Roster
from server.registry.record import Key
from server.registry.sheet import Sheet, Words
from server.registry.sheets import SHEETS

NO_LABEL: Words = ("", "")


# Says why somebody may not make one line of another, either of which may be none; gives none when they may.
Permit = Callable[[Sheet, Any, Any], Words | None]


@dataclass(slots=True)
class Counts:
    """Of one sheet."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    same: int = 0


@dataclass(slots=True)
class Plan:
    """What is to be done; with any fault, nothing may be."""

    edits: list[Edit] = field(default_factory=list)
    counts: dict[str, Counts] = field(default_factory=dict)
    faults: list[RowFault] = field(default_factory=list)
    faults_total: int = 0

    def fault(self, sheet: Sheet, row: int, column: str, words: Words) -> None:
        """Note a fault."""
        self.faults_total += 1
        if len(self.faults) < FAULTS_MAX:
            known = sheet.column(column)
            label = (known.label, known.label_en) if known else NO_LABEL
            self.faults.append(RowFault(sheet.name, row, column, label, words))


def plan_of(
    base: Roster, rows: Iterable[FileRow], columns: Mapping[str, Sequence[str]], permit: Permit, *, whole: bool
) -> Plan:
    """Work out a plan. `whole` means that what the file leaves out, of its sheets and within reach, is to be taken out."""
    plan = Plan()
    numbers: dict[tuple[str, Key], int] = {}
    known: dict[str, dict[Key, Any]] = {}
    seen: dict[str, set[Key]] = {}
    for name in columns:
        key_of = SHEETS[name].key_of
        known[name] = {key_of(line): line for line in lines_of(base, name)}
        seen[name], plan.counts[name] = set(), Counts()
    for row in rows:
        sheet = SHEETS[row.sheet]
        key = tuple(str(row.values[name]) for name in sheet.key)
        seen[row.sheet].add(key)
        old = known[row.sheet].get(key)
        line = made_of(sheet, old, row, plan)
        if line is None:
            continue
        counts = plan.counts[row.sheet]
        if line == old:
            counts.same += 1
            continue
        if refusal := permit(sheet, old, line):
            plan.fault(sheet, row.row, "", refusal)
            continue
        numbers[row.sheet, key] = row.row
        plan.edits.append(Edit(row.sheet, key, line))
        if old is None:
            counts.added += 1
        else:
            counts.changed += 1
    if whole:
        for name, lines in known.items():
            gone = [key for key, line in lines.items() if key not in seen[name] and not permit(SHEETS[name], line, None)]
            plan.counts[name].removed = len(gone)
            plan.edits += [Edit(name, key) for key in gone]
    for fault in faults_of(apply(base, plan.edits)):
        _told(plan, fault, numbers)
    plan.faults.sort(key=lambda one: (one.sheet, one.row))
    return plan


def _told(plan: Plan, fault: Fault, numbers: Mapping[tuple[str, Key], int]) -> None:
    """Bring a fault of the whole to the row that made it; what no row says is named by its key."""
    row = numbers.get((fault.sheet, fault.key), 0)
    name = "" if row else f"{' '.join(fault.key)}: "
    plan.fault(SHEETS[fault.sheet], row, fault.column, (name + fault.words[0], name + fault.words[1]))


def made_of(sheet: Sheet, old: Any, row: FileRow, plan: Plan) -> Any:
    """Make the line a row stands for; what the file does not say stays as it is, or is the default. None with a fault."""
    fields = fields_of(sheet)
    values = {name: fields[name].revive(value) for name, value in row.values.items()}
    if old is not None:
        return revised(old, values)
    missing = [one for name, one in fields.items() if one.needed and name not in values]
    for one in missing:
        masked = one.name in row.masked
        words = (
            ("新增的行不能填遮盖的内容", "a new line cannot hold what was masked")
            if masked
            else ("缺少该列", "the column is missing")
        )
        plan.fault(sheet, row.row, one.name, words)
    if missing:
        return None
    defaults = {name: one.default for name, one in fields.items() if not one.needed and name not in values}
    return sheet.record(**defaults, **values)


def revised(old: Any, values: Mapping[str, Any]) -> Any:
    """Give a line with some other values."""
    changed = {name: value for name, value in values.items() if getattr(old, name) != value}
    if not changed:
        return old
    return (
        msgspec.structs.replace(old, **changed) if isinstance(old, msgspec.Struct) else dataclasses.replace(old, **changed)
    )
