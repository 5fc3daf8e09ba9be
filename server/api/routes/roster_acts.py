"""Larger edits of the registry: one school as a whole, and the calendar."""

import asyncio

from fastapi import APIRouter, Request, Response

from contract.identity import SchoolId
from server.api import asks, views
from server.api.gate import caller_of, crossing, read_body, school_within
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.routes.roster import may_edit_calendar, sheet_of
from server.api.routes.roster_edits import WRITE, day_of, edited, permitted
from server.registry.calendars import calendar_faults
from server.registry.changes import CALENDAR, Edit
from server.registry.model import Calendar, Term, Window
from server.registry.reorganising import Ending, ending_edits, renamed


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.post(
        "/api/v1/schools/{school_id}/reorganise",
        responses=answers(views.EditAnswer, *WRITE),
        openapi_extra=body(asks.AskReorganise),
    )
    async def reorganise(school_id: str, request: Request) -> Response:
        """Rename, close or merge a school as one act, with its devices and lines."""
        asked, caller = await read_body(request, asks.AskReorganise), caller_of(request)
        school = await school_within(parts, request, school_id)
        await permitted(parts, request, caller, sheet_of("school"), school, school)
        if asked.act == "rename":
            if not asked.name:
                raise ApiError(Code.INVALID, "name: a school needs one")
            edits = [renamed(school, asked.name, asked.name_en)]
        else:
            into = await school_within(parts, request, asked.into) if asked.act == "merge" else None
            if into is not None and (into.id == school.id or into.closed is not None):
                raise ApiError(Code.INVALID, "into: another school that is open")
            if into is None and "move" in (asked.devices, asked.records):
                raise ApiError(Code.INVALID, "devices, records: nothing can move to no school")
            ending = Ending(
                SchoolId(school.id), day_of(asked.day, "day"), into.id if into else None, asked.devices, asked.records
            )
            edits = await asyncio.to_thread(ending_edits, parts.registry.roster, ending)
        return await edited(parts, caller, edits, asked.reason, asked.day)

    @router.post("/api/v1/calendar", responses=answers(views.EditAnswer, *WRITE), openapi_extra=body(asks.AskCalendar))
    async def put_calendar(request: Request) -> Response:
        """Replace the city's school calendar."""
        asked, caller = await read_body(request, asks.AskCalendar), caller_of(request)
        if not may_edit_calendar(caller, parts.registry.tree):
            raise await crossing(parts, request, CALENDAR, "")
        calendar = _calendar(asked)
        faults = [
            views.FaultView(sheet=CALENDAR, row=0, column=name, label=name, label_en=name, words=zh, words_en=en)
            for name, (zh, en) in calendar_faults(calendar)
        ]
        if faults:
            return reply(views.EditAnswer(done=False, changed=0, faults=faults))
        return await edited(parts, caller, [Edit(CALENDAR, (), calendar)], asked.reason, asked.effective)


def _calendar(asked: asks.AskCalendar) -> Calendar:
    return Calendar(
        terms=tuple(Term(day_of(term.first, "terms"), day_of(term.last, "terms")) for term in asked.terms),
        holidays=frozenset(day_of(text, "holidays") for text in asked.holidays),
        make_up_days=frozenset(day_of(text, "make_up_days") for text in asked.make_up_days),
        exam_days=frozenset(day_of(text, "exam_days") for text in asked.exam_days),
        class_hours=tuple(Window(*span) for span in asked.class_hours),
        peaks=tuple(Window(*span) for span in asked.peaks),
    )
