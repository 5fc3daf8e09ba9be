"""The HTTPS door: the same bytes as by MQTT, one request for each message, answered with the receipt once it is committed.

    POST /v1/ingest/{gateway}/{lane}      a batch of lane a or t
    POST /v1/heartbeat/{gateway}          a heartbeat
    POST /v1/birth/{gateway}              a birth
    POST /v1/ingest/{gateway}/{leaf}      the same and the rest, by their MQTT names: up/a, up/t, hb, birth, link, rep

A gateway shows its key as `Authorization: Bearer <key>` or as the password of HTTP Basic with its own id as the name.
"""

import asyncio
import base64
import binascii
import itertools
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import NoReturn

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from contract.errors import Reason
from contract.limits import BATCH_BYTES_MAX
from server.ingest.doors.door import Receive
from server.ingest.model import BUSY, Fate, Finish, Origin
from server.registry.model import Gateway
from server.security.tokens import matches

ANSWER_SECONDS = 10.0  # A gateway sends again after 5 s without a receipt; by then the journal is down.
OPEN_MAX = 4_096  # Requests waiting for a commit: a city that lost every broker, with one alarm and one batch each.
RETRY_AFTER_SECONDS = 5
LEAVES = {"a": "up/a", "t": "up/t"}

_STATUS = {
    Reason.UNKNOWN_GATEWAY.value: HTTPStatus.FORBIDDEN,
    Reason.FOREIGN_GATEWAY.value: HTTPStatus.FORBIDDEN,
    Reason.BAD_TOPIC.value: HTTPStatus.NOT_FOUND,
    Reason.TOO_LARGE.value: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Reason.POSITION_CONFLICT.value: HTTPStatus.CONFLICT,
    BUSY: HTTPStatus.TOO_MANY_REQUESTS,
}


class HttpDoor:
    """A door and the ASGI app in front of it. It needs no task of its own: the web server runs it."""

    name = "https"

    def __init__(
        self,
        receive: Receive,
        find: Callable[[str], Gateway | None],
        *,
        keys_required: bool = True,
        answer_seconds: float = ANSWER_SECONDS,
        orders: Callable[[str], Sequence[bytes]] = lambda _gateway: (),
    ) -> None:
        """`find` reads the registry, `orders` gives what a gateway is to be told to do.

        Without `keys_required` a gateway that has no key in the registry may come without one.
        """
        self._receive = receive
        self._find = find
        self._keys_required = keys_required
        self._answer_seconds = answer_seconds
        self._orders = orders
        self._numbers = itertools.count(1)
        self._open: dict[int, _Waiting] = {}
        self.refused: dict[int, int] = {}  # Requests that never got as far as the host, by status.
        self.app = Starlette(
            routes=[
                Route("/ingest/{gateway}/{leaf:path}", self._ingest, methods=["POST"]),
                Route("/heartbeat/{gateway}", self._heartbeat, methods=["POST"]),
                Route("/birth/{gateway}", self._birth, methods=["POST"]),
            ],
            exception_handlers={_Problem: _answer_problem, HTTPException: _answer_http},
        )

    @property
    def connected(self) -> bool:
        """Say yes: whoever can ask this server anything can reach it by this door."""
        return True

    def send(self, origin: Origin, gateway: str, payload: bytes, *, sure: bool) -> None:
        """Keep a receipt for the answer; the first names the message's own epoch, others are of earlier ones."""
        del gateway, sure
        waiting = self._open.get(origin.request)
        if waiting is not None and not payload.startswith(b'{"seen"'):
            waiting.receipts.append(payload)

    def order(self, gateway: str, payload: bytes) -> None:
        """Do nothing: a gateway that only asks is told with the answer to its next heartbeat."""

    def finish(self, finish: Finish) -> None:
        """Answer the request."""
        waiting = self._open.get(finish.origin.request)
        if waiting is not None and not waiting.done.done():
            waiting.done.set_result(finish)

    async def run(self) -> None:
        """Do nothing until cancelled."""
        await asyncio.get_running_loop().create_future()

    async def _ingest(self, request: Request) -> Response:
        leaf = request.path_params["leaf"]
        return await self._take(request, LEAVES.get(leaf, leaf))

    async def _heartbeat(self, request: Request) -> Response:
        return await self._take(request, "hb")

    async def _birth(self, request: Request) -> Response:
        return await self._take(request, "birth")

    async def _take(self, request: Request, leaf: str) -> Response:
        gateway = request.path_params["gateway"]
        self._check_key(gateway, request.headers.get("authorization", ""))
        if len(self._open) >= OPEN_MAX:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "busy", f"{OPEN_MAX} requests wait already")
        payload = await self._body(request)
        number = next(self._numbers)
        waiting = self._open[number] = _Waiting(asyncio.get_running_loop().create_future())
        try:
            self._receive(self, gateway, leaf, payload, number)
            async with asyncio.timeout(self._answer_seconds):
                finish = await waiting.done
        except TimeoutError:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "journal_down", "not committed in time; send it again")
        finally:
            del self._open[number]
        if leaf == "hb" and finish.fate is Fate.APPLIED:
            waiting.receipts += self._orders(gateway)
        return _answer(finish, waiting.receipts)

    def _check_key(self, gateway: str, told: str) -> None:
        known = self._find(gateway)
        scheme, _, given = told.partition(" ")
        if scheme.lower() == "basic":
            name, given = _basic(given)
            if given and name != gateway:
                self._refuse(HTTPStatus.FORBIDDEN, "foreign_gateway", "the key's name is not the gateway of the address")
        if known is not None and not known.key_hash and not self._keys_required:
            return
        if not given:
            self._refuse(HTTPStatus.UNAUTHORIZED, "unauthenticated", "a gateway shows its key")
        if not matches(given, known.key_hash if known is not None else ""):
            self._refuse(HTTPStatus.FORBIDDEN, "bad_credentials", "no such gateway, or not its key")  # Which, is not told.

    async def _body(self, request: Request) -> bytes:
        """Read no more than a batch may have, whatever the length that was announced."""
        parts: list[bytes] = []
        size = 0
        try:
            async for part in request.stream():
                size += len(part)
                if size > BATCH_BYTES_MAX:
                    self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"allowed: {BATCH_BYTES_MAX} bytes")
                parts.append(part)
        except ClientDisconnect:
            self._refuse(HTTPStatus.BAD_REQUEST, "incomplete", "the connection ended within the body")
        return b"".join(parts)

    def _refuse(self, status: HTTPStatus, code: str, detail: str) -> NoReturn:
        self.refused[status] = self.refused.get(status, 0) + 1
        raise _Problem(status, code, detail)


class _Waiting:
    """A request that is held open, with the receipts it will be answered with."""

    __slots__ = ("done", "receipts")

    def __init__(self, done: "asyncio.Future[Finish]") -> None:
        self.done = done
        self.receipts: list[bytes] = []


class _Problem(Exception):
    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail


async def _answer_problem(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, _Problem)
    return _problem(problem.status, problem.code, problem.detail)


async def _answer_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    return _problem(status, status.name.lower(), error.detail)


def _answer(finish: Finish, receipts: list[bytes]) -> Response:
    """Give the receipt where there is one, or an array of several and of orders; otherwise the reason why not."""
    if receipts:
        content = receipts[0] if len(receipts) == 1 else b"[" + b",".join(receipts) + b"]"
        return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})
    if finish.fate in (Fate.APPLIED, Fate.DUPLICATE):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    if finish.fate is Fate.FAILED:
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, finish.reason, finish.detail)
    return _problem(_STATUS.get(finish.reason, HTTPStatus.UNPROCESSABLE_ENTITY), finish.reason, finish.detail)


def _problem(status: HTTPStatus, code: str, detail: str) -> Response:
    """Write an RFC 9457 document."""
    body = {"type": f"/docs/problems#{code}", "title": status.phrase, "status": status, "code": code, "detail": detail}
    headers = {"Cache-Control": "no-store"}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Basic realm="gateway", charset="UTF-8"'
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return Response(msgspec.json.encode(body), status, headers, "application/problem+json")


def _basic(text: str) -> tuple[str, str]:
    """Read name and password; both empty for what cannot be read."""
    try:
        name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return name, password
