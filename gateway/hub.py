"""What agents talk to: their samples, presses, alerts and check-ins become records with an identity, a time and a position.

An alarm is handed to the node, and so to every connection, in the same breath as to the outbox; only the answer to the agent
waits for the disk. Everything runs on the event loop.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import structlog

from contract.errors import StorageError
from contract.identity import DeviceId, Lane, PressId, make_press_id
from contract.kind import Kind
from contract.kinds import KINDS
from contract.limits import OPEN_PRESSES_MAX, TEXT_BYTES_MAX
from contract.messages import BirthDevice, OpenPress
from contract.records import (
    SILENT_PRESSES,
    CheckIn,
    Clear,
    ClockAnchor,
    DeviceAlert,
    Press,
    Reading,
    Record,
    Reply,
    Value,
    encode_record,
)
from edge.reporting import Reporter
from gateway.node_events import Appended, Event, OpenChanged, Sampled
from gateway.outbox import Outbox
from gateway.presses import Presses
from gateway.record_clock import RecordClock

Settled = Callable[[StorageError | None], None]

OWN_DEVICE = DeviceId("gw")  # The box itself.
NOTE = "presses.json"

log = structlog.get_logger("gateway.hub")


class Hub:
    """Implements `edge.agent.Reporting` for every agent of one gateway."""

    def __init__(
        self,
        outbox: Outbox,
        clock: RecordClock,
        tell: Callable[[Event], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        random_bits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self.presses = Presses()
        self.counts: Counter[str] = Counter()
        self.last_press_at: float | None = None
        self._outbox = outbox
        self._clock = clock
        self._tell = tell
        self._monotonic = monotonic
        self._random_bits = random_bits
        self._reporter = Reporter()
        self._kinds: dict[DeviceId, Kind] = {}
        self._unknown: set[str] = set()
        self.on_press: Callable[[DeviceId, PressId], None] = lambda _device, _press: None
        self.on_clear: Callable[[DeviceId], None] = lambda _device: None
        self._durable: dict[PressId, asyncio.Future[None]] = {}  # Of presses on their way to the disk.
        self._lost: dict[PressId, Press] = {}  # Presses the disk did not take; a repeat tries again under the same id.
        self._troubles: set[asyncio.Task[None]] = set()

    def declare(self, devices: Iterable[BirthDevice]) -> None:
        """Learn which devices there are and of which kind."""
        self._kinds = {DeviceId(device.d): KINDS[device.kind] for device in devices if device.kind in KINDS}
        self._kinds[OWN_DEVICE] = KINDS["gateway"]

    # ---------------------------------------------------------------- Reporting

    def reading(self, device: DeviceId, metrics: Mapping[str, Value]) -> None:
        """Tell what was sampled; it becomes a record on change, beyond the deadband, or as a sign of life."""
        kind = self._kinds.get(device)
        if kind is None:
            self.counts["unknown_device"] += 1
            if device not in self._unknown and len(self._unknown) < len(self._kinds) + 64:
                self._unknown.add(device)
                log.warning("reading_of_unknown_device", device=device)
            return
        now = self._monotonic()
        record = self._reporter.sample(device, kind, metrics, now)
        if record is not None:
            self._append_reading(device, record, now)

    async def press(
        self, device: DeviceId, *, press: str = "short", mode: str = "real", counter: int | None = None
    ) -> PressId:
        """Tell a press; returns once it is on disk. A repeat gives the first one's id again; see `edge.agent`."""
        now = self._monotonic()
        known = self.presses.repeated(device, mode, counter, now)
        if known is not None:
            self.counts["press_repeats"] += 1
            if known in self._lost:
                await self._append_press(self._lost.pop(known))
            elif known in self._durable:
                await asyncio.shield(self._durable[known])
            return known
        t = self._clock.utc_ms(now)
        record = Press(
            id=make_press_id(t, self._random_bits(74)),
            d=device,
            t=t,
            q=self._clock.quality(now),
            n=counter,
            press=press,
            mode=mode,
            boot=self._clock.boot,
            mono=int(now * 1000),
        )
        self.presses.pressed(OpenPress(record.id, device, t, mode, press), counter, now)
        self.counts["presses"] += 1
        self.last_press_at = now
        if press not in SILENT_PRESSES:  # No lamp beside the button tells whoever watches that it was heard.
            self.on_press(device, PressId(record.id))
        await self._append_press(record)
        return PressId(record.id)

    async def clear(self, device: DeviceId, *, by: str) -> None:
        """Tell that the school reset the device's button: every press of it that is open."""
        now = self._monotonic()
        self.on_clear(device)
        for press in self.presses.cleared(device):
            record = Clear(press, device, self._clock.utc_ms(now), by, self._clock.quality(now))
            await self._append_alarm(record, press)
        self._opens_changed()

    async def alert(self, device: DeviceId, code: str, *, on: bool = True, mode: str = "real", text: str = "") -> str:
        """Tell trouble that must not wait for telemetry; returns its id once it is on disk."""
        now = self._monotonic()
        known = self.presses.alert_id(device, code, on=on, now=now)
        if on and known is not None:
            self.counts["alert_repeats"] += 1
            return known
        t = self._clock.utc_ms(now)
        id_ = known or make_press_id(t, self._random_bits(74))
        self.presses.alerted(device, code, id_, on=on, now=now)
        text = text.encode()[:TEXT_BYTES_MAX].decode(errors="ignore")
        await self._append_alarm(DeviceAlert(id_, device, code, t, on, mode, text, self._clock.quality(now)), id_)
        self._keep()
        return id_

    async def check_in(self, device: DeviceId, *, guard: str, act: str, point: str = "", method: str = "") -> str:
        """Tell a guard's check-in; returns its id once it is on disk."""
        now = self._monotonic()
        t = self._clock.utc_ms(now)
        record = CheckIn(
            make_press_id(t, self._random_bits(74)), device, t, guard, act, self._clock.quality(now), point, method
        )
        future = asyncio.get_running_loop().create_future()
        if self._outbox.append(Lane.TELEMETRY, encode_record(record), _settle(future)) is None:
            raise StorageError("the outbox takes no more readings until the disk has caught up")
        self._outbox.flush()
        await future
        return record.id

    # ---------------------------------------------------------------- for the box

    def tick(self) -> None:
        """Tell what is due by time alone, and have what waits written; called once a second."""
        now = self._monotonic()
        for device, record in self._reporter.due(now):
            self._append_reading(device, record, now)
        for refusal in self._reporter.take_refusals():
            self.counts["refused_values"] += 1
            log.warning("value_refused", device=refusal.device, metric=refusal.metric, detail=refusal.detail)
        self._outbox.flush()

    def anchor(self, anchor: ClockAnchor) -> None:
        """Record how the clock of this boot stands to UTC."""
        self._outbox.append(Lane.TELEMETRY, encode_record(anchor))

    def reply(self, record: Reply, done: Settled) -> None:
        """Record the outcome of a command; `done` is told once it is on disk, or why not."""
        self._append(record, record.id, done)

    def trouble(self, code: str, text: str, *, on: bool) -> None:
        """Tell trouble of the box itself; the outbox being broken, it still goes out."""
        task = asyncio.get_running_loop().create_task(self._own_trouble(code, text, on=on))
        self._troubles.add(task)
        task.add_done_callback(self._troubles.discard)

    def restore(self, note: bytes | None, recovered: Iterable[Record]) -> None:
        """Take over the open presses of earlier starts, from the note and from the outbox itself."""
        now = self._monotonic()
        now_ms = self._clock.utc_ms(now)
        if note is not None:
            self.presses.load(note, now, now_ms)
        for record in recovered:
            if isinstance(record, Press):
                press = OpenPress(record.id, record.d, record.t, record.mode, record.press)
                self.presses.recover([(press, record.n)], now, now_ms)
            elif isinstance(record, Clear):
                self.presses.closed(record.id)
        self._tell(OpenChanged(self.presses.open))

    def refused_values(self) -> int:
        """Count the values that broke their kind."""
        return self._reporter.refused_total

    # ---------------------------------------------------------------- records

    def _append_reading(self, device: DeviceId, metrics: dict[str, Value], now: float) -> None:
        record = Reading(device, self._clock.utc_ms(now), metrics, self._clock.quality(now))
        position = self._outbox.append(Lane.TELEMETRY, encode_record(record))
        if position is None:
            self.counts["readings_shed"] += 1  # Declared as a hole by the outbox.
        else:
            self._tell(Sampled(position, record))

    async def _append_press(self, record: Press) -> None:
        id_ = PressId(record.id)
        future = self._durable[id_] = asyncio.get_running_loop().create_future()
        self._append(record, id_, _settle(future))
        self._opens_changed()
        try:
            await asyncio.shield(future)
        except StorageError:
            self._lost[id_] = record
            if len(self._lost) > OPEN_PRESSES_MAX:  # The outbox has it in memory; only a repeat makes another try.
                del self._lost[next(iter(self._lost))]
            raise
        finally:
            if future.done():
                self._durable.pop(id_, None)

    async def _append_alarm(self, record: Clear | DeviceAlert, id_: str) -> None:
        future = asyncio.get_running_loop().create_future()
        self._append(record, id_, _settle(future))
        await future

    def _append(self, record: Press | Clear | DeviceAlert | Reply, id_: str, done: Settled | None) -> None:
        """Give an alarm to the outbox and, without waiting for the disk, to the node."""
        body = encode_record(record)
        position = self._outbox.append(Lane.ALARM, body, done)
        assert position is not None, "an alarm is never shed"
        self._tell(Appended(Lane.ALARM, position, body=body, id=id_))

    def _opens_changed(self) -> None:
        self._tell(OpenChanged(self.presses.open))
        self._keep()

    def _keep(self) -> None:
        self._outbox.keep_note(NOTE, self.presses.dump())

    async def _own_trouble(self, code: str, text: str, *, on: bool) -> None:
        if not on and self.presses.alert_id(OWN_DEVICE, code, on=False, now=self._monotonic()) is None:
            return  # It was never told.
        try:
            await self.alert(OWN_DEVICE, code, on=on, text=text)
        except StorageError as error:
            log.error("trouble_not_durable", code=code, error=str(error))  # noqa: TRY400  # Expected, and said whole.


def _settle(future: "asyncio.Future[None]") -> Settled:
    def settle(error: StorageError | None) -> None:
        if future.done():  # Whoever waited has gone.
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

    return settle
