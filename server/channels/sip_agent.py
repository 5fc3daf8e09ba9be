"""A SIP agent that registers, asks and answers at one platform, over UDP with repetition or over one TCP connection."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import structlog

from server.channels.sip_message import Header, Sip, SipError, Splitter, authorise, read, respond, write

FIRST_SECONDS = 0.5  # T1 of RFC 3261: after so long a datagram is sent again, then after twice as long, and so on …
LONGEST_SECONDS = 4.0  # … up to T2.
CHALLENGED = {401: ("www-authenticate", "Authorization"), 407: ("proxy-authenticate", "Proxy-Authorization")}
READ_BYTES = 16_384
FINAL = 200

log = structlog.get_logger("sip")


@dataclass(frozen=True, slots=True)
class Line:
    """Where the platform is, and who we are there."""

    host: str
    port: int
    transport: Literal["udp", "tcp"]
    user: str  # Our own 20-digit id.
    domain: str
    peer: str  # The platform's 20-digit id.
    password: str = ""
    local_port: int = 0


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, heard: Callable[[bytes], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002  # The base's.
        """Take a datagram; the socket is connected, so it is the platform's."""
        self._heard(data)

    def error_received(self, exc: Exception) -> None:
        """Leave it: nobody listens just now, and what waits for an answer will not have one."""


class Agent:
    """One agent. `heard` is told of every request of the platform's that carries something, after it was answered."""

    def __init__(self, line: Line, heard: Callable[[Sip], None]) -> None:
        self.line = line
        self.garbled = 0
        self._heard = heard
        self._waiting: dict[str, asyncio.Future[Sip]] = {}
        self._opening = asyncio.Lock()
        self._datagrams: asyncio.DatagramTransport | None = None
        self._stream: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._local = ("0.0.0.0", 0)  # noqa: S104  # Until there is a socket.
        self._call = secrets.token_hex(8)
        self._number = 0

    @property
    def contact(self) -> str:
        """Give the address at which the platform reaches us."""
        return f"<sip:{self.line.user}@{self._local[0]}:{self._local[1]}>"

    async def ask(self, method: str, more: Sequence[Header], body: bytes, seconds: float) -> Sip:
        """Send a request and give its final response, after answering one challenge.

        Raises `TimeoutError`, `OSError` and `SipError`.
        """
        async with asyncio.timeout(seconds):
            await self._open()
            answer = await self._transact(method, more, body)
            if answer.status not in CHALLENGED:
                return answer
            asked, answered = CHALLENGED[answer.status]
            uri = self._uri(method)
            proof = authorise(answer.header(asked), method, uri, self.line.user, self.line.password, secrets.token_hex(8))
            return await self._transact(method, [*more, (answered, proof)], body)

    async def close(self) -> None:
        """Let go of the socket; what waits fails."""
        if self._datagrams is not None:
            self._datagrams.close()
        if self._stream is not None:
            self._stream.close()
        if self._reading is not None:
            self._reading.cancel()
        self._datagrams = self._stream = self._reading = None
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("closed"))

    def _uri(self, method: str) -> str:
        return f"sip:{self.line.peer}@{self.line.domain}" if method != "REGISTER" else f"sip:{self.line.domain}"

    async def _open(self) -> None:
        async with self._opening:
            if self._datagrams is not None or (self._stream is not None and not self._stream.is_closing()):
                return
            line = self.line
            if line.transport == "udp":
                loop = asyncio.get_running_loop()
                here = ("0.0.0.0", line.local_port) if line.local_port else None  # noqa: S104  # The platform calls back.
                self._datagrams, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self._take), local_addr=here, remote_addr=(line.host, line.port)
                )
                self._local = self._datagrams.get_extra_info("sockname")[:2]
                return
            reader, self._stream = await asyncio.open_connection(line.host, line.port)
            self._local = self._stream.get_extra_info("sockname")[:2]
            self._reading = asyncio.create_task(self._read(reader))

    async def _transact(self, method: str, more: Sequence[Header], body: bytes) -> Sip:
        line, branch = self.line, f"z9hG4bK{secrets.token_hex(8)}"
        self._number += 1
        me, you = f"<sip:{line.user}@{line.domain}>", f"<sip:{line.peer}@{line.domain}>"
        headers = [
            ("Via", f"SIP/2.0/{line.transport.upper()} {self._local[0]}:{self._local[1]};rport;branch={branch}"),
            ("From", f"{me};tag={branch[-8:]}"),
            ("To", me if method == "REGISTER" else you),
            ("Call-ID", self._call if method == "REGISTER" else f"{branch[7:]}@{self._local[0]}"),
            ("CSeq", f"{self._number} {method}"),
            ("Max-Forwards", "70"),
            ("Contact", self.contact),
            *more,
        ]
        raw = write(f"{method} {self._uri(method)} SIP/2.0", headers, body)
        future: asyncio.Future[Sip] = asyncio.get_running_loop().create_future()
        self._waiting[branch] = future
        try:
            if self._stream is not None:
                self._stream.write(raw)
                await self._stream.drain()
                return await future
            pause = FIRST_SECONDS
            while True:
                self._send(raw)
                done, _ = await asyncio.wait([future], timeout=pause)
                if done:
                    return future.result()
                pause = min(pause * 2, LONGEST_SECONDS)
        finally:
            self._waiting.pop(branch, None)
            future.cancel()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        splitter = Splitter()
        try:
            while data := await reader.read(READ_BYTES):
                for raw in splitter.feed(data):
                    self._take(raw)
        except (OSError, SipError) as error:
            log.warning("sip_line_ended", error=type(error).__name__)
        self._reading = None  # This very task: nothing is to cancel it.
        await self.close()

    def _take(self, raw: bytes) -> None:
        if not raw.strip(b"\r\n\x00"):
            return
        try:
            told = read(raw)
        except SipError:
            self.garbled += 1
            return
        if told.status:
            future = self._waiting.get(told.branch)
            if future is not None and not future.done() and told.status >= FINAL:
                future.set_result(told)
            return
        if told.method == "ACK":
            return
        known = told.method in ("MESSAGE", "OPTIONS")
        self._send(respond(told, 200 if known else 405, "OK" if known else "Method Not Allowed", tag=self._call[:8]))
        if told.method == "MESSAGE":
            self._heard(told)

    def _send(self, raw: bytes) -> None:
        if self._datagrams is not None:
            self._datagrams.sendto(raw)
        elif self._stream is not None:
            self._stream.write(raw)
