"""The stream as an ASGI response: writes what the subscriber holds as soon as it holds it."""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.stream.hub import Hub
from server.stream.subscriber import Subscriber

SEND_SECONDS = 60.0  # A socket that takes nothing for so long belongs to nobody.
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # A proxy that gathers events would hold back alarms.
]


class EventStream(Response):
    """An open stream; it leaves the hub however it ends."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, subscriber: Subscriber) -> None:
        super().__init__()
        self._hub = hub
        self._subscriber = subscriber

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's signature.
        """Send until the client goes, the stream is closed, or the client stops reading."""
        watch = asyncio.create_task(self._watch(receive), name="stream-disconnect")
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            while piece := await self._subscriber.take():
                async with asyncio.timeout(SEND_SECONDS):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            self._hub.stuck += 1
        finally:
            watch.cancel()
            self._hub.leave(self._subscriber)

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._subscriber.close()
