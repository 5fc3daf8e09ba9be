"""Edits of single lines of the registry by hand, and what all edits share."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response

from contract.errors import ConfigurationError
from server.api import asks, views
from server.api.gate import Caller, caller_of, crossing, read_body
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.routes.roster import sheet_of
from server.api.show_registry import fault_views
from server.core.schedule import local_date
from server.registry.changes import Edit, lines_of
from server.registry.checking import RosterRefused
from server.registry.exchange.fields import MASK, BadCell, fields_of
from server.registry.exchange.planning import revised
from server.registry.record import Key
from server.registry.sheet import Sheet, Words
from server.security.editing import OUT_OF_REACH, permit_of, reader_of

WRITE = (
    *(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.NOT_FOUND, Code.INVALID, Code.UNAVAILABLE),
    Code.VERSION_CONFLICT,
)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.post(
        "/api/v1/sheets/{sheet}/lines",
        responses=answers(views.EditAnswer, *WRITE),
        openapi_extra=body(asks.AskLine),
    )
    async def put_line(sheet: str, request: Request) -> Response:
        """Put a line in, or edit the one of a key; says what is wrong instead when it cannot be."""
        asked, known, caller = await read_body(request, asks.AskLine), sheet_of(sheet), caller_of(request)
        old = await _line(parts, request, known, tuple(asked.key)) if asked.key else None
        line, faults = _made(known, old, asked.values)
        if not faults and old is None and await _line(parts, request, known, known.key_of(line), missing=True):
            faults = [_fault(known, known.key[-1], ("该编号已存在", "there is a line of this id already"))]
        if not faults and old is not None and known.key_of(line) != known.key_of(old):
            faults = [_fault(known, known.key[-1], ("编号不能修改", "an id cannot be changed"))]
        if faults:
            return reply(views.EditAnswer(done=False, changed=0, faults=faults))
        await permitted(parts, request, caller, known, old, line)
        edits = [Edit(known.name, known.key_of(line), line)]
        return await edited(parts, caller, edits, asked.reason, asked.effective)

    @router.post(
        "/api/v1/sheets/{sheet}/retire",
        responses=answers(views.EditAnswer, *WRITE),
        openapi_extra=body(asks.AskRetire),
    )
    async def retire(sheet: str, request: Request) -> Response:
        """Take a line out; its history stays."""
        asked, known, caller = await read_body(request, asks.AskRetire), sheet_of(sheet), caller_of(request)
        old = await _line(parts, request, known, tuple(asked.key))
        await permitted(parts, request, caller, known, old, None)
        return await edited(parts, caller, [Edit(known.name, tuple(asked.key))], asked.reason, asked.effective)


async def _line(parts: Parts, request: Request, sheet: Sheet, key: Key, *, missing: bool = False) -> Any:
    """Find a line within reach; anything else answers 404 and is audited, unless it may be missing."""
    tree = parts.registry.tree
    found = next((line for line in lines_of(tree.roster, sheet.name) if sheet.key_of(line) == key), None)
    if missing:
        return found
    if found is None or not reader_of(caller_of(request).user, tree)(found):
        raise await crossing(parts, request, sheet.name, " ".join(key))
    return found


async def permitted(parts: Parts, request: Request, caller: Caller, sheet: Sheet, old: Any, new: Any) -> None:
    """Refuse an edit that the caller may not make: out of reach answers 404 and is audited."""
    refusal = permit_of(caller.user, parts.registry.tree)(sheet, old, new)
    if refusal is OUT_OF_REACH:
        raise await crossing(parts, request, sheet.name, " ".join(sheet.key_of(new if new is not None else old)))
    if refusal is not None:
        raise ApiError(Code.FORBIDDEN, refusal[1])


def _made(sheet: Sheet, old: Any, values: dict[str, Any]) -> tuple[Any, list[views.FaultView]]:
    """Make the line of some cells, or say what is wrong with each."""
    fields, read, faults = fields_of(sheet), {}, []
    for name, cell in values.items():
        field = fields.get(name)
        if field is None:
            raise ApiError(Code.INVALID, f"values: no column {name[:40]!r}")
        if cell == MASK:
            continue
        try:
            read[name] = field.read("、".join(cell) if isinstance(cell, list) else cell)
        except BadCell as bad:
            faults.append(_fault(sheet, name, bad.words))
    if old is None:
        missing = [one.name for one in fields.values() if one.needed and one.name not in values]
        faults += [_fault(sheet, name, ("必填", "must be filled in")) for name in missing]
    if faults:
        return None, faults
    if old is not None:
        line = revised(old, read)
    else:
        defaults = {name: one.default for name, one in fields.items() if name not in read and not one.needed}
        line = sheet.record(**defaults, **read)
    wrong = sheet.line_check(line) if sheet.line_check is not None else None
    return line, [_fault(sheet, "", wrong)] if wrong else []


def _fault(sheet: Sheet, name: str, words: Words) -> views.FaultView:
    column = sheet.column(name)
    return views.FaultView(
        sheet=sheet.name,
        row=0,
        column=name,
        label=column.label if column else sheet.label,
        label_en=column.label_en if column else sheet.label_en,
        words=words[0],
        words_en=words[1],
    )


async def edited(parts: Parts, caller: Caller, edits: Sequence[Edit], reason: str, effective: str) -> Response:
    """Make edits and answer what they came to."""
    try:
        changed = await parts.edit(edits, by=caller.user.name, reason=reason, effective=past_day(parts, effective))
    except RosterRefused as refused:
        return reply(views.EditAnswer(done=False, changed=0, faults=fault_views(refused.faults)))
    except ConfigurationError as error:
        raise ApiError(Code.INVALID, str(error)) from None
    return reply(views.EditAnswer(done=True, changed=changed, faults=[]))


def past_day(parts: Parts, text: str) -> date | None:
    """Read since when an edit is so; none for today. A day to come is refused: that stands in the line itself."""
    if not text:
        return None
    day = day_of(text, "effective")
    if day > local_date(parts.clock()):
        raise ApiError(Code.INVALID, f"effective: {day} has not come yet")
    return day


def day_of(text: str, what: str) -> date:
    """Read a day, or raise the refusal."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ApiError(Code.INVALID, f"{what}: {text!r} is no day; write 2026-09-01") from None
