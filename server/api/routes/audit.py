"""The audit log, for those who supervise."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from server.api import views
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX
from server.api.parts import Parts
from server.api.problems import Code
from server.api.replies import answers, reply


def add(router: APIRouter, parts: Parts) -> None:
    """Add the route."""

    @router.get("/api/v1/audit", responses=answers(views.AuditPage, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.INVALID))
    async def audit(
        cursor: Annotated[int | None, Query(ge=1, lt=2**53)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    ) -> Response:
        """List the audit log, newest first."""
        found = await parts.registry.audit.page(cursor, limit)
        items = [
            views.AuditEntry(
                seq=entry.sequence,
                at=entry.at_ms,
                actor=entry.actor,
                what=entry.what,
                target=entry.target,
                detail=entry.detail,
                prev=entry.prev,
                hash=entry.hash,
            )
            for entry in found
        ]
        more = str(items[-1].seq) if len(items) == limit and items[-1].seq > 1 else None
        return reply(views.AuditPage(items=items, next=more))
