"""A receiving centre that speaks SIA DC-09 over TCP, and takes, refuses, stalls, lies, breaks off or talks nonsense."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from server.channels.dc09_frame import Frame, FrameError, Splitter, decode, encode
from simulators.receivers.manner import Manner, Receiver

EARLY_SECONDS, LATE_SECONDS = 20.0, 40.0  # How far a stamp may be before and behind this receiver's clock.
NONSENSE = b'\x00\x01HTTP/1.1 400 Bad Request\r\n\n0000FFFF"ACK"\r'


@dataclass
class Centre:
    """One receiver with its clock and its habits; `receiver.got` holds the events by account and data."""

    receiver: Receiver = field(default_factory=lambda: Receiver("dc09"))
    key: bytes = b""
    ahead: float = 0.0  # Of this receiver's clock before ours.
    pieces: int = 0  # Into how many pieces an answer is cut; 0 sends it whole.
    late_seconds: float = 0.0
    times: int = 1  # How often each answer is given.
    first: bytes = b""  # Sent before each answer, in one piece with it.
    frames: list[Frame] = field(default_factory=list)  # Everything that could be read, line tests too.
    wrong: list[str] = field(default_factory=list)  # What could not.
    connections: int = 0
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def now(self) -> float:
        """Give this receiver's time."""
        return time.time() + self.ahead

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one connection to its end."""
        self.connections += 1
        self.open.add(writer)
        splitter = Splitter()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4_096):
                for raw in splitter.feed(data):
                    if not await self._take(raw, writer):
                        writer.close()
                        return
        self.open.discard(writer)
        writer.close()

    async def _take(self, raw: bytes, writer: asyncio.StreamWriter) -> bool:
        try:
            frame = decode(raw, self.key)
        except FrameError as error:
            self.wrong.append(str(error))
            return True  # As the standard has it: no answer, and the sender tries again.
        self.frames.append(frame)
        if frame.at is not None and not -LATE_SECONDS <= frame.at - self.now <= EARLY_SECONDS:
            await self._say(writer, Frame("NAK", "0000", at=self.now))
            return True
        manner = Manner.TAKE if frame.id == "NULL" and self.receiver.manner is Manner.TAKE else self.receiver.next_manner()
        if frame.id != "NULL":
            self.receiver.take(manner, frame.account, frame.data, frame.sequence)
        match manner:
            case Manner.STALL:
                return True
            case Manner.BREAK:
                return False
            case Manner.NONSENSE:
                writer.write(self.first + NONSENSE)
            case Manner.REFUSE:
                await self._say(writer, replace(_answer(frame, "DUH"), encrypted=False))
            case Manner.HURRY | Manner.BUSY:
                await self._say(writer, Frame("NAK", "0000", at=self.now))
            case Manner.TAKE | Manner.LIE:
                await self._say(writer, _answer(frame, "ACK"))
        return True

    async def _say(self, writer: asyncio.StreamWriter, frame: Frame) -> None:
        stamped = replace(frame, at=self.now) if frame.encrypted else frame
        sent = self.first + encode(stamped, self.key, lambda length: "X" * length) * self.times
        await asyncio.sleep(self.late_seconds)
        size = len(sent) // self.pieces + 1 if self.pieces else len(sent)
        for start in range(0, len(sent), size):
            writer.write(sent[start : start + size])
            await writer.drain()
            await asyncio.sleep(0.005)


def _answer(frame: Frame, id_: str) -> Frame:
    return Frame(
        id_,
        frame.sequence,
        frame.account,
        receiver=frame.receiver,
        line=frame.line,
        encrypted=frame.encrypted,
    )


@contextlib.asynccontextmanager
async def serving_centre(port: int, centre: Centre) -> AsyncIterator[Centre]:
    """Be a receiver for a while; ended, nobody listens."""
    server = await asyncio.start_server(centre.serve, "127.0.0.1", port)
    try:
        yield centre
    finally:
        server.close()
        for writer in list(centre.open):
            writer.close()
