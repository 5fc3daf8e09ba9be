"""Alert rules as they hold at a unit, and what another setting would have done in the last days."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from server.api import asks, views
from server.api.gate import caller_of, crossing, read_body
from server.api.parts import Parts
from server.api.places import schools_below, unit_within
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.show_rules import rule_view, whatif_view
from server.core.rules import RULES
from server.registry.sheets.rule_setting import SHEET, RuleSetting
from server.security.access import Permission
from server.security.editing import may_edit_sheet
from server.whatif.asking import Job, WhatIf
from server.whatif.model import Proposal, replayable

_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND)
_WRITE = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.NOT_FOUND, Code.INVALID, Code.TOO_MANY)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get("/api/v1/rules", responses=answers(views.Rules, *_READ))
    async def rules(request: Request, unit: Annotated[str | None, Query(max_length=32)] = None) -> Response:
        """List every rule with the settings that hold at a unit, and whence they come."""
        within = await unit_within(parts, request, unit)
        schools = {school.id for school in await schools_below(parts, request, within)}
        counts: dict[str, int] = {}
        for alert in parts.engine.alerts.values():
            if alert.open and alert.school in schools:
                counts[alert.rule] = counts.get(alert.rule, 0) + 1
        caller, known = caller_of(request), parts.registry.tree.units[within]
        editable = caller.may(Permission.EDIT_LEDGER) and may_edit_sheet(caller.user, SHEET, parts.registry.tree)
        return reply(
            views.Rules(
                unit=within,
                unit_name=known.name,
                unit_name_en=known.name_en,
                editable=editable,
                items=[rule_view(parts, rule, within, counts.get(rule.name, 0)) for rule in RULES.values()],
            )
        )

    @router.post(
        "/api/v1/rules/{rule}/whatif",
        status_code=202,
        responses=answers(views.WhatIfView, *_WRITE, status=202),
        openapi_extra=body(asks.AskWhatIf),
    )
    async def try_setting(rule: str, request: Request) -> Response:
        """Begin to compare the settings that hold with others, over the last days of the schools below a unit."""
        return reply(whatif_view(parts, await _begun(parts, request, rule)), 202)

    @router.get("/api/v1/whatif/{job_id}", responses=answers(views.WhatIfView, *_READ))
    async def one(job_id: str, request: Request) -> Response:
        """Say how far a comparison of the caller's has got, and what it has found."""
        return reply(whatif_view(parts, await _job(parts, request, job_id)))

    @router.post("/api/v1/whatif/{job_id}/cancel", responses=answers(views.WhatIfView, *_READ, Code.CSRF))
    async def cancel(job_id: str, request: Request) -> Response:
        """Give a comparison up; what it has found so far stays."""
        job = await _job(parts, request, job_id)
        _whatif(parts).cancel(job)
        return reply(whatif_view(parts, job))


async def _begun(parts: Parts, request: Request, rule: str) -> Job:
    asked = await read_body(request, asks.AskWhatIf)
    known = RULES.get(rule)
    if known is None:
        raise await crossing(parts, request, "rule", rule)
    unit = await unit_within(parts, request, asked.unit)
    if not replayable(known):
        raise ApiError(Code.INVALID, f"rule {rule}: nothing that readings could show can be set")
    for name, value in asked.values.items():
        _check(rule, name, value, unit)
    schools = [school.id for school in await schools_below(parts, request, unit)]
    job = _whatif(parts).begin(caller_of(request).user.name, Proposal(unit, rule, asked.values), schools, asked.days)
    if job is None:
        raise ApiError(Code.TOO_MANY, "too many comparisons wait")
    return job


def _check(rule: str, name: str, value: float | None, unit: str) -> None:
    param = next((one for one in RULES[rule].settings if one.name == name), None)
    if param is None:
        raise ApiError(Code.INVALID, f"{rule} has no setting {name!r}")
    if value is not None:
        assert SHEET.line_check is not None
        line = RuleSetting(unit=unit, id=f"{rule}.{name}", value=value)  # type: ignore[arg-type]  # A unit's id.
        refused = SHEET.line_check(line)
        if refused is not None:
            raise ApiError(Code.INVALID, refused[1])


def _whatif(parts: Parts) -> WhatIf:
    if parts.whatif is None:
        raise ApiError(Code.NOT_FOUND, "this server has no journal to replay")
    return parts.whatif


async def _job(parts: Parts, request: Request, job_id: str) -> Job:
    job = _whatif(parts).find(job_id, caller_of(request).user.name)
    if job is None:
        raise await crossing(parts, request, "whatif", job_id)
    return job
