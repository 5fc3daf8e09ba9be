"""The HTTP door: `POST /v1/devices/{device}/{action}` with the device's token; the 200 to a press comes after the disk."""

import asyncio
import contextlib
import socket

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.lan.desk import BODY_BYTES_MAX, REPEAT, Answer, Desk, Outcome
from edge.lan.guard import Guard
from shell.web import WebServer

BODY_SECONDS_MAX = 5.0  # On a LAN 16 kB take milliseconds; a device that trickles is cut.
IDLE_SECONDS_MAX = 30.0  # A connection without a whole request for so long is closed: it holds a place.
HEADER_BYTES_MAX = 8_192
STOP_SECONDS_MAX = 3  # Requests in hand may finish; the outbox answers in milliseconds.

_STATUS = {
    Outcome.ACCEPTED: 200,
    Outcome.UNKNOWN_DEVICE: 404,
    Outcome.WRONG_TOKEN: 401,
    Outcome.UNKNOWN_ACTION: 404,
    Outcome.BAD_BODY: 422,
    Outcome.TOO_LARGE: 413,
    Outcome.TOO_FAST: 429,
    Outcome.NOT_DURABLE: 503,
}


def make_app(desk: Desk) -> Starlette:
    """Make the door's application."""

    async def take(request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        device = desk.recognise(request.path_params["device"], token)
        if isinstance(device, Answer):
            return _respond(device)
        try:
            body = await _read(request)
        except ClientDisconnect:
            return Response(status_code=400)  # Nobody is there to read it.
        return _respond(await desk.take(device, request.path_params["action"], body))

    async def state(request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        device = desk.recognise(request.path_params["device"], token)
        if isinstance(device, Answer):
            return _respond(device)
        return JSONResponse(msgspec.to_builtins(desk.postbox.state(device.declared.id)))

    async def health(_: Request) -> Response:
        return JSONResponse({"ok": True})

    return Starlette(
        routes=[
            Route("/v1/devices/{device}/{action}", take, methods=["POST"]),
            Route("/v1/devices/{device}/state", state, methods=["GET"]),
            Route("/v1/health", health, methods=["GET"]),
        ]
    )


async def _read(request: Request) -> bytes:
    """Read the body up to one byte more than allowed; what did not come in time is left out."""
    body = bytearray()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BODY_SECONDS_MAX):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES_MAX:
                    break
    return bytes(body[: BODY_BYTES_MAX + 1])


def _respond(answer: Answer) -> Response:
    headers = {"Retry-After": "1"} if answer.outcome in REPEAT else {}
    if answer.accepted:
        content: dict[str, object] = {"ok": True} | ({"id": answer.id} if answer.id else {})
        if answer.state is not None:
            content |= msgspec.to_builtins(answer.state)
        if answer.order is not None:
            content["order"] = msgspec.to_builtins(answer.order)
    else:
        content = {"ok": False, "code": answer.outcome.value, "detail": answer.detail}
    return JSONResponse(content, _STATUS[answer.outcome], headers)


def _guarded(guard: Guard) -> type[H11Protocol]:
    class Guarded(H11Protocol):
        """One connection, holding a place; idle ones are closed."""

        _address = ""
        _watch: asyncio.TimerHandle | None = None
        _seen: object = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As uvicorn has it.
            super().connection_made(transport)
            address = self.client[0] if self.client else ""
            if not guard.enter(address):
                transport.abort()
                return
            self._address = address or "-"
            self._watch = self.loop.call_later(IDLE_SECONDS_MAX, self._look)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._watch is not None:
                self._watch.cancel()
                guard.leave("" if self._address == "-" else self._address)
                self._watch = None
            super().connection_lost(exc)

        def _look(self) -> None:
            """Close when no request came since the last look and none is being answered."""
            busy = self.cycle is not None and not self.cycle.response_complete
            if not busy and self.cycle is self._seen:
                self.transport.close()
            self._seen = self.cycle
            self._watch = self.loop.call_later(IDLE_SECONDS_MAX, self._look)

    return Guarded


def bind(host: str, port: int) -> socket.socket:
    """Take the address; raise `OSError` when it is another's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio then sends at once (TCP_NODELAY); otherwise each answer waits 40 ms.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.setblocking(False)
    except OSError:
        taken.close()
        raise
    return taken


async def serve_http(desk: Desk, guard: Guard, listening: socket.socket) -> None:
    """Serve the door on a bound socket until cancelled; requests in hand are finished first."""
    config = uvicorn.Config(
        make_app(desk),
        http=_guarded(guard),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=HEADER_BYTES_MAX,
        timeout_keep_alive=int(IDLE_SECONDS_MAX),
        timeout_graceful_shutdown=STOP_SECONDS_MAX,
    )
    server = WebServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="lan-http")
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving
