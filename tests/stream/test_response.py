"""The open stream as ASGI sees it, and one screen's queue."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from server.stream import response, subscriber
from server.stream.response import EventStream
from server.stream.subscriber import Subscriber
from tests.api.engine import press
from tests.stream.conftest import House

Message = MutableMapping[str, Any]


class Line:
    """A connection in the test's hand: what was sent, and when the client goes."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.sent: list[Message] = []
        self.gone = asyncio.Event()
        self.came = asyncio.Event()
        self._stuck = stuck

    async def send(self, message: Message) -> None:
        """Take a message, or never come back."""
        if self._stuck and message.get("body"):
            await asyncio.Event().wait()
        self.sent.append(message)
        self.came.set()

    async def receive(self) -> Message:
        """Tell that the client has gone, once it has."""
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def body(self, word: bytes) -> None:
        """Wait until a word has been sent."""
        async with asyncio.timeout(5):
            while not any(word in message.get("body", b"") for message in self.sent):
                self.came.clear()
                await self.came.wait()


def serve(house: House, line: Line) -> "asyncio.Task[None]":
    """Serve one stream on a line."""
    stream = EventStream(house.hub, house.join().subscriber)
    return asyncio.create_task(stream({"type": "http"}, line.receive, line.send))


async def test_press_is_sent_as_soon_as_it_is_told(house: House) -> None:
    """No poll, no tick: the screen's connection carries it at once; when the client goes, nothing of it stays."""
    line = Line()
    task = serve(house, line)
    await line.body(b"event: summary")

    house.tell(press("a"))
    await line.body(b'"id":"a"')
    line.gone.set()
    await asyncio.wait_for(task, 5)

    headers = dict(line.sent[0]["headers"])
    assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert headers[b"cache-control"] == b"no-store"
    assert line.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    assert house.hub.clients == 0


async def test_stopping_hub_ends_every_stream(house: House) -> None:
    """A server that stops lets its screens go to the next one."""
    line = Line()
    task = serve(house, line)
    running = asyncio.create_task(house.hub.run(lambda: house.now))
    await line.body(b"event: summary")

    running.cancel()
    await asyncio.wait_for(task, 5)

    assert line.sent[-1]["more_body"] is False


async def test_connection_that_takes_nothing_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead socket holds its place for a minute, not for ever."""
    monkeypatch.setattr(response, "SEND_SECONDS", 0.01)

    await asyncio.wait_for(serve(house, Line(stuck=True)), 5)

    assert (house.hub.stuck, house.hub.clients) == (1, 0)


def waiting(house: House) -> Subscriber:
    """Make a screen's queue with a short reset."""
    return Subscriber(house.reach("chief"), "s1", b"reset")


async def test_queue_gives_everything_at_once_in_order(house: House) -> None:
    """One write for many pieces, then it waits."""
    one = waiting(house)
    one.push(b"a")
    one.push(b"b")

    assert await one.take() == b"ab"
    taking = asyncio.create_task(one.take())
    await asyncio.sleep(0)
    assert not taking.done()
    one.push(b"c")
    assert await taking == b"c"


async def test_queue_is_bounded_in_pieces_and_bytes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit everything queued gives way to the reset, and what came last still stands."""
    monkeypatch.setattr(subscriber, "PIECES_MAX", 2)
    monkeypatch.setattr(subscriber, "BYTES_MAX", 8)
    many, large = waiting(house), waiting(house)
    for piece in (b"1", b"2", b"3"):
        many.push(piece)
    for piece in (b"12345678", b"9"):
        large.push(piece)

    assert await many.take() == b"reset3"
    assert await large.take() == b"reset9"
    assert (many.overflows, large.overflows) == (1, 1)


async def test_closed_queue_ends_after_its_last_word(house: House) -> None:
    """What was queued is still told; afterwards nothing is taken any more."""
    one = waiting(house)
    one.push(b"a")
    one.close(b"bye")
    one.push(b"late")

    assert await one.take() == b"abye"
    assert await one.take() == b""
