"""One school's days through the pure core, twice: under the settings that hold, and under those proposed. All pure.

Each engine has the one rule and no indicator, and is told what the journal has: readings, check-ins, and what devices
reported on the alarm lane. Heartbeats are not in the journal: between two batches that are no further apart than a gateway's
own records, it was heard. Nobody closes anything: an alert ends when it is surely over, also where in truth only people end
it, so that the next one counts. Both sides are judged alike.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from contract.batch import BadRecord, decode_batch
from contract.errors import Refused
from contract.identity import DeviceId, GatewayId, Lane
from contract.records import CheckIn, DeviceAlert, Reading
from server.core.alert import State
from server.core.effects import AlertChanged, Effect
from server.core.engine import Engine
from server.core.events import CheckInArrived, DeviceAlerted, Event, GatewayHeard, ReadingsArrived, RosterLoaded, Ticked
from server.core.liveness import RECORDS_APART_SECONDS
from server.core.rules import RULES
from server.journal.raw import RawBatch, unpack
from server.registry.model import Roster
from server.registry.record import Record
from server.whatif.model import Sides, Told

HEARD_SECONDS = 30.0  # How often a gateway is heard between two of its batches.
WARM_SECONDS = 3_600.0  # Before the time that is asked for: every value is told within it.
LEAST_STEP_SECONDS = 1.0  # A tick each second, as the server has it.


@dataclass(slots=True)
class _Side:
    """One engine, and what it has told."""

    engine: Engine
    rule: str
    told: dict[str, Told]
    ticked: float

    def step(self, event: Event, now: float) -> None:
        """Tell the engine something, after all that was due before."""
        self.advance(now)
        self._note(self.engine.step(event, now))

    def advance(self, now: float) -> None:
        """Let time pass, in the steps in which something is due."""
        while (due := self.engine.next_due) is not None and due <= now:
            self.ticked = max(due, self.ticked + LEAST_STEP_SECONDS)
            if self.ticked > now:
                break
            self._note(self.engine.step(Ticked(), self.ticked))
        self.ticked = min(self.ticked, now)

    def _note(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if type(effect) is not AlertChanged or effect.alert.rule != self.rule:
                continue
            alert = effect.alert
            ended = alert.updated if alert.state is State.CLOSED else None
            known = self.told.get(alert.id)
            raised = alert.rx if known is None else known.raised
            self.told[alert.id] = Told(alert.gateway, alert.device, raised, ended, int(alert.severity))


def replay(
    rule: str, roster: Roster, proposed: tuple[Record, ...], times: tuple[float, float], packed: Sequence[bytes]
) -> Sides:
    """Replay one school. `times` are the beginning and the end of what is asked; batches may begin an hour before."""
    since, until = times
    batches = sorted((raw for piece in packed for raw in unpack(piece)), key=lambda raw: (raw.rx_ms, raw.sequence))
    school = roster.schools[0].id
    if not batches:
        return Sides(school, 0, None)
    begun = batches[0].rx_ms / 1_000
    sides = [_side(rule, one, begun) for one in (roster, replace(roster, records=proposed))]
    known: dict[str, set[str]] = {gateway.id: {"gw"} for gateway in roster.gateways}
    for device in roster.devices:
        known.setdefault(device.gateway, set()).add(device.id)
    refused = 0
    for now, event in _heard(batches, known):
        if event is None:
            refused += 1
            continue
        for side in sides:
            side.step(event, now)
    for side in sides:
        side.advance(until)
    before, after = (tuple(one for one in side.told.values() if since <= one.raised < until) for side in sides)
    return Sides(school, len(batches), begun, before, after, refused)


def _side(rule: str, roster: Roster, begun: float) -> _Side:
    engine = Engine([replace(RULES[rule], by_people=False)], ())
    engine.step(RosterLoaded(roster), begun)
    return _Side(engine, rule, {}, begun)


def _heard(batches: Sequence[RawBatch], known: dict[str, set[str]]) -> Iterator[tuple[float, Event | None]]:
    """Give all events in the order of their instants; None for a batch that cannot be read."""
    nexts: dict[str, float] = {}
    gaps: list[float] = []  # From each batch to the next one of its gateway, backwards.
    for raw in reversed(batches):
        at = raw.rx_ms / 1_000
        gaps.append(nexts.get(raw.gateway, at) - at)
        nexts[raw.gateway] = at
    waiting: list[tuple[float, GatewayId]] = []
    for raw in batches:
        at, gap, gateway = raw.rx_ms / 1_000, gaps.pop(), GatewayId(raw.gateway)
        while waiting and waiting[0][0] <= at:
            heard, which = waiting.pop(0)
            yield heard, GatewayHeard(which, heard)
        for event in _events(raw, known.get(raw.gateway, set())):
            yield at, event
        if HEARD_SECONDS < gap <= RECORDS_APART_SECONDS:
            waiting += [(at + HEARD_SECONDS * step, gateway) for step in range(1, int(gap / HEARD_SECONDS) + 1)]
            waiting.sort()


def _events(raw: RawBatch, known: set[str]) -> Iterator[Event | None]:
    """Read one batch; of devices that the rule does not look at, nothing but that their gateway was heard."""
    gateway, rx = GatewayId(raw.gateway), raw.rx_ms / 1_000
    positions: list[int] = []
    readings: list[Reading] = []
    others: list[Event] = []
    batch = raw.journaled()
    try:
        position = batch.first_position
        for record in decode_batch(batch.body).records:
            if not isinstance(record, BadRecord) and position >= batch.new_from:
                if isinstance(record, Reading) and record.d in known:
                    positions.append(position)
                    readings.append(record)
                elif isinstance(record, CheckIn | DeviceAlert) and record.d in known:
                    others.append(_told(record, gateway, rx))
            position += record.positions()
    except Refused:  # Ingest took it once; a newer server may have become stricter.
        yield None
        return
    if raw.lane == Lane.TELEMETRY.value:
        yield ReadingsArrived(gateway, batch.epoch, rx, positions, readings)
    yield from others


def _told(record: CheckIn | DeviceAlert, gateway: GatewayId, rx: float) -> Event:
    device, at = DeviceId(record.d), record.t / 1_000
    if isinstance(record, CheckIn):
        return CheckInArrived(record.id, gateway, device, at, rx, record.guard, record.act, record.point)
    return DeviceAlerted(record.id, gateway, device, record.code, record.on, at, rx, record.mode, stored=True)
