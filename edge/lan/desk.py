"""What a door does with one request of one device: check who asks, how often, and what; then tell the gateway.

The answer to a press, clear, alert or check-in comes only after it is durable in the outbox. A press is never refused
for its body: whatever is missing or unreadable in it is taken as a short, real press.
"""

import asyncio
import hmac
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

import msgspec
import structlog

from contract.errors import StorageError
from contract.identity import DeviceId
from contract.limits import INTEGER_ABS_MAX, METRICS_PER_RECORD_MAX, TEXT_BYTES_MAX
from contract.mode import claimed_mode
from contract.records import Value
from edge.agent import Reporting
from edge.declared import Declared
from edge.lan.postbox import Postbox, State, Told

BODY_BYTES_MAX = 16_384  # Thirty-two metrics of the longest texts, twice over.
TOKEN_CHARACTERS_MIN = 16  # 64 bits at the least, drawn at random by who sets up the device.
READINGS_PER_SECOND = 5.0  # A device that samples faster is told to slow down; its readings would not be sent anyway.
READINGS_BURST = 50.0
URGENT_PER_SECOND = 2.0  # Presses, clears, alerts and check-ins of one device.
URGENT_BURST = 20.0  # Beyond it the device is told to repeat: the first twenty are durable and shown by then.
DURABLE_SECONDS_MAX = 10.0  # A disk that takes longer is answered as a disk that fails: the device repeats.
LOG_SECONDS = 60.0  # One line for each device and outcome in this time; the counters tell the rest.


class Outcome(StrEnum):
    """What became of a request; each is counted, and each door has its own words for it."""

    ACCEPTED = "accepted"
    UNKNOWN_DEVICE = "unknown_device"
    WRONG_TOKEN = "wrong_token"  # noqa: S105  # The name of an outcome.
    UNKNOWN_ACTION = "unknown_action"
    BAD_BODY = "bad_body"
    TOO_LARGE = "too_large"
    TOO_FAST = "too_fast"
    NOT_DURABLE = "not_durable"


REPEAT = frozenset({Outcome.TOO_FAST, Outcome.NOT_DURABLE})  # The device should send the same again, later.


class Action(StrEnum):
    """What a device may tell."""

    READINGS = "readings"
    PRESS = "press"
    CLEAR = "clear"
    ALERT = "alert"
    CHECK_IN = "check-in"
    ORDER = "order"  # It asks whether there is something to do.
    REPLY = "reply"  # It says what became of an order.


@dataclass(frozen=True, slots=True)
class LanDevice:
    """One device of the LAN with the secret it shows."""

    declared: Declared
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome, the id of what was made durable, and what was wrong."""

    outcome: Outcome
    id: str = ""
    detail: str = ""
    state: State | None = None  # For a press: how far it has got.
    order: Told | None = None

    @property
    def accepted(self) -> bool:
        """Say whether the gateway has it."""
        return self.outcome is Outcome.ACCEPTED


class PressBody(msgspec.Struct):
    """The optional body of a press; `n` is the button's own counter, by which repeats are known."""

    press: str = "short"
    mode: str = "real"
    n: int | None = None


class _Clear(msgspec.Struct):
    by: str = "device"


class _Alert(msgspec.Struct):
    code: str
    on: bool = True
    mode: str = "real"
    text: str = ""


class _Reply(msgspec.Struct):
    id: str
    ok: bool = True
    text: str = ""


class _CheckIn(msgspec.Struct):
    guard: str
    act: str
    point: str = ""
    method: str = ""


T = TypeVar("T")

_ACTS = ("in", "out", "patrol", "answer")
_readings = msgspec.json.Decoder(dict[str, bool | int | float | str | None])
_press = msgspec.json.Decoder(PressBody)
_clear = msgspec.json.Decoder(_Clear)
_alert = msgspec.json.Decoder(_Alert)
_check_in = msgspec.json.Decoder(_CheckIn)
_reply = msgspec.json.Decoder(_Reply)


class _BadBodyError(Exception):
    """The body is not what the action wants; the message says why."""


@dataclass(slots=True)
class _Bucket:
    """Grants so many a second and a burst."""

    rate: float
    burst: float
    level: float
    at: float

    def grant(self, now: float) -> bool:
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1.0:
            return False
        self.level -= 1.0
        return True


class Desk:
    """Serves all doors of one agent. Memory is bounded by the declared devices: of unknown ones only a count is kept."""

    def __init__(
        self,
        devices: Mapping[DeviceId, LanDevice],
        reporting: Reporting,
        clock: Callable[[], float],
        postbox: Postbox | None = None,
    ) -> None:
        self.postbox = postbox or Postbox(devices, clock)
        self._devices = devices
        self._reporting = reporting
        self._clock = clock
        now = clock()
        self._readings = {device: _Bucket(READINGS_PER_SECOND, READINGS_BURST, READINGS_BURST, now) for device in devices}
        self._urgent = {device: _Bucket(URGENT_PER_SECOND, URGENT_BURST, URGENT_BURST, now) for device in devices}
        self._logged: dict[tuple[str, Outcome], float] = {}
        self._log = structlog.get_logger()
        self.counts: Counter[Outcome] = Counter()

    def recognise(self, device: str, token: str) -> LanDevice | Answer:
        """Give the device that shows its token, or the refusal, counted."""
        known = self._devices.get(DeviceId(device))
        if known is None:
            return self._end("", Answer(Outcome.UNKNOWN_DEVICE, detail=f"device {device[:40]!r} is not in the site file"))
        if not hmac.compare_digest(known.token.encode(), token.encode(errors="replace")):
            return self._end(device, Answer(Outcome.WRONG_TOKEN, detail="the token is not this device's"))
        return known

    async def take(self, device: LanDevice, action_text: str, body: bytes) -> Answer:
        """Do what a recognised device asks; `body` may be longer than allowed by one byte, which says that it was cut."""
        name = device.declared.id
        try:
            action = Action(action_text)
        except ValueError:
            allowed = ", ".join(known.value for known in Action)
            return self._end(name, Answer(Outcome.UNKNOWN_ACTION, detail=f"{action_text[:40]!r}; allowed: {allowed}"))
        bucket = (self._readings if action in (Action.READINGS, Action.ORDER) else self._urgent)[name]
        if not bucket.grant(self._clock()):
            return self._end(name, Answer(Outcome.TOO_FAST, detail="repeat later"))
        if len(body) > BODY_BYTES_MAX and action is not Action.PRESS:
            return self._end(name, Answer(Outcome.TOO_LARGE, detail=f"allowed: {BODY_BYTES_MAX} bytes"))
        try:
            async with asyncio.timeout(DURABLE_SECONDS_MAX):
                made = await self._tell(name, action, body)
        except _BadBodyError as error:
            return self._end(name, Answer(Outcome.BAD_BODY, detail=str(error)))
        except (StorageError, TimeoutError) as error:
            return self._end(name, Answer(Outcome.NOT_DURABLE, detail=str(error) or "the disk did not answer in time"))
        state = self.postbox.state(name) if action is Action.PRESS else None
        order = self.postbox.fetch(name) if action is Action.ORDER else None
        return self._end(name, Answer(Outcome.ACCEPTED, id=made, state=state, order=order))

    def refuse(self, outcome: Outcome, detail: str) -> Answer:
        """Count a refusal that a door decided by itself, before any device was known."""
        return self._end("", Answer(outcome, detail=detail))

    async def _tell(self, device: DeviceId, action: Action, body: bytes) -> str:  # noqa: PLR0911  # One for each action.
        match action:
            case Action.ORDER:
                return ""
            case Action.REPLY:
                reply = _decode(_reply, body)
                if not self.postbox.answered(device, reply.id, _text(reply.text, "text"), ok=reply.ok):
                    raise _BadBodyError(f"id {reply.id[:40]!r}: no order under this id waits for an answer")
                return ""
            case Action.READINGS:
                self._reporting.reading(device, _read_metrics(body))
                return ""
            case Action.PRESS:
                press = self._read_press(device, body)
                return await self._reporting.press(
                    device, press=press.press, mode=claimed_mode(press.mode).value, counter=press.n
                )
            case Action.CLEAR:
                clear = _decode(_clear, body or b"{}")
                await self._reporting.clear(device, by=_text(clear.by, "by"))
                return ""
            case Action.ALERT:
                alert = _decode(_alert, body)
                return await self._reporting.alert(
                    device,
                    _text(alert.code, "code"),
                    on=alert.on,
                    mode=claimed_mode(alert.mode).value,
                    text=_text(alert.text, "text"),
                )
            case Action.CHECK_IN:
                check_in = _decode(_check_in, body)
                if check_in.act not in _ACTS:
                    raise _BadBodyError(f"act {check_in.act[:20]!r}; allowed: {', '.join(_ACTS)}")
                return await self._reporting.check_in(
                    device,
                    guard=_text(check_in.guard, "guard"),
                    act=check_in.act,
                    point=_text(check_in.point, "point"),
                    method=_text(check_in.method, "method"),
                )

    def _read_press(self, device: DeviceId, body: bytes) -> PressBody:
        """Read a press as far as it can be read; somebody pressed, whatever the bytes."""
        if not body:
            return PressBody()
        try:
            press = _decode(_press, body)
            _text(press.press, "press")
            _integer(press.n or 0, "n")
        except _BadBodyError as error:
            self.counts[Outcome.BAD_BODY] += 1
            self._log.warning("press_body_unreadable", device=device, error=str(error))
            return PressBody()
        return press

    def _end(self, device: str, answer: Answer) -> Answer:
        self.counts[answer.outcome] += 1
        now = self._clock()
        if not answer.accepted and now - self._logged.get((device, answer.outcome), now - LOG_SECONDS) >= LOG_SECONDS:
            self._logged[device, answer.outcome] = now
            self._log.warning("lan_request_refused", device=device, outcome=answer.outcome.value, detail=answer.detail)
        return answer


def _read_metrics(body: bytes) -> dict[str, Value]:
    metrics = _decode(_readings, body)
    if len(metrics) > METRICS_PER_RECORD_MAX:
        raise _BadBodyError(f"{len(metrics)} metrics; allowed: {METRICS_PER_RECORD_MAX}")
    return metrics


def _decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _BadBodyError(str(error)) from None


def _text(text: str, key: str) -> str:
    if len(text.encode()) > TEXT_BYTES_MAX:
        raise _BadBodyError(f"{key}: over {TEXT_BYTES_MAX} bytes")
    return text


def _integer(number: int, key: str) -> None:
    if abs(number) > INTEGER_ABS_MAX:
        raise _BadBodyError(f"{key}: beyond 2^53")
