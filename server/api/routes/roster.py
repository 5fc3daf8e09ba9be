"""The registry read sheet by sheet: which there are, their lines within reach, and the history of one line."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from server.api import views
from server.api.gate import Caller, caller_of, crossing, school_within
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX, read_cursor, write_cursor
from server.api.parts import Parts
from server.api.places import unit_within
from server.api.problems import ApiError, Code
from server.api.replies import answers, reply
from server.api.show_registry import calendar_view, change_view, line_view, sheet_view
from server.registry.changes import lines_of
from server.registry.exchange.fields import fields_of
from server.registry.model import Role, School, Station, Unit
from server.registry.sheet import Sheet
from server.registry.sheets import SHEETS
from server.registry.tree import Tree
from server.security.access import Permission
from server.security.editing import may_edit_sheet, permit_of, reader_of

KEY_PARTS_MAX = 3
_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get("/api/v1/sheets", responses=answers(views.Sheets, Code.UNAUTHENTICATED, Code.FORBIDDEN))
    async def sheets(request: Request) -> Response:
        """List the sheets, with their columns and how many lines are within reach."""
        caller, tree = caller_of(request), parts.registry.tree
        counts = await asyncio.to_thread(_counts, tree, reader_of(caller.user, tree))
        edits = caller.may(Permission.EDIT_LEDGER)
        items = [
            sheet_view(one, counts[one.name], editable=edits and may_edit_sheet(caller.user, one, tree))
            for one in SHEETS.values()
        ]
        return reply(views.Sheets(items=items, calendar=may_edit_calendar(caller, tree)))

    @router.get("/api/v1/sheets/{sheet}/lines", responses=answers(views.LinePage, *_READ))
    async def lines(
        sheet: str,
        request: Request,
        q: Annotated[str, Query(max_length=80)] = "",
        unit: Annotated[str, Query(max_length=32)] = "",
        school: Annotated[str, Query(max_length=10)] = "",
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    ) -> Response:
        """List the lines of a sheet within reach, of one unit or school, and with all words of `q`."""
        known, caller, tree = sheet_of(sheet), caller_of(request), parts.registry.tree
        if school:
            await school_within(parts, request, school)
        if unit:
            await unit_within(parts, request, unit)
        start = int(read_cursor(cursor)[0]) if cursor else 0
        personal = caller.may(Permission.CONTACT)
        found = await asyncio.to_thread(chosen, tree, caller, known, q=q, unit=unit, school=school)
        if not 0 <= start <= len(found):
            raise ApiError(Code.INVALID, "cursor: not one of ours")
        permit = permit_of(caller.user, tree)
        edits = caller.may(Permission.EDIT_LEDGER)
        page = [
            line_view(known, line, tree, personal=personal, editable=edits and permit(known, line, None) is None)
            for line in found[start : start + limit]
        ]
        end = start + limit
        return reply(views.LinePage(items=page, next=write_cursor(end, "") if end < len(found) else None, total=len(found)))

    @router.get("/api/v1/sheets/{sheet}/history", responses=answers(views.LineHistory, *_READ, Code.UNAVAILABLE))
    async def history(
        sheet: str, request: Request, key: Annotated[list[str], Query(min_length=1, max_length=KEY_PARTS_MAX)]
    ) -> Response:
        """List every change of one line: by whom, when, why, and since when it is so."""
        known, caller = sheet_of(sheet), caller_of(request)
        changes = await parts.registry.changes(sheet, tuple(key))
        last = next((change.edit.line for change in reversed(changes) if change.edit.line is not None), None)
        if last is None or not reader_of(caller.user, parts.registry.tree)(last):
            raise await crossing(parts, request, sheet, " ".join(key))
        personal, names = caller.may(Permission.CONTACT), parts.registry.accounts
        items = [change_view(known, one, names.display(one.actor), personal=personal) for one in changes]
        return reply(views.LineHistory(items=items))

    @router.get("/api/v1/calendar", responses=answers(views.CalendarView, Code.UNAUTHENTICATED, Code.FORBIDDEN))
    async def calendar(request: Request) -> Response:
        """Give the city's school calendar."""
        editable = may_edit_calendar(caller_of(request), parts.registry.tree)
        return reply(calendar_view(parts.registry.roster.calendar, editable=editable))


def may_edit_calendar(caller: Caller, tree: Tree) -> bool:
    """Say whether the caller may edit the calendar, which is the whole city's."""
    offices = (Role.ADMINISTRATOR, Role.EDUCATION_OFFICER)
    return caller.user.role in offices and tree.is_root(caller.user.scope)


def sheet_of(name: str) -> Sheet:
    """Give a sheet, or raise the refusal."""
    known = SHEETS.get(name)
    if known is None:
        raise ApiError(Code.NOT_FOUND, "no such sheet")
    return known


def chosen(tree: Tree, caller: Caller, sheet: Sheet, *, q: str = "", unit: str = "", school: str = "") -> Sequence[Any]:
    """Choose the lines of a sheet within reach; for a thread, as a city has many."""
    sees = reader_of(caller.user, tree)
    found = [line for line in lines_of(tree.roster, sheet.name) if sees(line)]
    if school:
        found = [line for line in found if _school_of(line) == school]
    if unit:
        below = tree.branch_of_unit(unit)
        found = [line for line in found if _school_of(line) in below or getattr(line, "unit", "") == unit]
    words = q.casefold().split()
    if not words:
        return found
    text = _text_of(sheet, tree, personal=caller.may(Permission.CONTACT))
    return [line for line in found if _has(text(line), words)]


def _has(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)


def _school_of(line: Any) -> str:
    return line.id if isinstance(line, School) else getattr(line, "school", "")


def _text_of(sheet: Sheet, tree: Tree, *, personal: bool) -> Callable[[Any], str]:
    """Give what says all that a line can be found by, its school's name included."""
    fields = [one for one in fields_of(sheet).values() if personal or not one.column.personal]

    def text(line: Any) -> str:
        home = tree.schools.get(_school_of(line)) if not isinstance(line, School | Unit | Station) else None
        said = [str(one.write(getattr(line, one.name)) or "") for one in fields]
        return " ".join([*said, home.name if home else "", home.name_en if home else ""]).casefold()

    return text


def _counts(tree: Tree, sees: Callable[[Any], bool]) -> dict[str, int]:
    return {name: sum(1 for line in lines_of(tree.roster, name) if sees(line)) for name in SHEETS}
