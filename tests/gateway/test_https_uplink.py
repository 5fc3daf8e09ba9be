"""The HTTPS uplink: the same bytes, the receipt from the answer, and a door that is down or refuses."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import httpx
import pytest

from contract.errors import ConfigurationError
from contract.identity import Lane
from gateway.node_events import PathDown, PathUp, Received
from gateway.uplinks import https
from gateway.uplinks.https import AT_ONCE, STAY, WAITING_MAX, HttpsDoor, HttpsUplink
from tests.gateway.boxes import GATEWAY

Answering = Callable[[httpx.Request], httpx.Response]


@dataclass
class House:
    """An uplink before a door in the test's hand."""

    uplink: HttpsUplink = field(init=False)
    told: list[PathUp | PathDown | Received] = field(default_factory=list)
    some: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, event: PathUp | PathDown | Received) -> None:
        """Keep it."""
        self.told.append(event)
        self.some.set()

    async def until(self, number: int) -> list[PathUp | PathDown | Received]:
        """Wait until so much was told."""
        async with asyncio.timeout(10):
            while len(self.told) < number:
                self.some.clear()
                await self.some.wait()
        return self.told


@contextlib.asynccontextmanager
async def house(answer: Answering, key: Callable[[], str] = lambda: "our-key") -> AsyncIterator[House]:
    """Run an uplink as long as the block lasts."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        made = House()
        uplink = made.uplink = HttpsUplink("https", HttpsDoor("https://door", key), client, GATEWAY, made.tell)
        task = asyncio.create_task(uplink.run())
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def send(made: House, leaf: str = "up/a", payload: bytes = b"{}", lane: Lane = Lane.ALARM) -> None:
    """Hand over one message."""
    made.uplink.send(leaf, payload, lane, qos=1, retain=False)


async def test_a_message_is_one_request_and_its_answer_is_the_receipt() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"a receipt")

    async with house(answer) as made:
        send(made, payload=b"a batch")
        told = await made.until(3)

    assert told == [PathUp("https", Lane.ALARM), PathUp("https", Lane.TELEMETRY), Received("https", "rc", b"a receipt")]
    [request] = seen
    assert (request.method, request.url.path) == ("POST", f"/v1/ingest/{GATEWAY}/up/a")
    assert (request.content, request.headers["authorization"]) == (b"a batch", "Bearer our-key")


async def test_a_door_that_is_down_is_a_path_down_and_up_again_with_the_first_answer() -> None:
    answers = iter([httpx.Response(204), httpx.Response(503), httpx.Response(204)])

    async with house(lambda _: next(answers)) as made:
        for number in (2, 4, 6):
            send(made)
            await made.until(number)

    assert [type(event) for event in made.told] == [PathUp, PathUp, PathDown, PathDown, PathUp, PathUp]


async def test_no_answer_at_all_ends_no_worker() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        if request.content == b"good":
            return httpx.Response(204)
        raise httpx.ConnectError("nobody there")

    async with house(refuse) as made:
        for _ in range(10):
            send(made, payload=b"bad")
        send(made, payload=b"good")

        assert await made.until(2) == [PathUp("https", Lane.ALARM), PathUp("https", Lane.TELEMETRY)]


async def test_alarms_do_not_wait_behind_readings_that_hang() -> None:
    hanging = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/up/t"):
            await hanging.wait()
        return httpx.Response(200, content=b"a receipt")

    async with house(answer) as made:  # type: ignore[arg-type]  # The transport takes both kinds.
        for _ in range(4):
            send(made, "up/t", lane=Lane.TELEMETRY)
        send(made)

        assert Received("https", "rc", b"a receipt") in await made.until(3)
        hanging.set()


async def test_an_alarm_does_not_wait_behind_alarms_that_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all requests are held, all but the oldest few give their places to what is new; those few are never given up."""
    monkeypatch.setattr(https, "YIELD_SECONDS", 0.0)
    most, hanging = AT_ONCE[Lane.ALARM], asyncio.Event()
    begun, ended = [], []

    async def answer(request: httpx.Request) -> httpx.Response:
        begun.append(request.content)
        if request.content.startswith(b"old"):
            await hanging.wait()
        ended.append(request.content)
        return httpx.Response(200, content=request.content)

    async with house(answer) as made:  # type: ignore[arg-type]  # The transport takes both kinds.
        for number in range(most):
            send(made, payload=b"old %d" % number)
        async with asyncio.timeout(10):
            while len(begun) < most:  # noqa: ASYNC110  # One turn of the loop; what is awaited has no event.
                await asyncio.sleep(0)
        for number in range(most):
            send(made, payload=b"new %d" % number)
        told = await made.until(2 + most)

        assert told[2:] == [Received("https", "rc", b"new %d" % number) for number in range(most)]
        hanging.set()
        await made.until(2 + most + STAY)

    assert [content for content in ended if content.startswith(b"old")] == [b"old %d" % number for number in range(STAY)]


async def test_a_door_that_answers_no_alarm_at_all_is_a_path_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever gives its place up has no answer to tell by; so many of them without one say as much."""
    monkeypatch.setattr(https, "YIELD_SECONDS", 0.0)
    first = True

    async def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal first
        if first:
            first = False
            return httpx.Response(204)
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async with house(answer) as made:  # type: ignore[arg-type]  # The transport takes both kinds.
        send(made)
        await made.until(2)
        monkeypatch.setattr(https, "REQUEST_SECONDS", -1.0)
        for _ in range(2 * AT_ONCE[Lane.ALARM]):
            send(made)
        told = await made.until(4)

    assert told[2:] == [PathDown("https", Lane.ALARM), PathDown("https", Lane.TELEMETRY)]


async def test_what_nobody_takes_is_left_to_the_node_oldest_first() -> None:
    async with httpx.AsyncClient() as client:
        uplink = HttpsUplink("https", HttpsDoor("https://door", lambda: ""), client, GATEWAY, lambda _: None)
        for _ in range(WAITING_MAX[Lane.TELEMETRY] + 3):
            uplink.send("up/t", b"", Lane.TELEMETRY, qos=1, retain=False)

        assert uplink.dropped == 3


async def test_a_key_that_cannot_be_read_keeps_the_path_down_and_nothing_else() -> None:
    troubles: list[Exception] = [OSError("gone"), ConfigurationError("empty")]

    def key() -> str:
        if troubles:
            raise troubles.pop()
        return "our-key"

    async with house(lambda _: httpx.Response(204), key) as made:
        for _ in range(3):
            send(made)

        assert len(await made.until(2)) == 2


async def test_the_key_is_in_no_log(capsys: pytest.CaptureFixture[str]) -> None:
    async with house(lambda _: httpx.Response(403)) as made:
        send(made)
        await made.until(2)

    written = capsys.readouterr()
    assert "403" in written.out + written.err
    assert "our-key" not in written.out + written.err


async def test_answer_with_several_receipts_is_taken_apart() -> None:
    """One for each epoch; an array that cannot be read goes on as it is, to be counted as unreadable."""
    answers = iter([b'[{"ep":"a"}, {"ep":"b"}]', b"[{", b'{"ep":"c"}'])
    async with house(lambda _request: httpx.Response(200, content=next(answers))) as made:
        for _ in range(3):
            send(made)
            await asyncio.sleep(0)
        told = [event.payload for event in await made.until(6) if isinstance(event, Received)]

    assert sorted(told) == sorted([b'{"ep":"a"}', b'{"ep":"b"}', b"[{", b'{"ep":"c"}'])


async def test_an_order_in_an_answer_is_a_command_and_the_rest_are_receipts() -> None:
    """Only a command says what is to be done."""
    content = b'[{"ep":"a"},{"op":"siren","n":1},{"op":""}]'
    async with house(lambda _request: httpx.Response(200, content=content)) as made:
        send(made)
        await asyncio.sleep(0)
        told = [(event.leaf, event.payload) for event in await made.until(5) if isinstance(event, Received)]

    assert told == [("rc", b'{"ep":"a"}'), ("cmd", b'{"op":"siren","n":1}'), ("rc", b'{"op":""}')]
