"""Attachments of an alert: taken by their content, given back as files, marked as removed with a reason."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from server.api import asks, views
from server.api.gate import caller_of, read_body
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import NO_STORE, answers, body, reply
from server.api.routes.evidence import READ, WRITE, act_of, alert_of, evidence_of
from server.api.show_evidence import attachment_view, may_attach, may_remove
from server.evidence.holding import NotDone
from server.evidence.model import Attachment, shelf_of
from server.evidence.sniffing import SUFFIXES
from server.evidence.zipping import pieces_of

UPLOADS_AT_ONCE = 4  # Each writes to the disk that alarms are written to.


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""
    slots = asyncio.Semaphore(UPLOADS_AT_ONCE)

    @router.post(
        "/api/v1/alerts/{alert_id}/attachments",
        status_code=201,
        responses=answers(views.EvidenceAttachment, *WRITE, Code.TOO_LARGE, status=201),
        openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
    )
    async def attach(
        alert_id: str,
        request: Request,
        name: Annotated[str, Query(min_length=1, max_length=120)],
        note: Annotated[str, Query(max_length=500)] = "",
    ) -> Response:
        """Add a photo, PDF, recording, short video or text, known by its content; names of pupils are not asked for."""
        evidence, alert, user = evidence_of(parts), await alert_of(parts, request, alert_id), caller_of(request).user
        if not may_attach(user, alert):
            raise ApiError(Code.FORBIDDEN, f"{user.role.value} may not add to this alert")
        if request.headers.get("content-type", "") != "application/octet-stream":
            raise ApiError(Code.INVALID, "content type; allowed: application/octet-stream")
        if slots.locked():
            raise ApiError(Code.TOO_MANY, "other files are being taken")
        try:
            async with slots:
                taken = await evidence.files.take(request.stream())
                kept = await evidence.store.attach(
                    Attachment(
                        id=str(uuid.uuid4()),
                        alert=alert.id,
                        shelf=shelf_of(alert),
                        at_ms=parts.now_ms(),
                        actor=user.name,
                        role=user.role.value,
                        name=_clean(name),
                        note=_clean(note),
                        kind=taken.found.kind,
                        source="person",
                        media_type=taken.found.media_type,
                        sha256=taken.sha256,
                        bytes=taken.bytes,
                    )
                )
        except NotDone as refused:
            raise ApiError(Code(refused.code), refused.detail) from None
        return reply(attachment_view(kept, parts.registry.accounts), 201)


def add_giving(router: APIRouter, parts: Parts) -> None:
    """Add the routes that give attachments and mark them."""
    file = answers(None, *READ)
    file[200]["description"] = "the file, as it was taken"
    file[200]["content"] = {"application/octet-stream": {}}

    @router.get("/api/v1/alerts/{alert_id}/attachments/{attachment_id}", responses=file)
    async def give(alert_id: str, attachment_id: str, request: Request) -> Response:
        """Give one attachment; one that was marked as removed is given no more."""
        evidence, alert = evidence_of(parts), await alert_of(parts, request, alert_id)
        found = await _find(parts, alert.id, attachment_id)
        if found.removed_ms or found.expired_ms:
            raise ApiError(Code.NOT_FOUND)
        wrong = await asyncio.to_thread(evidence.files.holds, found.sha256, found.bytes)
        if wrong:
            raise ApiError(Code.UNAVAILABLE, f"the file is {wrong}")
        await evidence.store.note(act_of(parts, request, alert, "downloaded", found.id))

        async def stream() -> AsyncIterator[bytes]:
            with await asyncio.to_thread(evidence.files.path(found.sha256).open, "rb") as opened:
                pieces = pieces_of(opened)
                while piece := await asyncio.to_thread(next, pieces, b""):
                    yield piece

        name = f"{found.sha256[:12]}.{SUFFIXES.get(found.media_type, 'bin')}"
        headers = {
            **NO_STORE,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(found.bytes),
            "Content-Security-Policy": "default-src 'none'; sandbox",  # Whatever is in it, no page of ours runs it.
        }
        return StreamingResponse(stream(), 200, headers, found.media_type)

    @router.post(
        "/api/v1/alerts/{alert_id}/attachments/{attachment_id}/remove",
        responses=answers(views.EvidenceAttachment, *WRITE),
        openapi_extra=body(asks.AskRemoval),
    )
    async def remove(alert_id: str, attachment_id: str, request: Request) -> Response:
        """Mark an attachment as removed; nobody's bytes are deleted by it, and what is held is not marked."""
        asked = await read_body(request, asks.AskRemoval)
        evidence, alert, user = evidence_of(parts), await alert_of(parts, request, alert_id), caller_of(request).user
        found = await _find(parts, alert.id, attachment_id)
        if not may_remove(user, alert, found):
            raise ApiError(Code.FORBIDDEN, "it is another person's")
        try:
            after = await evidence.store.mark(act_of(parts, request, alert, "marked", found.id, asked.reason))
        except NotDone as refused:
            raise ApiError(Code(refused.code), refused.detail) from None
        return reply(attachment_view(after, parts.registry.accounts))


async def _find(parts: Parts, alert: str, attachment_id: str) -> Attachment:
    for file in await evidence_of(parts).store.files(alert):
        if file.id == attachment_id:
            return file
    raise ApiError(Code.NOT_FOUND)


def _clean(text: str) -> str:
    """Leave out what no text needs: control characters, and those that turn the order of letters."""
    return "".join(letter for letter in text if letter.isprintable()).strip()
