"""GB/T 28181 to a platform of the police: we register as a device, keep alive, and notify alarms, which it answers.

200 says that the platform's door has the alarm; only its own answer, by the same SN, says that it was taken or not. Without
one the alarm is sent again under the same SN.
"""

import asyncio
import re
import secrets
from typing import Literal

from server.channels.channel import Channel, Message, Outcome, Receipt
from server.channels.gb28181_message import NotReadableError, Said, alarm, alarm_number, keepalive, said
from server.channels.kind import ChannelKind, Clock, Noted, Options
from server.channels.sip_agent import Agent, Line
from server.channels.sip_message import Sip, SipError
from server.police.lifecycle import PoliceState, digest_of

ID = re.compile(r"\d{20}")
XML = ("Content-Type", "Application/MANSCDP+xml")
OK, FORBIDDEN, NOT_FOUND, PERMANENT = 200, 403, 404, 400
RETRY_SECONDS = 5.0  # After a registration that failed.
PENDING_MAX = 1_000


class Gb28181Options(Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the platform is, and the ids and the password that it knows us by."""

    host: str
    server_id: str  # The platform's, 20 digits.
    device_id: str  # Ours, 20 digits.
    port: int = 5060
    transport: Literal["udp", "tcp"] = "udp"
    domain: str = ""  # None means the first 10 digits of the platform's id.
    password: str = ""
    local_port: int = 0
    encoding: Literal["GB2312", "GB18030", "UTF-8"] = "GB18030"
    expires_seconds: int = 3_600
    keepalive_seconds: float = 60.0
    missed_max: int = 3  # After so many keepalives without an answer we register anew.
    reply_seconds: float = 2.0
    answer_seconds: float = 2.5
    answers: bool = True  # False for a platform that never answers an alarm: then its 200 is all there is.
    report_seconds: float | None = None

    def __post_init__(self) -> None:
        if not ID.fullmatch(self.server_id) or not ID.fullmatch(self.device_id):
            raise ValueError("server_id, device_id: 20 digits")
        if self.expires_seconds < 60 or self.keepalive_seconds <= 0 or self.missed_max < 1:  # noqa: PLR2004  # As it says.
            raise ValueError("expires_seconds: at least 60; keepalive_seconds, missed_max: above 0")


class Gb28181:
    """One platform."""

    kind = "gb28181"

    def __init__(self, name: str, options: Gb28181Options, clock: Clock) -> None:
        self.name = name
        self.report_seconds = options.report_seconds
        self.unasked = 0  # Answers to alarms that nobody waits for: late, doubled, or made up.
        self._options = options
        self._clock = clock
        line = Line(
            host=options.host,
            port=options.port,
            transport=options.transport,
            user=options.device_id,
            domain=options.domain or options.server_id[:10],
            peer=options.server_id,
            password=options.password,
            local_port=options.local_port,
        )
        self._agent = Agent(line, self._heard)
        self._registering = asyncio.Lock()
        self._until = float("-inf")  # Until when the platform knows us.
        self._pending: dict[int, asyncio.Future[tuple[Said, bytes]]] = {}
        self._number = secrets.randbelow(1_000_000)

    async def send(self, message: Message) -> Receipt:
        """Notify the alarm, and wait for the platform's own answer."""
        device = message.about.gb_id if ID.fullmatch(message.about.gb_id) else self._options.device_id
        body, number = alarm(message, device, self._options.encoding), alarm_number(message.id)
        if len(self._pending) >= PENDING_MAX:
            return Receipt(Outcome.FAILED, self._clock(), detail="busy")
        future: asyncio.Future[tuple[Said, bytes]] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        try:
            return await self._notify(body, number, future)
        except (TimeoutError, OSError, SipError) as error:
            detail = "no answer in time" if isinstance(error, TimeoutError) else f"no connection: {type(error).__name__}"
            return Receipt(Outcome.FAILED, self._clock(), detail=detail)
        finally:
            if self._pending.get(number) is future:
                del self._pending[number]
            future.cancel()

    async def keep(self, noted: Noted) -> None:
        """Register, keep alive, and register anew when the platform has forgotten us; until cancelled."""
        missed = 0
        while True:
            try:
                await self._registered()
                answer = await self._agent.ask("MESSAGE", [XML], self._alive(), self._options.reply_seconds)
                trouble = "" if answer.status == OK else f"keepalive {answer.status}"
                missed = 0 if answer.status == OK else self._options.missed_max
            except (TimeoutError, OSError, SipError) as error:
                trouble = "no answer to a keepalive" if isinstance(error, TimeoutError) else str(error)[:80]
                missed += 1
            if missed >= self._options.missed_max:
                self._until = float("-inf")
                await self._agent.close()
            outcome = Outcome.FAILED if trouble else Outcome.ACCEPTED
            await noted(Receipt(outcome, self._clock(), detail=trouble))
            pause = self._options.keepalive_seconds
            await asyncio.sleep(min(pause, RETRY_SECONDS) if trouble else pause)

    async def close(self) -> None:
        """Close the socket. We do not deregister: after a restart the platform would call us offline for nothing."""
        await self._agent.close()

    async def _notify(self, body: bytes, number: int, future: "asyncio.Future[tuple[Said, bytes]]") -> Receipt:
        await self._registered()
        answer = await self._agent.ask("MESSAGE", [XML], body, self._options.reply_seconds)
        if answer.status in (FORBIDDEN, NOT_FOUND):  # It has forgotten us, as after a restart of its own.
            self._until = float("-inf")
            await self._registered()
            answer = await self._agent.ask("MESSAGE", [XML], body, self._options.reply_seconds)
        now, reference = self._clock(), str(number)
        if answer.status != OK:
            permanent = PERMANENT <= answer.status < 500 and answer.status not in (408, 429)  # noqa: PLR2004  # Of SIP.
            return Receipt(Outcome.REFUSED if permanent else Outcome.FAILED, now, detail=f"SIP {answer.status}")
        sent = digest_of(answer.header("call-id").encode())
        if not self._options.answers:
            return Receipt(Outcome.ACCEPTED, now, reference, "200", police=PoliceState.SENT, digest=sent)
        try:
            async with asyncio.timeout(self._options.answer_seconds):
                told, raw = await future
        except TimeoutError:
            return Receipt(Outcome.FAILED, self._clock(), reference, "200, and no answer to the alarm")
        ok = told.result == "OK"
        return Receipt(
            Outcome.ACCEPTED if ok else Outcome.REFUSED,
            self._clock(),
            reference,
            f"Result={told.result[:20]}",
            police=PoliceState.ACCEPTED if ok else PoliceState.REJECTED,
            digest=digest_of(raw),
        )

    async def _registered(self) -> None:
        """Register where the platform does not know us, or will soon forget us. Raises what `Agent.ask` does."""
        async with self._registering:
            now = self._clock()
            if now < self._until:
                return
            expires = self._options.expires_seconds
            answer = await self._agent.ask("REGISTER", [("Expires", str(expires))], b"", self._options.reply_seconds)
            if answer.status != OK:
                raise SipError(f"REGISTER {answer.status}")
            granted = answer.header("expires")
            seconds = min(int(granted), expires) if granted.isdecimal() and int(granted) else expires
            self._until = now + seconds / 2  # Well before the end: a lost datagram must not make us strangers.

    def _alive(self) -> bytes:
        self._number += 1
        return keepalive(self._number, self._options.device_id, self._options.encoding)

    def _heard(self, request: Sip) -> None:
        try:
            told = said(request.body)
        except NotReadableError:
            return
        if told.kind != "Response" or told.command != "Alarm":
            return
        future = self._pending.get(told.number)
        if future is None or future.done() or told.result not in ("OK", "ERROR"):
            self.unasked += 1
            return
        future.set_result((told, request.body))


def _open(name: str, options: Gb28181Options, clock: Clock) -> Channel:
    return Gb28181(name, options, clock)


KIND = ChannelKind(
    "gb28181", "公安视频平台（GB/T 28181）", "Police platform (GB/T 28181)", Gb28181Options, _open, police=True
)
