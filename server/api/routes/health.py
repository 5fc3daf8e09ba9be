"""Whether the server lives and is ready, and its metrics; none of it tells anything about a school."""

from fastapi import APIRouter, Response

from server.api import views
from server.api.metrics import expose
from server.api.parts import Parts
from server.api.problems import Code
from server.api.replies import answers, reply


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get("/healthz", responses=answers(views.Health))
    async def healthz() -> Response:
        """Say that the process lives and its event loop turns."""
        return reply(views.Health(status="ok", parts={}))

    @router.get("/readyz", responses=answers(views.Health, Code.UNAVAILABLE))
    async def readyz() -> Response:
        """Say whether the journal answers and the doors are connected; names what is not."""
        wrong = dict(parts.ingest.not_ready())
        return reply(views.Health(status="unavailable" if wrong else "ok", parts=wrong), 503 if wrong else 200)

    @router.get("/metrics", responses={200: {"description": "Prometheus text format", "content": {"text/plain": {}}}})
    async def metrics() -> Response:
        """Give the counters to a collector on this machine, or to an administrator."""
        content, media_type = expose(parts)
        return Response(content, media_type=media_type)
