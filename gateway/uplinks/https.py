"""The HTTPS uplink: each message is one request, and its answer is the receipt.

Requests run beside each other up to a limit for each lane; alarms have their own, so that they never wait for readings.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import httpx
import msgspec
import structlog

from contract.errors import AnxiaoError
from contract.identity import GatewayId, Lane
from gateway.node_events import PathDown, PathKind, PathUp, Received
from gateway.uplinks.uplink import Tell

REQUEST_SECONDS = 15.0  # The door answers within ten; what takes longer is sent again anyway.
# An alarm's request is held until the commit; while the database does not answer, the next press must not queue behind it.
AT_ONCE = {Lane.ALARM: 16, Lane.TELEMETRY: 2}
WAITING_MAX = {Lane.ALARM: 256, Lane.TELEMETRY: 8}  # Beyond it the oldest is left to the node, which sends it again.

log = structlog.get_logger("gateway.https")


@dataclass(frozen=True, slots=True)
class HttpsDoor:
    """Where the server's door is, and the file with this gateway's key."""

    url: str
    key: Callable[[], str]
    ca_file: Path | None = None


class HttpsUplink:
    """Implements `Uplink` over one client, which a fleet may share."""

    kind = PathKind.HTTPS

    def __init__(self, name: str, door: HttpsDoor, client: httpx.AsyncClient, gateway: GatewayId, tell: Tell) -> None:
        self.name = name
        self.dropped = 0
        self._door = door
        self._client = client
        self._gateway = gateway
        self._tell = tell
        self._waiting: dict[Lane, deque[tuple[str, bytes]]] = {lane: deque() for lane in Lane}
        self._more = {lane: asyncio.Semaphore(0) for lane in Lane}
        self._up = False
        self._refused: set[int] = set()

    def send(self, leaf: str, payload: bytes, lane: Lane, *, qos: int, retain: bool) -> None:
        """Queue one request without waiting."""
        del qos, retain  # An answered request is as sure as it gets, and the server keeps what it was told.
        waiting = self._waiting[lane]
        waiting.append((leaf, payload))
        if len(waiting) > WAITING_MAX[lane]:
            waiting.popleft()
            self.dropped += 1
        else:
            self._more[lane].release()

    async def run(self) -> None:
        """Send what is queued until cancelled."""
        async with asyncio.TaskGroup() as group:
            for lane, number in AT_ONCE.items():
                for _ in range(number):
                    group.create_task(self._work(lane), name=f"{self._gateway}:{self.name}:{lane.value}")

    async def _work(self, lane: Lane) -> None:
        while True:
            await self._more[lane].acquire()
            leaf, payload = self._waiting[lane].popleft()
            try:
                answer = await self._client.post(
                    f"{self._door.url}/v1/ingest/{self._gateway}/{leaf}",
                    content=payload,
                    headers={"Authorization": f"Bearer {self._door.key()}", "Content-Type": "application/json"},
                    timeout=REQUEST_SECONDS,
                )
            except (httpx.HTTPError, OSError, AnxiaoError) as error:
                self._went(up=False, why=type(error).__name__)
                continue
            self._take(answer)

    def _take(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == HTTPStatus.OK:
            self._went(up=True)
            for part in _parts(answer.content):
                self._tell(Received(self.name, _leaf(part), part))
        elif status == HTTPStatus.NO_CONTENT:
            self._went(up=True)
        else:
            self._went(up=status < HTTPStatus.INTERNAL_SERVER_ERROR, why=f"HTTP {status}")
            if status not in self._refused:  # Once for each status: a wrong key must be found, and must not fill the log.
                self._refused.add(status)
                log.warning("refused", gateway=self._gateway, path=self.name, status=status)

    def _went(self, *, up: bool, why: str = "") -> None:
        if up == self._up:
            return
        self._up = up
        if why:
            log.info("https_door", gateway=self._gateway, path=self.name, up=up, why=why)
        for lane in Lane:
            self._tell(PathUp(self.name, lane) if up else PathDown(self.name, lane))


class _Order(msgspec.Struct):
    op: str = ""


def _leaf(part: bytes) -> str:
    """Tell a command from a receipt: only a command says what is to be done."""
    try:
        return "cmd" if msgspec.json.decode(part, type=_Order).op else "rc"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "rc"


def _parts(content: bytes) -> list[bytes]:
    """Take the receipts and commands of an answer apart; one alone comes as it is, also when it cannot be read."""
    if not content.startswith(b"["):
        return [content]
    try:
        return [bytes(one) for one in msgspec.json.decode(content, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [content]
