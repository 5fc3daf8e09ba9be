"""Imports of the registry: a file is taken, shown as what it would do, and then done whole or given up."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from server.api import asks, views
from server.api.gate import caller_of, crossing, read_body
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import NO_STORE, answers, body, reply
from server.api.routes.roster import sheet_of
from server.api.routes.roster_edits import past_day
from server.api.show_registry import import_view
from server.importing import Import
from server.registry.exchange.limits import FileRefused
from server.security.editing import permit_of

_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.TOO_MANY)
_WRITE = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.NOT_FOUND, Code.INVALID, Code.TOO_MANY, Code.TOO_LARGE)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.post(
        "/api/v1/imports",
        status_code=202,
        responses=answers(views.ImportView, *_WRITE, status=202),
        openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
    )
    async def take(
        request: Request,
        name: Annotated[str, Query(max_length=200)],
        sheet: Annotated[str, Query(max_length=32)] = "",
        whole: bool = False,
    ) -> Response:
        """Take a file and begin to read it; what it would do is then shown. A CSV file needs to be told its sheet."""
        user = caller_of(request).user
        _check(request, sheet)
        permit = permit_of(user, parts.registry.tree)
        try:
            job = await parts.importing.take(
                request.stream(), by=user.name, name=name, sheet=sheet, whole=whole, permit=permit
            )
        except FileRefused as refused:
            raise ApiError(Code.TOO_LARGE, str(refused)) from None
        if job is None:
            raise ApiError(Code.TOO_MANY, "too many imports are at work")
        return _shown(parts, job, 202)

    @router.get("/api/v1/imports/{import_id}", responses=answers(views.ImportView, *_READ))
    async def one(import_id: str, request: Request) -> Response:
        """Say how far an import of the caller's has got, what it would do and what is wrong with it."""
        return _shown(parts, await _job(parts, request, import_id))

    @router.post(
        "/api/v1/imports/{import_id}/apply",
        status_code=202,
        responses=answers(views.ImportView, *_WRITE, Code.ILLEGAL_MOVE, status=202),
        openapi_extra=body(asks.AskImport),
    )
    async def apply(import_id: str, request: Request) -> Response:
        """Do what was shown, all of it or nothing."""
        asked, job, user = (
            await read_body(request, asks.AskImport),
            await _job(parts, request, import_id),
            caller_of(request).user,
        )
        effective = past_day(parts, asked.effective)
        if not job.ready:
            raise ApiError(Code.ILLEGAL_MOVE, "there are faults, or it is at work or done")
        await parts.registry.audit.append(parts.clock(), user.name, "import_applied", job.name[:100], asked.reason)
        permit = permit_of(user, parts.registry.tree)
        parts.importing.apply(job, reason=asked.reason, effective=effective, permit=permit)
        return _shown(parts, job, 202)

    @router.post(
        "/api/v1/imports/{import_id}/discard",
        status_code=204,
        responses=answers(None, *_WRITE, Code.ILLEGAL_MOVE, status=204),
    )
    async def discard(import_id: str, request: Request) -> Response:
        """Forget an import that is not at work."""
        job = await _job(parts, request, import_id)
        if job.busy:
            raise ApiError(Code.ILLEGAL_MOVE, "it is at work")
        await parts.importing.give_up(job)
        return Response(status_code=204, headers=NO_STORE)


def _check(request: Request, sheet: str) -> None:
    if request.headers.get("content-type", "") != "application/octet-stream":
        raise ApiError(Code.INVALID, "content type; allowed: application/octet-stream")
    if sheet:
        sheet_of(sheet)


async def _job(parts: Parts, request: Request, import_id: str) -> Import:
    job = parts.importing.find(import_id, caller_of(request).user.name)
    if job is None:
        raise await crossing(parts, request, "import", import_id)
    return job


def _shown(parts: Parts, job: Import, status: int = 200) -> Response:
    return reply(import_view(job, parts.importing.progress(job)), status)
