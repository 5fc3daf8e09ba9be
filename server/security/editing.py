"""Who may read and edit which lines of the registry: by role, by sheet, and by the branch a line belongs to. All pure."""

from collections.abc import Callable
from typing import Any

from server.registry.model import Device, Gateway, Role, School, Scope, Station, Unit, User
from server.registry.record import SchoolRecord
from server.registry.sheet import Sheet, Words
from server.registry.tree import Tree

DIRECTORS_GROUPS = frozenset({"people", "equipment", "management", "surroundings"})
# No school exempts itself, sets its own requirements or registers the box that its alarms come by.
OFFICE_SHEETS = frozenset({"exemption", "requirement", "scope", "gateway", "escalation", "planned_work"})
OUT_OF_REACH: Words = ("不在您的管辖范围内", "out of your reach")
NOT_FOR_ROLE: Words = ("您的角色不能修改此表", "your role may not edit this sheet")


def may_edit_sheet(user: User, sheet: Sheet, tree: Tree) -> bool:
    """Say whether a user's role may edit lines of a sheet at all."""
    match user.role:
        case Role.ADMINISTRATOR | Role.EDUCATION_OFFICER:
            return sheet.record is not Station or tree.is_root(user.scope)  # Stations lie across the branches of education.
        case Role.SCHOOL_DIRECTOR:
            by_school = issubclass(sheet.record, SchoolRecord | Device)
            return by_school and sheet.group in DIRECTORS_GROUPS and sheet.name not in OFFICE_SHEETS
        case _:
            return False


def permit_of(user: User, tree: Tree) -> Callable[[Sheet, Any, Any], Words | None]:
    """Give the judge of a user's edits. A place that is not in the tree is judged by the line that brings it."""

    def judge(sheet: Sheet, old: Any, new: Any) -> Words | None:
        if not may_edit_sheet(user, sheet, tree):
            return NOT_FOR_ROLE
        for line in (old, new):
            if line is not None and not _within(tree, user.scope, line):
                return OUT_OF_REACH
        return None

    return judge


def reader_of(user: User, tree: Tree) -> Callable[[Any], bool]:
    """Give what says whether a user sees a line: those of their branch, and of the units and stations that name it."""
    branch = tree.branch(user.scope)
    units, stations = ({one.id for one in places} for places in tree.visible(user.scope))

    def sees(line: Any) -> bool:
        match line:
            case School():
                return line.id in branch
            case Device() | Gateway() | SchoolRecord():
                return line.school in branch
            case Station():
                return line.id in stations
            case Unit():
                return line.id in units
            case _:
                return line.unit in units

    return sees


def _within(tree: Tree, scope: Scope, line: Any) -> bool:  # noqa: PLR0911  # One for each kind of line.
    if tree.is_root(scope):
        return True
    match line:
        case School():
            known = line.id not in tree.schools or line.id in tree.branch(scope)
            return known and _unit_within(tree, scope, line.unit)
        case Device():
            owner = tree.school_of(line.gateway)
            return _school_within(tree, scope, line.school) and (owner is None or _school_within(tree, scope, owner))
        case Gateway() | SchoolRecord():
            return _school_within(tree, scope, line.school)
        case Station():
            return False
        case Unit():
            known = line.id not in tree.units or _unit_within(tree, scope, line.id)
            return known and line.parent is not None and _unit_within(tree, scope, line.parent)
        case _:
            return _unit_within(tree, scope, line.unit)


def _school_within(tree: Tree, scope: Scope, school: str) -> bool:
    return school not in tree.schools or school in tree.branch(scope)


def _unit_within(tree: Tree, scope: Scope, unit: str) -> bool:
    """Say whether a unit lies at or below the scope's own."""
    if scope.kind != "unit" or unit not in tree.units:
        return scope.kind == "unit"
    at: str | None = unit
    for _ in range(len(tree.units)):
        if at is None or at == scope.id:
            break
        at = tree.units[at].parent if at in tree.units else None
    return at == scope.id
