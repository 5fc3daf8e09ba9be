"""Events from outside: a service with a key of its own tells of weather, police calls or traffic."""

import math

from fastapi import APIRouter, Request, Response

from contract.errors import ConfigurationError, StorageError
from server.api import asks, views
from server.api.gate import read_body
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.outside import Pace, delivered
from server.registry.sheets.outside_source import OutsideSource
from server.security.tokens import matches

BYTES_MAX = 128 * 1024  # A hundred events with their texts.


def add(router: APIRouter, parts: Parts) -> None:
    """Add the route."""
    pace = Pace()

    @router.post(
        "/api/v1/outside",
        responses=answers(
            views.OutsideTaken,
            Code.UNAUTHENTICATED,
            Code.INVALID,
            Code.TOO_LARGE,
            Code.TOO_MANY,
            Code.UNAVAILABLE,
            Code.CSRF,
        ),
        openapi_extra=body(asks.AskOutside),
    )
    async def take(request: Request) -> Response:
        """Take a delivery in; sent again, it changes nothing."""
        source = _source(parts, request)
        now = parts.clock()
        wait = pace.refused_for(source.id, now)
        if wait > 0:
            raise ApiError(Code.TOO_MANY, "6 deliveries a minute", headers={"Retry-After": str(math.ceil(wait))})
        if int(request.headers.get("content-length", BYTES_MAX + 1) or 0) > BYTES_MAX:
            raise ApiError(Code.TOO_LARGE, f"allowed: {BYTES_MAX} bytes, announced")
        asked = await read_body(request, asks.AskOutside)
        try:
            edits = delivered(source, asked.events, parts.engine.roster, now)
            changed = await parts.edit(edits, by=f"outside:{source.id}", reason="outside") if edits else 0
        except ConfigurationError as error:
            raise ApiError(Code.INVALID, "an event cannot be taken; nothing was", errors=[str(error)]) from None
        except StorageError as error:
            raise ApiError(Code.UNAVAILABLE, "the database does not answer") from error
        return reply(views.OutsideTaken(changed=changed))


def _source(parts: Parts, request: Request) -> OutsideSource:
    """Give the service whose key it is; an unknown key and a missing one get the same answer."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    for line in parts.engine.roster.roster.records:
        if isinstance(line, OutsideSource) and scheme.lower() == "bearer" and matches(key, line.key_hash):
            return line
    raise ApiError(Code.UNAUTHENTICATED)
