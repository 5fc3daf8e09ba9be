"""A mail server that keeps what it gets, as far as a sender needs one: real SMTP on a port of its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage

from simulators.receivers.manner import Manner, Receiver, stall

LINE_BYTES_MAX = 8_192
MAIL_BYTES_MAX = 1_000_000
ANSWERS = {Manner.REFUSE: "550 no such mailbox", Manner.HURRY: "450 too fast", Manner.BUSY: "451 try later"}


async def _talk(receiver: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    def say(line: str) -> None:
        writer.write(line.encode() + b"\r\n")

    say("220 simulated")
    to, manner = "", Manner.TAKE
    while line := (await reader.readline()).decode(errors="replace").strip():
        word = line.partition(" ")[0].upper()
        if word in ("EHLO", "HELO"):
            say("250 simulated")
        elif line.upper().startswith("RCPT TO:"):
            to, manner = line[8:].strip().strip("<>"), receiver.next_manner()
            if manner is Manner.STALL:
                receiver.take(manner, to, "")
                await stall()
            say(ANSWERS.get(manner, "250 ok"))
            if manner in ANSWERS:
                receiver.take(manner, to, "")
        elif word == "DATA":
            say("354 go on")
            mail = await _data(reader)
            receiver.take(manner, to, f"{mail['Subject']}\n{mail.get_content()}", str(mail["Message-ID"]))
            if manner is Manner.BREAK:
                return
            say("nonsense" if manner is Manner.NONSENSE else "250 ok")
        elif word == "QUIT":
            say("221 bye")
            await writer.drain()
            return
        else:
            say("250 ok")
        await writer.drain()


async def _data(reader: asyncio.StreamReader) -> EmailMessage:
    raw = b""
    while (line := await reader.readline()) not in (b".\r\n", b""):
        if len(raw) < MAIL_BYTES_MAX:
            raw += line[1:] if line.startswith(b"..") else line
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@contextlib.asynccontextmanager
async def serving_mail(port: int, receiver: Receiver) -> AsyncIterator[Receiver]:
    """Serve for a while."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            await _talk(receiver, reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port, limit=LINE_BYTES_MAX)
    try:
        yield receiver
    finally:
        server.close()
