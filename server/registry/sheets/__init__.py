"""Every sheet of the registry and its ledger, one file each; a new one is one file, one line here and one in `AnyRecord`."""

from collections.abc import Iterable

from server.registry.record import Record
from server.registry.sheet import Sheet
from server.registry.sheets import (
    declaration,
    device,
    dispute,
    document,
    drill,
    duty,
    escalation,
    exemption,
    gate,
    gateway,
    guard,
    hazard,
    kit,
    letter,
    outside_area,
    outside_gate,
    outside_source,
    planned_area,
    planned_work,
    post,
    requirement,
    rule_setting,
    school,
    school_duty,
    scope,
    station,
    training,
    unit,
)

AnyRecord = (
    declaration.Declaration
    | exemption.Exemption
    | guard.Guard
    | kit.Kit
    | gate.SchoolGate
    | post.Post
    | document.Document
    | training.Training
    | drill.Drill
    | letter.Letter
    | hazard.Hazard
    | dispute.Dispute
    | outside_area.OutsideArea
    | outside_gate.OutsideGate
    | outside_source.OutsideSource
    | requirement.Requirement
    | scope.IndicatorScope
    | duty.Duty
    | school_duty.SchoolDuty
    | rule_setting.RuleSetting
    | escalation.Escalation
    | planned_work.PlannedWork
    | planned_area.PlannedArea
)

ROSTER_SHEETS = (unit.SHEET, station.SHEET, school.SHEET, gateway.SHEET, device.SHEET)  # In the order of their references.
LEDGER_SHEETS = (
    declaration.SHEET,
    exemption.SHEET,
    guard.SHEET,
    kit.SHEET,
    gate.SHEET,
    post.SHEET,
    document.SHEET,
    training.SHEET,
    drill.SHEET,
    letter.SHEET,
    hazard.SHEET,
    dispute.SHEET,
    outside_area.SHEET,
    outside_gate.SHEET,
    outside_source.SHEET,
    requirement.SHEET,
    scope.SHEET,
    duty.SHEET,
    school_duty.SHEET,
    rule_setting.SHEET,
    escalation.SHEET,
    planned_work.SHEET,
    planned_area.SHEET,
)
SHEETS: dict[str, Sheet] = {sheet.name: sheet for sheet in (*ROSTER_SHEETS, *LEDGER_SHEETS)}


def in_order(records: Iterable[Record]) -> tuple[Record, ...]:
    """Put records in the order of their sheets, and within each as they were."""
    places = {sheet.name: place for place, sheet in enumerate(LEDGER_SHEETS)}
    return tuple(sorted(records, key=lambda record: places[record.sheet]))
