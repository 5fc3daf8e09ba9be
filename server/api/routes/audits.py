"""Audits of everything derived from the journal: asked for by an administrator, read by those who supervise."""

from fastapi import APIRouter, Request, Response

from contract.errors import ConfigurationError
from server.api import asks, views
from server.api.gate import caller_of, read_body
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.audit.auditor import Auditor
from server.audit.days import parse_day
from server.audit.report import Report
from server.audit.results import Run

RUNS = 100  # Some three months of nights.


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get("/api/v1/audits", responses=answers(views.AuditRuns, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.UNAVAILABLE))
    async def audits() -> Response:
        """List the newest audits."""
        return reply(views.AuditRuns(items=[_run(run) for run in await _auditor(parts).results.runs(RUNS)]))

    @router.post(
        "/api/v1/audits",
        status_code=202,
        responses=answers(
            views.AuditStarted,
            Code.UNAUTHENTICATED,
            Code.FORBIDDEN,
            Code.CSRF,
            Code.INVALID,
            Code.TOO_MANY,
            Code.UNAVAILABLE,
            status=202,
        ),
        openapi_extra=body(asks.AskAudit),
    )
    async def start(request: Request) -> Response:
        """Start an audit in the background, one at a time."""
        asked = await read_body(request, asks.AskAudit)
        auditor, caller = _auditor(parts), caller_of(request).user.name
        try:
            days = [parse_day(text) if text else None for text in (asked.start, asked.end)]
        except ConfigurationError as error:
            raise ApiError(Code.INVALID, str(error)) from None
        run = auditor.ask(caller, days[0], days[1])
        if run is None:
            raise ApiError(Code.TOO_MANY, "another audit is running")
        span = f"{asked.start}..{asked.end}"
        await parts.registry.audit.append(parts.clock(), caller, "audit_started", f"audit:{run}", span)
        return reply(views.AuditStarted(id=run), 202)

    @router.get(
        "/api/v1/audits/{audit_id}",
        responses=answers(views.AuditReport, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.UNAVAILABLE),
    )
    async def one(audit_id: str) -> Response:
        """Say how far an audit has got, or what it found."""
        return reply(await _state(_auditor(parts), audit_id))


def _auditor(parts: Parts) -> Auditor:
    if parts.auditor is None:
        raise ApiError(Code.UNAVAILABLE)
    return parts.auditor


async def _state(auditor: Auditor, audit_id: str) -> views.AuditReport:
    progress = auditor.progress(audit_id)
    if progress is not None:
        return _view(audit_id, "running", None, None, stage=(progress.stage, progress.done, progress.total))
    run, report = await auditor.results.run(audit_id), await auditor.results.report(audit_id)
    if run is not None:
        return _view(audit_id, "ended", run, report)
    trouble = auditor.trouble(audit_id)
    if not trouble:
        raise ApiError(Code.NOT_FOUND)
    return _view(audit_id, "failed", None, None, trouble=trouble)


def _run(run: Run) -> views.AuditRun:
    return views.AuditRun(
        id=run.id,
        asked_by=run.asked_by,
        begun=run.started_ms,
        ended=run.ended_ms,
        start=run.from_ms,
        end=run.to_ms,
        passed=run.passed,
        differences=run.differences,
    )


def _view(
    audit: str,
    state: str,
    run: Run | None,
    report: Report | None,
    *,
    stage: tuple[str, int, int] = ("", 0, 0),
    trouble: str = "",
) -> views.AuditReport:
    return views.AuditReport(
        id=audit,
        state=state,  # type: ignore[arg-type]  # One of the three above.
        stage=stage[0],
        done=stage[1],
        total=stage[2],
        trouble=trouble,
        run=_run(run) if run else None,
        batches=report.batches if report else 0,
        readings=report.readings if report else 0,
        values=report.values if report else 0,
        events=report.events if report else 0,
        checks=[
            views.AuditCheck(
                name=check.name,
                about=check.about,
                compared=check.compared,
                differences=check.differences,
                unchecked=check.unchecked,
                why_unchecked=check.why_unchecked,
                notes=check.notes,
                shown=check.shown,
            )
            for check in (report.checks if report else ())
        ],
    )
