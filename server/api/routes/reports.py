"""Reports for paper and spreadsheet: what can be made, each made on request, and the log of those that were given."""

import base64
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from contract.errors import ConfigurationError
from server.api import views
from server.api.gate import Caller, caller_of, crossing
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX, read_cursor, write_cursor
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import NO_STORE, answers, reply
from server.audit.days import day_of, parse_day
from server.core.schedule import local_date
from server.gaps.model import Gap, GapState
from server.gaps.store import Wanted
from server.registry.model import Scope
from server.reports import REPORTS
from server.reports.facts import Facts, branch, names
from server.reports.gathering import frozen_facts, registry_then
from server.reports.given import HASH_LEAST, Given
from server.reports.making import Form, TooMany
from server.reports.report import Report

GAPS_MAX = 50_000  # Of one report: several times what a whole city has on its first day.
_PROBLEMS = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID)
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "the report; `Repr-Digest` bears the file's SHA-256",
        "content": {"text/html": {}, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {}},
    }
}


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get("/api/v1/reports", responses=answers(views.Reports, *_PROBLEMS))
    async def reports(
        request: Request,
        sha256: Annotated[str, Query(max_length=64, pattern="^[0-9a-f]*$")] = "",
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    ) -> Response:
        """Say what can be made, and list what was given within reach, newest first; `sha256` finds a copy by its hash."""
        if sha256 and len(sha256) < HASH_LEAST:
            raise ApiError(Code.INVALID, f"sha256: at least {HASH_LEAST} digits")
        before = int(read_cursor(cursor)[0]) if cursor else None
        page = await parts.reports.given.page(before, limit, sha256)
        caller = caller_of(request)
        return reply(
            views.Reports(
                kinds=[_kind(report) for report in REPORTS.values()],
                today=local_date(parts.clock()).isoformat(),
                given=[_given(parts, given) for given in page if _reached(parts, caller, given)],
                next=write_cursor(page[-1].sequence, "") if len(page) == limit else None,
            )
        )

    @router.get("/api/v1/reports/{report}", responses=answers(None, *_PROBLEMS, Code.TOO_MANY, Code.UNAVAILABLE) | _FILE)
    async def make(  # One argument for each part of the question.
        request: Request,
        report: str,
        unit: Annotated[str | None, Query(max_length=32)] = None,
        station: Annotated[str | None, Query(max_length=32)] = None,
        school: Annotated[str | None, Query(max_length=10)] = None,
        day: Annotated[str, Query(max_length=10)] = "",
        language: Literal["zh", "en"] = "zh",
        form: Form = "html",
    ) -> Response:
        """Make one report of a branch within reach, put it on record, and give it as a page or a workbook."""
        known = REPORTS.get(report)
        if known is None:
            raise ApiError(Code.NOT_FOUND)
        caller = caller_of(request)
        scope = await _scope(parts, request, known, unit, station, school)
        facts = await _facts(parts, scope, day)
        try:
            file = await parts.reports.make(known, facts, language, form, by=caller.user.name, now_ms=parts.now_ms())
        except TooMany:
            raise ApiError(Code.TOO_MANY, "other reports are being made") from None
        headers = {
            **NO_STORE,
            "Content-Disposition": f'{"inline" if form == "html" else "attachment"}; filename="{file.name}"',
            "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(file.given.sha256)).decode()}:",
        }
        if file.policy:
            headers["Content-Security-Policy"] = file.policy
        return Response(file.body, 200, headers, file.media_type)


async def _scope(  # The three kinds of branch, and what they are checked against.
    parts: Parts, request: Request, report: Report, unit: str | None, station: str | None, school: str | None
) -> Scope:
    """Give the one branch that is asked for, or the caller's own; it must lie within reach."""
    asked = [Scope(kind, id_) for kind, id_ in (("unit", unit), ("station", station), ("school", school)) if id_]
    if len(asked) > 1:
        raise ApiError(Code.INVALID, "unit, station, school: one of them")
    caller, tree = caller_of(request), parts.registry.tree
    scope = asked[0] if asked else caller.reach.scope
    if scope.kind not in report.scopes:
        raise ApiError(Code.INVALID, f"{report.name}: of {', '.join(sorted(report.scopes))} only")
    below = tree.branch(scope).schools
    mine = tree.branch(caller.reach.scope)
    if not below or not all(one in mine for one in below):  # A report of half a county would pass for the county's.
        raise await crossing(parts, request, scope.kind, scope.id)
    return scope


async def _facts(parts: Parts, scope: Scope, day: str) -> Facts:
    """Gather what a report is made of: of today as it stands at this moment, of a day that is over as it was frozen."""
    now_ms, today = parts.now_ms(), local_date(parts.clock())
    try:
        wanted = parse_day(day) if day else day_of(now_ms)
    except ConfigurationError as error:
        raise ApiError(Code.INVALID, str(error)) from None
    if wanted > day_of(now_ms):
        raise ApiError(Code.INVALID, "day: it has not come yet")
    if wanted < day_of(now_ms):
        return await _frozen(parts, scope, wanted)
    engine = parts.engine
    index = engine.roster
    verdicts = {school: engine.verdicts(school) for school in branch(index, scope) if engine.verdicts(school)}
    return Facts(
        day=today,
        as_of_ms=now_ms,
        frozen="",
        scope=scope,
        index=index,
        indicators=tuple(engine.indicators),
        verdicts=verdicts,
        gaps=await _gaps(parts, list(verdicts), now_ms),
    )


async def _frozen(parts: Parts, scope: Scope, day: int) -> Facts:
    """Give a frozen day as it was known then, with the ledger of gaps as its moves up to the end of the day left it."""
    if parts.past is None:
        raise ApiError(Code.UNAVAILABLE)
    found, head = (await parts.past.then(day)).day, await parts.past.snapshots.head(day)
    if found is None or head is None:
        raise ApiError(Code.NOT_FOUND, "day: it was not frozen")
    index = await registry_then(parts.reports.records, day, found.frozen.registry_sequence)
    schools = list(branch(index, scope))
    gaps = await parts.gaps.as_of(schools, found.frozen.judged_ms)
    if len(gaps) > GAPS_MAX:
        raise ApiError(Code.TOO_LARGE, f"{len(gaps)} gaps; allowed: {GAPS_MAX}")
    return frozen_facts(found, head.hash, index, scope, tuple(gaps))


async def _gaps(parts: Parts, schools: list[str], now_ms: int) -> tuple[Gap, ...]:
    found, total = await parts.gaps.page(Wanted(schools, states=tuple(GapState)), now_ms, 0, GAPS_MAX)
    if total > GAPS_MAX:
        raise ApiError(Code.TOO_LARGE, f"{total} gaps; allowed: {GAPS_MAX}")
    return tuple(found)


def _kind(report: Report) -> views.ReportKind:
    return views.ReportKind(
        id=report.name,
        label=report.label,
        label_en=report.label_en,
        about=report.about,
        about_en=report.about_en,
        scopes=sorted(report.scopes),
    )


def _reached(parts: Parts, caller: Caller, given: Given) -> bool:
    """Say whether a report is of the caller's branch: who gave it does not matter, nor that a school has closed since."""
    scope, mine = Scope(given.scope_kind, given.scope_id), parts.registry.tree.branch(caller.reach.scope)
    below = parts.registry.tree.branch(scope).schools
    return given.actor == caller.user.name or (bool(below) and all(school in mine for school in below))


def _given(parts: Parts, given: Given) -> views.ReportGiven:
    name, name_en = names(parts.engine.roster, Scope(given.scope_kind, given.scope_id))
    return views.ReportGiven(
        number=given.sequence,
        at=given.at_ms,
        by=given.actor,
        by_display=parts.registry.accounts.display(given.actor),
        report=given.report,
        scope_kind=given.scope_kind,
        scope=given.scope_id,
        scope_name=name,
        scope_name_en=name_en,
        day=given.day.isoformat(),
        as_of=given.as_of_ms,
        frozen=given.frozen,
        language=given.language,  # type: ignore[arg-type]  # One of the two, as it was asked.
        form=given.form,  # type: ignore[arg-type]  # Likewise.
        file=f"{given.name}.{given.form}",
        digest=given.digest,
        sha256=given.sha256,
        bytes=given.bytes,
    )
