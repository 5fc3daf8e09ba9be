"""What the records of one batch mean: which are readings, which are alarms, which are refused, and what the engine is told.

Nothing is dropped: every position of a batch ends in a reading, an event, a declared hole or the quarantine.
"""

from collections.abc import Mapping, Sequence

import msgspec

from contract.batch import BadRecord, Batch
from contract.errors import Reason
from contract.identity import DeviceId, PressId
from contract.messages import OpenPress
from contract.records import (
    CheckIn,
    Clear,
    DeviceAlert,
    Hole,
    Press,
    Reading,
    Record,
    Reply,
    encode_record,
)
from server.core.events import CheckInArrived, DeviceAlerted, Event, PressArrived, PressCleared
from server.ingest.checking import Checks, first_wrong
from server.journal.model import AlarmEvent, Quarantined

DETAIL_MAX = 200  # Characters of an explanation that may quote what came.
_REFUSED_RECORD = encode_record(Hole(n=1, why="refused"))

Signal = PressArrived | DeviceAlerted


class Sorted(msgspec.Struct):
    """One batch, sorted. `bodies` is None while the batch can be kept exactly as it came."""

    readings: Sequence[Reading] = ()
    positions: Sequence[int] = ()
    events: Sequence[AlarmEvent] = ()
    signals: Sequence[Signal] = ()  # To be shown at once, before the commit.
    told_after: Sequence[Event] = ()  # To be told after the commit.
    holes: Sequence[tuple[int, int, str]] = ()
    quarantined: Sequence[Quarantined] = ()
    bodies: Sequence[bytes] | None = None  # The records as they are to be kept, where some were refused.


def sort_telemetry(
    batch: Batch, devices: Mapping[str, Checks], rx: float, spoilt: Mapping[int, bytes] | None = None
) -> Sorted:
    """Sort a telemetry batch; the usual one, readings alone and all of them good, is passed on as it is."""
    records = batch.records
    for record in records:
        if type(record) is not Reading:
            break
        checks = devices.get(record.d)
        if checks is not None and first_wrong(record, checks) is not None:
            break
    else:
        first = batch.first_position
        return Sorted(readings=records, positions=range(first, first + len(records)))  # type: ignore[arg-type]
    return _Sorter(batch, rx, spoilt or {}).telemetry(devices)


def sort_alarms(batch: Batch, rx: float, spoilt: Mapping[int, bytes] | None = None) -> Sorted:
    """Sort an alarm batch."""
    return _Sorter(batch, rx, spoilt or {}).alarms()


class _Sorter:
    """Walks through a batch once, knowing the position it stands at."""

    def __init__(self, batch: Batch, rx: float, spoilt: Mapping[int, bytes]) -> None:
        self._batch = batch
        self._rx = rx
        self._rx_ms = round(rx * 1_000)
        self._spoilt = spoilt
        self._holes: list[tuple[int, int, str]] = []
        self._quarantined: list[Quarantined] = []
        self._refused: set[int] = set()

    def telemetry(self, devices: Mapping[str, Checks]) -> Sorted:
        """Sort readings, check-ins, clock anchors and holes."""
        readings: list[Reading] = []
        positions: list[int] = []
        told: list[Event] = []
        position = self._batch.first_position
        for place, record in enumerate(self._batch.records):
            if type(record) is Reading:
                checks = devices.get(record.d)
                refusal = None if checks is None else first_wrong(record, checks)
                if refusal is None:
                    readings.append(record)
                    positions.append(position)
                else:
                    self._refuse(place, position, refusal.reason, refusal.detail, encode_record(record))
            elif isinstance(record, CheckIn):
                told.append(self._check_in(record))
            else:
                self._common(place, position, record)
            position += record.positions()
        return self._sorted(readings=readings, positions=positions, told_after=told)

    def alarms(self) -> Sorted:
        """Sort presses, clears, alerts, replies and holes."""
        events: list[AlarmEvent] = []
        signals: list[Signal] = []
        told: list[Event] = []
        position = self._batch.first_position
        for place, record in enumerate(self._batch.records):
            if isinstance(record, Press):
                events.append(self._event(record, "press", record.d))
                signals.append(self._pressed(record))
            elif isinstance(record, DeviceAlert):
                events.append(self._event(record, "alert", record.d, "on" if record.on else "off"))
                signals.append(self._alerted(record))
            elif isinstance(record, Clear):
                events.append(self._event(record, "clear", record.d))
                told.append(self._cleared(record))
            elif isinstance(record, Reply):
                events.append(self._event(record, "rep", "", _text(record.code, 16)))
            else:
                self._common(place, position, record)
            position += record.positions()
        return self._sorted(events=events, signals=signals, told_after=told)

    def _sorted(
        self,
        readings: Sequence[Reading] = (),
        positions: Sequence[int] = (),
        events: Sequence[AlarmEvent] = (),
        signals: Sequence[Signal] = (),
        told_after: Sequence[Event] = (),
    ) -> Sorted:
        return Sorted(readings, positions, events, signals, told_after, self._holes, self._quarantined, self._bodies())

    def _common(self, place: int, position: int, record: Record | BadRecord) -> None:
        if isinstance(record, Hole):
            self._holes.append((position, record.n, _text(record.why, 40)))
        elif isinstance(record, BadRecord):
            raw = self._spoilt.get(place)
            reason = record.reason if raw is None else Reason.NOT_JSON
            self._refuse(place, position, reason, record.detail if raw is None else "not JSON", raw or record.raw)

    def _refuse(self, place: int, position: int, reason: Reason, detail: str, raw: bytes) -> None:
        self._refused.add(place)
        self._quarantined.append(Quarantined(position, reason.value, _text(detail, DETAIL_MAX), raw))

    def _bodies(self) -> Sequence[bytes] | None:
        if not self._refused:
            return None
        return [
            _REFUSED_RECORD if place in self._refused or isinstance(record, BadRecord) else encode_record(record)
            for place, record in enumerate(self._batch.records)
        ]

    def _event(self, record: Press | Clear | DeviceAlert | Reply, kind: str, device: str, state: str = "") -> AlarmEvent:
        return AlarmEvent(
            id=PressId(record.id),
            kind=kind,
            gateway=self._batch.gateway,
            device=DeviceId(device),
            t_ms=record.t,
            rx_ms=self._rx_ms,
            body=encode_record(record),
            state=state,
        )

    def _check_in(self, record: CheckIn) -> CheckInArrived:
        return CheckInArrived(
            id=record.id,
            gateway=self._batch.gateway,
            device=DeviceId(record.d),
            t=record.t / 1_000,
            rx=self._rx,
            guard=record.guard,
            act=record.act,
            point=record.point,
        )

    def _pressed(self, record: Press) -> PressArrived:
        return PressArrived(
            id=PressId(record.id),
            gateway=self._batch.gateway,
            device=DeviceId(record.d),
            t=record.t / 1_000,
            rx=self._rx,
            quality=record.q,
            press=record.press,
            mode_claimed=record.mode,
        )

    def _alerted(self, record: DeviceAlert) -> DeviceAlerted:
        return DeviceAlerted(
            id=record.id,
            gateway=self._batch.gateway,
            device=DeviceId(record.d),
            code=record.code,
            on=record.on,
            t=record.t / 1_000,
            rx=self._rx,
            mode_claimed=record.mode,
            text=record.text,
        )

    def _cleared(self, record: Clear) -> PressCleared:
        return PressCleared(
            id=PressId(record.id),
            gateway=self._batch.gateway,
            device=DeviceId(record.d),
            t=record.t / 1_000,
            rx=self._rx,
            by=record.by,
        )


def _text(told: str, length_max: int) -> str:
    """Cut what a gateway said to a column's length; PostgreSQL's text holds no NUL."""
    return told[:length_max].replace("\x00", "�")


def signal_key(signal: Signal) -> str:
    """Name what makes a signal the same one again: its gateway and id, and for an alert whether it begins or ends.

    With the gateway, for no other one's press may be hidden by a signal that bears its id.
    """
    if isinstance(signal, PressArrived):
        return press_key(signal.gateway, signal.id)
    return f"{signal.gateway} {signal.id}/{'on' if signal.on else 'off'}"


def press_key(gateway: str, id_: str) -> str:
    """Name the same of a press."""
    return f"{gateway} {id_}"


def event_key(event: AlarmEvent) -> str:
    """Name the same of a stored event; clears and replies have names that no signal has."""
    key = press_key(event.gateway, event.id)
    return key if event.kind == "press" else f"{key}/{event.state or event.kind}"


def retold(event: AlarmEvent) -> Event | None:
    """Give what the engine is told of an event that the journal has had all along; None where nothing is."""
    rx, t = event.rx_ms / 1_000, event.t_ms / 1_000
    if event.kind == "press":
        press = msgspec.json.decode(event.body, type=Press)
        return PressArrived(event.id, event.gateway, event.device, t, rx, press.q, press.press, press.mode, stored=True)
    if event.kind == "alert":
        alert = msgspec.json.decode(event.body, type=DeviceAlert)
        return DeviceAlerted(
            event.id, event.gateway, event.device, alert.code, alert.on, t, rx, alert.mode, alert.text, stored=True
        )
    if event.kind == "clear":
        clear = msgspec.json.decode(event.body, type=Clear)
        return PressCleared(event.id, event.gateway, event.device, t, rx, clear.by)
    if event.kind == "checkin":  # By telephone; those of a gateway come by telemetry.
        told = msgspec.json.decode(event.body, type=CheckIn)
        return CheckInArrived(event.id, event.gateway, event.device, t, rx, told.guard, told.act, told.point)
    return None


def repaired_record(told: OpenPress) -> Press:
    """Make of an open press in a heartbeat the record that should have come; its clock quality is not known."""
    return Press(id=told.id, d=told.d, t=told.t, q=0, press=told.press, mode=told.mode)
