"""The network between two programs: a TCP proxy of our own for each link, to be cut, stalled, slowed and meddled with.

Each direction has its own weather, so a link can work one way only. A stalled link still takes connections and bytes and
says nothing: to the programs at its ends it is a peer that vanished without a word (half-open).
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from enum import StrEnum

from simulators.chaos.packets import Meddler

CHUNK_BYTES = 65_536
WAITING_CHUNKS_MAX = 256  # Of one direction; beyond it the sender feels back-pressure, as with a full window.
HELD_SECONDS = 0.3  # A message held back goes on after this, also when nothing follows it.


class Way(StrEnum):
    """The two directions, seen from the end that opens connections."""

    OUT = "out"
    BACK = "back"


@dataclass(slots=True)
class Weather:
    """How one direction of a link is at the moment."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    delay_seconds: float = 0.0
    jitter_seconds: float = 0.0
    lost: float = 0.0  # The share of pieces that TCP must send again, each at the price of a retransmission timeout.


class Link:
    """One link: programs connect to `port` and reach `target` as long as the weather allows."""

    def __init__(self, name: str, port: int, target: int, chance: random.Random, *, meddles: bool = False) -> None:
        self.name = name
        self.meddles = meddles  # Carries MQTT, and may tell its packets twice.
        self.port = port
        self.target = target
        self.refuses = False
        self.weather = {way: Weather() for way in Way}
        self.twice = self.swapped = 0.0
        self.doubled = self.reordered = 0
        self._chance = chance
        self._pairs: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.heal()

    async def open(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        assert self._server is not None
        self._server.close()
        self.cut()
        if self._pairs:
            await asyncio.wait(self._pairs, timeout=2.0)

    def cut(self) -> int:
        """Break every connection at once; says how many there were."""
        pairs = [pair for pair in self._pairs if not pair.done()]
        for pair in pairs:
            pair.cancel()
        return len(pairs)

    def stall(self, *ways: Way) -> None:
        """Let nothing through in these directions; nobody is told."""
        for way in ways or tuple(Way):
            self.weather[way].open.clear()

    def slow(self, delay_seconds: float, jitter_seconds: float = 0.0, lost: float = 0.0) -> None:
        """Delay both directions."""
        for weather in self.weather.values():
            weather.delay_seconds, weather.jitter_seconds, weather.lost = delay_seconds, jitter_seconds, lost

    def heal(self) -> None:
        """Give back a good link; what was stalled goes on as it is."""
        self.refuses = False
        self.twice = self.swapped = 0.0
        self.slow(0.0)
        for weather in self.weather.values():
            weather.open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = asyncio.current_task()
        assert pair is not None
        self._pairs.add(pair)
        pair.add_done_callback(self._pairs.discard)
        far: asyncio.StreamWriter | None = None
        try:
            if self.refuses:
                return
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.target)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(Way.OUT, reader, far))
                group.create_task(self._carry(Way.BACK, far_reader, writer))
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass  # Either end is gone, or we were told to cut: both ends are told below.
        finally:
            for one in (writer, far):
                if one is not None:
                    one.transport.abort()

    async def _carry(self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one direction until it ends; the end breaks the whole connection, as our programs do not half-close."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(WAITING_CHUNKS_MAX)

        async def deliver() -> None:
            weather = self.weather[way]
            while True:
                due, data = await waiting.get()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                await weather.open.wait()  # The end of a connection, too, is not heard of through a stalled link.
                if not data:
                    raise ConnectionResetError
                writer.write(data)
                await writer.drain()

        async with asyncio.TaskGroup() as group:
            group.create_task(deliver())
            # A meddler must see a connection from its first byte, or it would not know where packets begin.
            meddler = Meddler(self._chance, self.twice, self.swapped) if self.meddles else None
            while True:
                data = b""
                try:
                    async with asyncio.timeout(HELD_SECONDS if meddler and meddler.holds else None):
                        data = await reader.read(CHUNK_BYTES)
                except TimeoutError:
                    assert meddler is not None
                    await self._queue(way, waiting, meddler.rest())
                    continue
                if not data:
                    await waiting.put((time.monotonic(), b""))
                    return
                if meddler is not None:
                    meddler.twice, meddler.swapped = self.twice, self.swapped
                    before = meddler.doubled, meddler.reordered
                    data = meddler.feed(data)
                    self.doubled += meddler.doubled - before[0]
                    self.reordered += meddler.reordered - before[1]
                await self._queue(way, waiting, data)

    async def _queue(self, way: Way, waiting: "asyncio.Queue[tuple[float, bytes]]", data: bytes) -> None:
        if not data:
            return
        weather = self.weather[way]
        delay = weather.delay_seconds + weather.jitter_seconds * self._chance.random()
        while weather.lost and self._chance.random() < weather.lost:
            delay += 0.2  # The least retransmission timeout of Linux.
        await waiting.put((time.monotonic() + delay, data))
