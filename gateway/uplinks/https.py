"""The HTTPS uplink: each message is one request, and its answer is the receipt.

Requests run beside each other up to a limit for each lane; alarms have their own, so that they never wait for readings.
An alarm does not wait for earlier alarms either: where all requests are held, by a server whose database does not answer
or by a line that went dead, one that has waited for a second is given up for it. Its batch is sent again by the node.
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
YIELD_SECONDS = 1.0  # A request of alarms that is held for longer gives its place to an alarm that finds none free.
STAY = 8  # The oldest requests keep their places: on a slow line something must be carried to its end.
WAITING_MAX = {Lane.ALARM: 256, Lane.TELEMETRY: 8}  # Beyond it the oldest is left to the node, which sends it again.

log = structlog.get_logger("gateway.https")


@dataclass(frozen=True, slots=True)
class HttpsDoor:
    """Where the server's door is, and the file with this gateway's key."""

    url: str
    key: Callable[[], str]
    ca_file: Path | None = None


@dataclass(eq=False, slots=True)
class _UnderWay:
    """A request of alarms that has no answer yet."""

    since: float
    patience: asyncio.Timeout


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
        self._under_way: list[_UnderWay] = []  # The requests of alarms, oldest first.
        self._answered_at = 0.0
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
        if lane is Lane.ALARM:
            self._make_room()

    async def run(self) -> None:
        """Send what is queued until cancelled."""
        self._answered_at = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for lane, number in AT_ONCE.items():
                for _ in range(number):
                    group.create_task(self._work(lane), name=f"{self._gateway}:{self.name}:{lane.value}")

    async def _work(self, lane: Lane) -> None:
        while True:
            await self._more[lane].acquire()
            leaf, payload = self._waiting[lane].popleft()
            try:
                answer = await (self._post(leaf, payload) if lane is Lane.TELEMETRY else self._yielding(leaf, payload))
            except (httpx.HTTPError, OSError, AnxiaoError) as error:
                self._went(up=False, why=type(error).__name__)
                continue
            if answer is not None:
                self._take(answer)

    async def _post(self, leaf: str, payload: bytes) -> httpx.Response:
        answer = await self._client.post(
            f"{self._door.url}/v1/ingest/{self._gateway}/{leaf}",
            content=payload,
            headers={"Authorization": f"Bearer {self._door.key()}", "Content-Type": "application/json"},
            timeout=REQUEST_SECONDS,
        )
        self._answered_at = asyncio.get_running_loop().time()
        return answer

    async def _yielding(self, leaf: str, payload: bytes) -> httpx.Response | None:
        """Ask until there is an answer or the place is wanted; the latter is no answer, and after a while no way either."""
        now = asyncio.get_running_loop().time
        request = _UnderWay(now(), asyncio.timeout(None))
        self._under_way.append(request)
        try:
            async with request.patience:
                self._make_room()
                return await self._post(leaf, payload)
        except TimeoutError:
            if not request.patience.expired():
                raise
            if now() > self._answered_at + REQUEST_SECONDS:
                self._went(up=False, why="nothing is answered")
            return None
        finally:
            self._under_way.remove(request)

    def _make_room(self) -> None:
        """Let as many requests end as alarms would have to wait for them, the oldest first that need not stay."""
        free = AT_ONCE[Lane.ALARM] - len(self._under_way)
        yielding = sum(request.patience.when() is not None for request in self._under_way)
        wanted = len(self._waiting[Lane.ALARM]) - free - yielding
        for request in self._under_way[STAY:]:
            if wanted > 0 and request.patience.when() is None:
                request.patience.reschedule(request.since + YIELD_SECONDS)
                wanted -= 1

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
