"""What is worth telling: the pure filter between what agents sample and what goes into the outbox.

A metric is told when it is new, when it moved by its deadband or more since it was last *told* (so a slow drift cannot
creep past), and again after its period, at most 5 minutes, as long as it is still being sampled. A device that is heard
has at least one record each 60 s, or each shortest period of its kind if that is less.

Nothing is told for a device that was not sampled since its last record: the gateway never keeps a dead device alive.
Instants are seconds of any clock that never goes back.
"""

import heapq
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from contract.errors import Reason, Refused
from contract.identity import DeviceId, parse_metric_name
from contract.kind import Kind, Metric, MetricType, check_value
from contract.limits import DEVICES_PER_GATEWAY_MAX, INTEGER_ABS_MAX, METRICS_PER_RECORD_MAX, TEXT_BYTES_MAX
from contract.records import Value

HEARTBEAT_SECONDS = 60.0  # A third of the shortest silence (180 s) after which a device counts as offline.
FULL_STATE_SECONDS = 300.0  # A server that starts with nothing knows every value again after this.
EARLY_SHARE = 0.8  # A value this far through its period rides along: 240 s of 300 s leaves room for one heartbeat.
VENDOR_PERIOD_SECONDS = 60.0  # For a vendor's own metrics, of which the kind says nothing.
DEVICES_MAX = DEVICES_PER_GATEWAY_MAX  # At it, a device not known yet is refused; those known go on.
METRICS_PER_DEVICE_MAX = METRICS_PER_RECORD_MAX  # So that one record holds all; vendor metrics beyond it are refused.
QUEUE_PER_DEVICE_MAX = 4  # Entries of the due queue; at it those without use are swept out.
REFUSALS_MAX = 256  # Waiting to be taken; beyond it they are only counted.


@dataclass(frozen=True, slots=True)
class RefusedValue:
    """A sampled value that breaks the kind; in its place the server is told null: known to be absent."""

    device: DeviceId
    metric: str  # "" when the device itself was refused.
    reason: Reason
    detail: str


@dataclass(slots=True)
class _Told:
    """One metric of one device: the latest value, and what and when the server was last told."""

    rule: Metric | None  # None for a vendor's own.
    limit: float  # Told again after this.
    value: Value = None
    told: Value = None
    told_at: float = -math.inf
    fresh: bool = False  # Sampled since it was last told.
    refused: bool = False

    def changed(self) -> bool:
        """Say whether the latest value is worth a message by itself."""
        old, new = self.told, self.value
        if self.told_at == -math.inf:
            return True
        if (
            isinstance(old, bool)
            or isinstance(new, bool)
            or not (isinstance(old, int | float) and isinstance(new, int | float))
        ):
            return old is not new and (old != new or type(old) is not type(new))
        step = abs(new - old)
        return step > 0 and step >= (self.rule.deadband if self.rule else 0.0)


@dataclass(slots=True)
class _Device:
    """One device's metrics, when it last had a record, and when the next one is due if it has anything fresh."""

    kind: Kind
    heartbeat: float
    metrics: dict[str, _Told] = field(default_factory=dict)
    last_record_at: float = -math.inf
    queued_at: float = math.inf  # When `Reporter.due` will look at it.
    name_refused: bool = False

    def due_at(self) -> float:
        """Say when a record must go out although nothing changed; never, where nothing fresh is held."""
        fresh = [told.told_at + told.limit for told in self.metrics.values() if told.fresh]
        return min(self.last_record_at + self.heartbeat, *fresh) if fresh else math.inf

    def take(self, now: float) -> dict[str, Value]:
        """Give what belongs into a record now, at least one value, and count it as told."""
        chosen = [
            (name, told)
            for name, told in self.metrics.items()
            if told.fresh and (told.changed() or now - told.told_at >= told.limit * EARLY_SHARE)
        ]
        if not chosen:  # A bare sign of life: the value that was told longest ago.
            chosen = [min(((n, t) for n, t in self.metrics.items() if t.fresh), key=lambda item: item[1].told_at)]
        for _, told in chosen:
            told.told, told.told_at, told.fresh = told.value, now, False
        self.last_record_at = now
        return {name: told.value for name, told in chosen}


class Reporter:
    """Decides for one gateway what is sent. Bounded: `DEVICES_MAX` devices of `METRICS_PER_DEVICE_MAX` metrics each.

    A value that breaks the kind is told as null and kept for `take_refusals`, once until a good one comes again.
    """

    def __init__(self) -> None:
        self._devices: dict[DeviceId, _Device] = {}
        self._queue: list[tuple[float, int, DeviceId, _Device]] = []
        self._serial = 0
        self._refusals: list[RefusedValue] = []
        self.refused_total = 0  # Every refused value, also those no longer waiting.

    def sample(self, device: DeviceId, kind: Kind, metrics: Mapping[str, Value], now: float) -> dict[str, Value] | None:
        """Take what was sampled and give what must be sent at once; None for nothing. An empty sample counts for nothing."""
        state = self._state(device, kind)
        if state is None:
            return None
        must = False
        for name, value in metrics.items():
            told = state.metrics.get(name) or self._admit(device, state, name)
            if told is None:
                continue
            told.value = self._fitting(device, told, name, value)
            told.fresh = True
            must = must or told.changed()
        if must or state.due_at() <= now:
            return state.take(now)
        self._enqueue(device, state)
        return None

    def due(self, now: float) -> list[tuple[DeviceId, dict[str, Value]]]:
        """Give the records that are due by time alone; ask about once a second. Costs only what it gives."""
        given: list[tuple[DeviceId, dict[str, Value]]] = []
        while self._queue and self._queue[0][0] <= now:
            entry = heapq.heappop(self._queue)
            if not self._live(entry):
                continue  # Forgotten, or queued again for an earlier moment.
            device, state = entry[2], entry[3]
            state.queued_at = math.inf
            if state.due_at() <= now:
                given.append((device, state.take(now)))
            self._enqueue(device, state)
        return given

    def forget(self, device: DeviceId) -> None:
        """Drop everything held of a device; its next sample is told in full. Call it when the device is found dead."""
        self._devices.pop(device, None)

    def take_refusals(self) -> list[RefusedValue]:
        """Give the refusals since the last call, for the log and for the device's maker; at most `REFUSALS_MAX`."""
        taken, self._refusals = self._refusals, []
        return taken

    def _state(self, device: DeviceId, kind: Kind) -> _Device | None:
        state = self._devices.get(device)
        if state is not None and (state.kind is kind or state.kind == kind):
            return state
        if state is None and len(self._devices) >= DEVICES_MAX:
            self.refused_total += 1
            self._keep(RefusedValue(device, "", Reason.OUT_OF_RANGE, f"more than {DEVICES_MAX} devices"))
            return None
        assert len(kind.metrics) <= METRICS_PER_DEVICE_MAX
        shortest = min((metric.period_seconds for metric in kind.metrics), default=HEARTBEAT_SECONDS)
        state = self._devices[device] = _Device(kind, min(HEARTBEAT_SECONDS, float(shortest)))
        return state

    def _admit(self, device: DeviceId, state: _Device, name: str) -> _Told | None:
        """Make room for a metric seen for the first time. The kind's own always have room."""
        rule = state.kind.metric(name)
        refusal = None if rule else _vendor_refusal(state, name)
        if refusal is not None:
            self.refused_total += 1
            if not state.name_refused:  # Once for each device: a stream of new names must not fill the log.
                state.name_refused = True
                self._keep(RefusedValue(device, str(name)[:TEXT_BYTES_MAX], refusal.reason, refusal.detail))
            return None
        limit = float(rule.period_seconds) if rule else VENDOR_PERIOD_SECONDS
        told = state.metrics[name] = _Told(rule, min(limit, FULL_STATE_SECONDS))
        return told

    def _fitting(self, device: DeviceId, told: _Told, name: str, value: Value) -> Value:
        """Give the value in its metric's type, or null with a refusal."""
        try:
            fitted = _normalised(told.rule, value)
            _check(told.rule, name, fitted)
        except Refused as refusal:
            self.refused_total += 1
            if not told.refused:
                told.refused = True
                self._keep(RefusedValue(device, name, refusal.reason, refusal.detail))
            return None
        told.refused = False
        return fitted

    def _keep(self, refusal: RefusedValue) -> None:
        if len(self._refusals) < REFUSALS_MAX:
            self._refusals.append(refusal)

    def _enqueue(self, device: DeviceId, state: _Device) -> None:
        """See to it that `due` looks at the device in time; an entry that became too late is left to be ignored."""
        due_at = state.due_at()
        if due_at >= state.queued_at:
            return
        if len(self._queue) >= QUEUE_PER_DEVICE_MAX * max(len(self._devices), 64):
            self._queue = [entry for entry in self._queue if self._live(entry)]
            heapq.heapify(self._queue)
        state.queued_at = due_at
        self._serial += 1  # Breaks ties, so that states are never compared.
        heapq.heappush(self._queue, (due_at, self._serial, device, state))

    def _live(self, entry: tuple[float, int, DeviceId, _Device]) -> bool:
        due_at, _, device, state = entry
        return state.queued_at == due_at and self._devices.get(device) is state


def _vendor_refusal(state: _Device, name: str) -> Refused | None:
    """Say why a metric that the kind does not know cannot be taken, if so."""
    try:
        parse_metric_name(name)
    except Refused as refusal:
        return refusal
    room = METRICS_PER_DEVICE_MAX - len(state.kind.metrics)
    if sum(1 for told in state.metrics.values() if told.rule is None) < room:
        return None
    return Refused(Reason.OUT_OF_RANGE, f"{name}: more than {room} metrics beside those of {state.kind.name}")


def _normalised(rule: Metric | None, value: Value) -> Value:
    """Write whole numbers as such where the kind wants them (87.0 is 87 %), and real ones always as real."""
    if rule is None or isinstance(value, bool):
        return value
    if rule.type is MetricType.INT and isinstance(value, float) and value.is_integer():
        return int(value)
    if rule.type is MetricType.FLOAT and isinstance(value, int) and abs(value) <= INTEGER_ABS_MAX:
        return float(value)
    return value


def _check(rule: Metric | None, name: str, value: Value) -> None:
    """Raise `Refused` for what the wire or the kind does not allow."""
    if value is not None and not isinstance(value, bool | int | float | str):
        raise Refused(Reason.BAD_VALUE, f"{name}: {type(value).__name__}; allowed: true, false, number, text, null")
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused(Reason.BAD_VALUE, f"{name}: {value}; allowed: a finite number")
    if isinstance(value, int) and abs(value) > INTEGER_ABS_MAX:
        raise Refused(Reason.OUT_OF_RANGE, f"{name}: integer beyond 2^53")
    if isinstance(value, str) and len(value.encode(errors="surrogatepass")) > TEXT_BYTES_MAX:
        raise Refused(Reason.OUT_OF_RANGE, f"{name}: text over {TEXT_BYTES_MAX} bytes")
    if isinstance(value, str) and not value.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Refused(Reason.BAD_VALUE, f"{name}: text with half a character")
    if rule is not None:
        check_value(rule, value)
