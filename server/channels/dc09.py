"""SIA DC-09 to a receiving centre over TCP: Contact ID or SIA events, acknowledged one by one on a supervised line.

A message has one sequence number, which it keeps at every try and after every restart: it is made of its id. The line is one
conversation: the next message goes when the last was answered or given up, and the line's own test gives way to a message.
"""

import asyncio
import re
import secrets
import string
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from server.channels.channel import Channel, Message, Outcome, Receipt
from server.channels.contact_id import event_of, zone_of
from server.channels.dc09_frame import KEY_BYTES, STAMP, Frame, FrameError, Splitter, decode, encode
from server.channels.kind import ChannelKind, Clock, Noted, Options
from server.police.lifecycle import PoliceState, digest_of

CONNECT_SECONDS = 1.5
SEQUENCES = 9_999
NULL_SEQUENCE = "0000"
ACCOUNT = re.compile(r"[0-9A-Fa-f]{3,16}")
LETTERS = string.ascii_uppercase + string.digits
READ_BYTES = 4_096


class Dc09Options(Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the receiver is and how it wants its frames. An account that nobody gives is the school's number."""

    host: str
    port: int
    form: Literal["ADM-CID", "SIA-DCS"] = "ADM-CID"
    account: str = ""  # For the line's own test, and for messages whose rota names no other.
    key: str = ""  # AES in hex: 32, 48 or 64 digits; empty sends in plain.
    receiver: str = ""
    line: str = "0"
    reply_seconds: float = 2.0
    tries: int = 3
    supervise_seconds: float = 60.0  # How often a silent line is tested; 0 never.
    report_seconds: float | None = None

    def __post_init__(self) -> None:
        try:
            key = bytes.fromhex(self.key)
        except ValueError:
            raise ValueError("key: hexadecimal") from None
        if key and len(key) not in KEY_BYTES:
            raise ValueError("key: 32, 48 or 64 hexadecimal digits")
        if self.account and not ACCOUNT.fullmatch(self.account):
            raise ValueError("account: 3 to 16 hexadecimal digits")
        if self.supervise_seconds and not self.account:
            raise ValueError("account: needed to test the line; or supervise_seconds = 0")
        if not 1 <= self.tries <= 5 or not 0.1 <= self.reply_seconds <= 20:  # noqa: PLR2004  # As the words say.
            raise ValueError("tries: 1 to 5; reply_seconds: 0.1 to 20")


class Dc09:
    """One line to one receiver."""

    kind = "dc09"

    def __init__(self, name: str, options: Dc09Options, clock: Clock) -> None:
        self.name = name
        self.report_seconds = options.report_seconds
        self.ahead = 0.0  # By how much the receiver's clock is before ours, as its last NAK said.
        self._options = options
        self._key = bytes.fromhex(options.key)
        self._clock = clock
        self._talking = asyncio.Lock()
        self._test: asyncio.Task[Receipt] | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._splitter = Splitter()
        self._last: tuple[str, int] = ("", 0)  # The message that went last, with its number.
        self._answered = float("-inf")

    async def send(self, message: Message) -> Receipt:
        """Send the event, and wait for its acknowledgement."""
        account = (message.address or self._options.account or message.about.school).upper()
        if not ACCOUNT.fullmatch(account):
            return Receipt(Outcome.REFUSED, self._clock(), detail="account: 3 to 16 hexadecimal digits")
        if self._test is not None:
            self._test.cancel()
        async with self._talking:
            sequence = self._sequence(message.id)
            return await self._exchange(self._event(message, account, f"{sequence:04d}"))

    async def keep(self, noted: Noted) -> None:
        """Test the line whenever it was silent for so long, until cancelled, and note what came of it."""
        every = self._options.supervise_seconds
        while every:
            await asyncio.sleep(max(0.0, self._answered + every - self._clock()) if self._streams else every / 4)
            if self._clock() - self._answered < every and self._streams:
                continue
            self._test = asyncio.create_task(self._line_test())
            try:
                await noted(await self._test)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    self._test.cancel()
                    raise
            finally:
                self._test = None

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _line_test(self) -> Receipt:
        async with self._talking:
            return await self._exchange(self._frame("NULL", NULL_SEQUENCE, self._options.account.upper()))

    async def _exchange(self, frame: Frame) -> Receipt:
        """Send a frame with the same sequence until it is answered or all tries are over."""
        trouble = ""
        for _ in range(self._options.tries):
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    reader, writer = await self._connected()
                writer.write(encode(self._stamped(frame), self._key, _pad))
                await writer.drain()
                async with asyncio.timeout(self._options.reply_seconds):
                    reply, raw = await self._reply(reader, frame)
            except TimeoutError:
                trouble = "no answer in time" if self._streams is not None else "no connection in time"
                continue
            except (OSError, EOFError) as error:
                trouble = "no connection" if isinstance(error, OSError) else "the line was cut"
                await self.close()
                continue
            self._answered = self._clock()
            if reply.id == "ACK":
                reference = f"{frame.account}/{frame.sequence}"
                police = PoliceState.ACCEPTED if self.report_seconds is None else PoliceState.SENT
                return Receipt(Outcome.ACCEPTED, self._clock(), reference, "ACK", police=police, digest=digest_of(raw))
            if reply.id == "DUH":
                return Receipt(
                    Outcome.REFUSED,
                    self._clock(),
                    detail="DUH: the receiver cannot process it",
                    police=PoliceState.REJECTED,
                    digest=digest_of(raw),
                )
            trouble = "NAK"  # A clock that differs: the next try bears the receiver's time.
            if reply.at is not None:
                self.ahead = reply.at - self._clock()
        await self.close()  # Whatever hangs there is not to hang the next.
        return Receipt(Outcome.FAILED, self._clock(), detail=trouble)

    async def _reply(self, reader: asyncio.StreamReader, frame: Frame) -> tuple[Frame, bytes]:
        """Wait for the answer to this very frame; others' answers, and what cannot be read, are passed over."""
        while True:
            data = await reader.read(READ_BYTES)
            if not data:
                raise EOFError
            for raw in self._splitter.feed(data):
                try:
                    reply = decode(raw, self._key)
                except FrameError:
                    continue
                ours = (reply.sequence, reply.account) == (frame.sequence, frame.account)
                if reply.id == "NAK" or (ours and reply.id in ("ACK", "DUH") and self._trusted(reply)):
                    return reply, raw

    def _trusted(self, reply: Frame) -> bool:
        """Say whether an answer may be believed: where we have a key, a plain ACK may be anybody's."""
        return reply.encrypted or not self._key or reply.id == "DUH"

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and self._streams[0].at_eof():
            await self.close()
        if self._streams is None:
            self._splitter = Splitter()
            self._streams = await asyncio.open_connection(self._options.host, self._options.port)
        return self._streams

    def _sequence(self, id_: str) -> int:
        """Give a message's number; two that follow each other never bear the same, or the second looks like a copy."""
        number = int(id_[:8], 16) % SEQUENCES + 1 if re.fullmatch(r"[0-9a-f]{8,}", id_) else 1
        if id_ != self._last[0]:
            if number == self._last[1]:
                number = number % SEQUENCES + 1
            self._last = (id_, number)
        return self._last[1]

    def _event(self, message: Message, account: str, sequence: str) -> Frame:
        event, zone = event_of(message.about), zone_of(message.about)
        told = f"1{event.contact_id} 00 {zone}" if self._options.form == "ADM-CID" else f"Nri0/{event.sia}{zone}"
        frame = self._frame(self._options.form, sequence, account, f"#{account}|{told}")
        if not message.about.late:
            return frame
        happened = datetime.fromtimestamp(message.about.t, UTC).strftime(STAMP)
        return replace(frame, extended=(f"H{happened}",))  # A call of an hour ago must not look like one of now.

    def _frame(self, id_: str, sequence: str, account: str, data: str = "") -> Frame:
        options = self._options
        return Frame(
            id_,
            sequence,
            account,
            data,
            receiver=options.receiver,
            line=options.line,
            encrypted=bool(self._key),
        )

    def _stamped(self, frame: Frame) -> Frame:
        return replace(frame, at=self._clock() + self.ahead)


def _pad(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def _open(name: str, options: Dc09Options, clock: Clock) -> Channel:
    return Dc09(name, options, clock)


KIND = ChannelKind("dc09", "接警中心（SIA DC-09）", "Receiving centre (SIA DC-09)", Dc09Options, _open, police=True)
