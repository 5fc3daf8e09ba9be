"""What screens say about themselves, so that a mute or blind one is noticed."""

from fastapi import APIRouter, Request, Response

from server.api import asks
from server.api.gate import caller_of, read_body
from server.api.parts import Parts
from server.api.problems import Code
from server.api.replies import answers, body


def add(router: APIRouter, parts: Parts) -> None:
    """Add the route."""

    @router.post(
        "/api/v1/screens/health",
        status_code=204,
        responses=answers(None, Code.UNAUTHENTICATED, Code.CSRF, Code.INVALID, status=204),
        openapi_extra=body(asks.ScreenHealth),
    )
    async def screen_health(request: Request) -> Response:
        """Note whether a screen can ring, is looked at, and is fresh."""
        said = await read_body(request, asks.ScreenHealth)
        parts.screens.note(caller_of(request).session.digest, said.audio, visible=said.visible, age_ms=said.stream_age_ms)
        return Response(status_code=204)
