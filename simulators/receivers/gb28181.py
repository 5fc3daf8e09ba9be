"""An upper platform of GB/T 28181 by UDP and TCP: it demands a digest, answers 200, then OK or ERROR; or stalls and lies."""

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from server.channels.gb28181_message import answer, parse
from server.channels.sip_message import Sip, Splitter, read, respond, response, write
from simulators.receivers.manner import Manner, Receiver

SERVER_ID, DEVICE_ID = "45070000002000000001", "45070000002050000001"
REALM = "4507000000"

Say = Callable[[bytes], None]


@dataclass
class Upper:
    """One platform; `receiver.got` holds the alarms by device and description, with the SN as id."""

    port: int
    password: str = ""
    algorithm: str = "MD5"
    qop: str = "auth"
    receiver: Receiver = field(default_factory=lambda: Receiver("gb28181"))
    lost: int = 0  # So many of the next packets never arrive.
    times: int = 1  # How often an alarm is answered.
    late_seconds: float = 0.0
    strange: bool = False  # Before its answer comes one for another alarm.
    expires: str = ""
    status: int = 200  # What it answers to an alarm's MESSAGE.
    alarms: list[ET.Element] = field(default_factory=list)
    keepalives: int = 0
    registers: int = 0
    known: set[str] = field(default_factory=set)
    _nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def forget(self) -> None:
        """Know nobody any more, as after a restart."""
        self.known.clear()

    def take(self, raw: bytes, say: Say) -> None:
        """Take one packet."""
        if self.lost:
            self.lost -= 1
            return
        told = read(raw)
        if told.status:
            return
        user = re.search(r"sip:(\w+)@", told.header("from"))
        device = user.group(1) if user else ""
        if told.method == "REGISTER":
            self._register(told, device, say)
        elif device not in self.known:
            say(respond(told, 403, "Forbidden"))
        else:
            self._message(told, say)

    def _register(self, told: Sip, device: str, say: Say) -> None:
        given = told.header("authorization")
        if self.password and not self._right(given, told.method):
            qop = f', qop="{self.qop}"' if self.qop else ""
            asked = f'Digest realm="{REALM}", nonce="{self._nonce}", algorithm={self.algorithm}{qop}'
            say(
                respond(told, 403, "Forbidden")
                if given
                else respond(told, 401, "Unauthorized", [("WWW-Authenticate", asked)])
            )
            return
        self.registers += 1
        self.known.add(device)
        say(respond(told, 200, "OK", [("Expires", self.expires)] if self.expires else [], tag="p"))

    def _right(self, given: str, method: str) -> bool:
        said = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^",\s]+))', given)}
        if said.get("nonce") != self._nonce:
            return False
        cnonce = said.get("cnonce", "")
        expected = response(self.algorithm, said["username"], REALM, self.password, method, said["uri"], self._nonce, cnonce)
        return secrets.compare_digest(expected, said.get("response", ""))

    def _message(self, told: Sip, say: Say) -> None:
        root = parse(told.body)
        if root.findtext("CmdType") == "Keepalive":
            self.keepalives += 1
            say(respond(told, 200, "OK", tag="p"))
            return
        if told.branch in self._seen:  # A datagram that was sent again: one request, one alarm.
            say(respond(told, self.status, "Again", tag="p"))
            return
        manner = self.receiver.next_manner()
        self.alarms.append(root)
        said = {name: root.findtext(name) or "" for name in ("DeviceID", "AlarmDescription", "SN")}
        self.receiver.take(manner, said["DeviceID"], said["AlarmDescription"], said["SN"])
        if manner is Manner.STALL:
            return
        self._seen.add(told.branch)
        status = 503 if manner is Manner.BUSY else 429 if manner is Manner.HURRY else self.status
        say(respond(told, status, "OK", tag="p"))
        if status == 200 and manner is not Manner.BREAK:  # noqa: PLR2004  # Of SIP.
            task = asyncio.create_task(self._answer(int(said["SN"]), said["DeviceID"], manner, told, say))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, number: int, device: str, manner: Manner, told: Sip, say: Say) -> None:
        await asyncio.sleep(self.late_seconds)
        result = "ERROR" if manner is Manner.REFUSE else "OK"
        bodies = [answer(number, device, result, "GB2312")] * self.times
        if manner is Manner.NONSENSE:
            bodies = [b"<html>", b'<?xml version="1.0"?><Response><SN>x</SN></Response>']
        if self.strange:
            bodies.insert(0, answer(number + 1, device, "ERROR", "GB2312"))
        for body in bodies:
            headers = [
                ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{secrets.token_hex(6)}"),
                ("From", f"<sip:{SERVER_ID}@{REALM}>;tag=p"),
                ("To", told.header("from")),
                ("Call-ID", secrets.token_hex(8)),
                ("CSeq", "1 MESSAGE"),
                ("Content-Type", "Application/MANSCDP+xml"),
            ]
            say(write(f"MESSAGE sip:{DEVICE_ID}@{REALM} SIP/2.0", headers, body))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, upper: Upper) -> None:
        self._upper = upper
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # Of datagrams.
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        transport = self._transport
        assert transport is not None
        self._upper.take(data, lambda raw: transport.sendto(raw, addr))


@contextlib.asynccontextmanager
async def serving_upper(upper: Upper, transport: str) -> AsyncIterator[Upper]:
    """Be a platform for a while; ended, nobody listens."""
    if transport == "udp":
        loop = asyncio.get_running_loop()
        datagrams, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(upper), local_addr=("127.0.0.1", upper.port))
        try:
            yield upper
        finally:
            datagrams.close()
        return
    writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        splitter = Splitter()
        writers.add(writer)
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(16_384):
                for raw in splitter.feed(data):
                    upper.take(raw, writer.write)
        writers.discard(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", upper.port)
    try:
        yield upper
    finally:
        server.close()
        for writer in list(writers):
            writer.close()
