"""Evidence of an alert: seen, taken out as a bundle, held. Whatever is done with it is in the audit log first."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from server.api import asks, views
from server.api.gate import caller_of, crossing, read_body
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import NO_STORE, answers, body, reply
from server.api.show_evidence import evidence_view, hold_view
from server.core.alert import Alert
from server.evidence.evidence import Evidence
from server.evidence.exporting import make_bundle
from server.evidence.holding import NotDone
from server.evidence.model import AROUND_MS, LATE_MS, Act, Hold
from server.security.access import sees, sees_alert

READ_AT_ONCE = 2  # Reads use the database that alarms are written to.
EXPORTS_AT_ONCE = 2
ID_CHARACTERS_MAX = 80
READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.TOO_MANY, Code.UNAVAILABLE)
WRITE = (*READ, Code.CSRF, Code.ILLEGAL_MOVE, Code.SECOND_PERSON_REQUIRED)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""
    reading, exporting = asyncio.Semaphore(READ_AT_ONCE), asyncio.Semaphore(EXPORTS_AT_ONCE)
    file = answers(None, *READ)
    file[200]["description"] = "the bundle; `as_of` of its manifest asked again gives the same bytes"
    file[200]["content"] = {"application/zip": {}}

    @router.get("/api/v1/alerts/{alert_id}/evidence", responses=answers(views.Evidence, *READ))
    async def see(alert_id: str, request: Request) -> Response:
        """Show the evidence of an alert, however old."""
        evidence, alert, caller = evidence_of(parts), await alert_of(parts, request, alert_id), caller_of(request)
        async with reading:
            dossier = await evidence.reader.dossier(alert, parts.now_ms() + 1)  # What was attached just now too.
        await evidence.store.note(act_of(parts, request, alert, "viewed"))
        shown = await asyncio.to_thread(evidence_view, dossier, parts.registry.tree, parts.registry.accounts, caller.user)
        return reply(shown)

    @router.get("/api/v1/alerts/{alert_id}/evidence.zip", responses=file)
    async def take(alert_id: str, request: Request, as_of: Annotated[int | None, Query(ge=0, lt=2**53)] = None) -> Response:
        """Give the evidence as one bundle with its manifest; `as_of` makes an earlier one again."""
        evidence, alert = evidence_of(parts), await alert_of(parts, request, alert_id)
        if exporting.locked():
            raise ApiError(Code.TOO_MANY, "other bundles are being taken")
        now_ms = parts.now_ms()
        until_ms = min(as_of, now_ms) if as_of is not None else now_ms
        school = parts.registry.tree.schools.get(alert.school)
        async with exporting:
            dossier = await evidence.reader.dossier(alert, until_ms)
            head = await evidence.store.audit_head(until_ms)
            bundle = await asyncio.to_thread(make_bundle, dossier, school.name if school else "", head, evidence.files)
        manifest = bundle.manifest
        await evidence.store.note(act_of(parts, request, alert, "exported", manifest.seal))

        async def guarded() -> AsyncIterator[bytes]:
            async with exporting:
                async for piece in bundle.stream():
                    yield piece

        headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="evidence-{until_ms}.zip"'}
        return StreamingResponse(guarded(), 200, headers, "application/zip")

    @router.post(
        "/api/v1/alerts/{alert_id}/hold",
        responses=answers(views.EvidenceHolds, *WRITE),
        openapi_extra=body(asks.AskHold),
    )
    async def hold(alert_id: str, request: Request) -> Response:
        """Hold the evidence of an alert, or move its hold; whoever asked to lift it does not lift it."""
        asked = await read_body(request, asks.AskHold)
        evidence, alert, user = evidence_of(parts), await alert_of(parts, request, alert_id), caller_of(request).user
        try:
            if asked.move == "place":
                await evidence.store.place(
                    _hold(alert, user.name, asked.reason, parts.now_ms()), alert.school, user.role.value
                )
            else:
                await evidence.store.move_hold(act_of(parts, request, alert, "", note=asked.reason), asked.move)
        except NotDone as refused:
            raise ApiError(Code(refused.code), refused.detail) from None
        return await _holds(parts, request)

    @router.get("/api/v1/evidence/holds", responses=answers(views.EvidenceHolds, *READ))
    async def holds(request: Request) -> Response:
        """List the holds within reach that stand, and count what is kept."""
        return await _holds(parts, request)


def evidence_of(parts: Parts) -> Evidence:
    """Give the evidence of this server."""
    if parts.evidence is None:
        raise ApiError(Code.UNAVAILABLE, "this server keeps no evidence")
    return parts.evidence


async def alert_of(parts: Parts, request: Request, alert_id: str) -> Alert:
    """Give an alert within the caller's reach, from its facts where no screen knows it any more; else 404, audited."""
    alert = parts.engine.alerts.get(alert_id)
    if alert is None and len(alert_id) <= ID_CHARACTERS_MAX:
        alert = await evidence_of(parts).reader.alert(alert_id)
    if alert is None or not sees_alert(caller_of(request).reach, parts.registry.tree, alert):
        raise await crossing(parts, request, "alert", alert_id)
    return alert


def act_of(parts: Parts, request: Request, alert: Alert, what: str, ref: str = "", note: str = "") -> Act:
    """Make the record of what the caller does."""
    user = caller_of(request).user
    return Act(alert.id, parts.now_ms(), user.name, user.role.value, what, ref, note)


def _hold(alert: Alert, by: str, reason: str, now_ms: int) -> Hold:
    """Hold what was received from five minutes before the first press until a cut-off school has sent what it kept."""
    moments = [alert.t, alert.rx, *(press.t for press in alert.presses), *(press.rx for press in alert.presses)]
    start, end = round(min(moments) * 1_000) - AROUND_MS, round(max(moments) * 1_000) + AROUND_MS + LATE_MS
    return Hold(alert.id, 0, start, end, now_ms, by, reason)


async def _holds(parts: Parts, request: Request) -> Response:
    evidence, caller, tree = evidence_of(parts), caller_of(request), parts.registry.tree
    standing, counts = await evidence.store.standing(), await evidence.store.counts()
    return reply(
        views.EvidenceHolds(
            items=[hold_view(one, school, tree) for one, school in standing if sees(caller.reach, tree, school)],
            files=counts["files"],
            bytes=counts["bytes"],
            traces=counts["traces"],
            holds=counts["holds"],
        )
    )
