"""Heartbeats: the school says what it has told and what is open, we compare that with what we have, and miss nothing.

What another server committed we may not know. So before a gateway is told that something is missing, the journal is asked.
"""

from collections.abc import Callable, Iterable

from contract.errors import Refused
from contract.identity import DeviceId, EpochId, GatewayId, Lane, PressId, parse_epoch_id
from contract.limits import VERSION
from contract.messages import Heartbeat, OpenPress, Receipt
from contract.records import Press, check_record, decode_record, encode_record
from server.core.events import DeviceAlerted, PressArrived
from server.ingest.gateways import GatewayState
from server.ingest.model import Effect, LookedUp, LookUp, Origin, SendReceipt, StoreEvents, Tally, Tell
from server.ingest.signals import Signals
from server.ingest.sorting import press_key, repaired_record
from server.journal.model import AlarmEvent

EARLY_MS = 2_000  # A press younger than this in a heartbeat has overtaken its own batch; an older one was missed.

Cursors = dict[tuple[GatewayId, EpochId, Lane], int]


class Heartbeats:
    """Answers heartbeats from the host's cursors and signals, which it shares."""

    def __init__(self, tally: Tally, signals: Signals, cursors: Cursors, window: Callable[[], int]) -> None:
        self._tally = tally
        self._signals = signals
        self._cursors = cursors
        self._window = window

    def answer(
        self, origin: Origin, gateway: GatewayId, state: GatewayState, beat: Heartbeat, presses: list[Press], now: float
    ) -> list[Effect]:
        """Repair what was missed, and say how far we are, once we are sure of it."""
        epoch = parse_epoch_id(beat.ep)
        effects = self._watch(gateway, epoch, state, beat, now)
        effects += self._repair(origin, gateway, epoch, beat, presses, now)
        receipt, behind = self._compare(gateway, epoch, state, beat, now)
        doubtful = [*([epoch] if behind else []), *self._kept_beyond_us(gateway, beat)]
        if not behind:
            effects.append(SendReceipt(origin, gateway, receipt))
        if doubtful:
            effects.append(LookUp(origin, gateway, beat, doubtful))
        return effects + self._old_epochs(origin, gateway, beat, now)

    def looked_up(self, told: LookedUp, now: float) -> list[Effect]:
        """Answer a heartbeat with what the journal says; with what we know, and no claim, when it says nothing."""
        request = told.request
        beat = request.beat
        current = parse_epoch_id(beat.ep)
        effects: list[Effect] = []
        for epoch in request.epochs:
            receipt = self._checked(request, epoch, told, now) if epoch == current else self._lost_of(told, epoch, now)
            if receipt is not None:
                effects.append(SendReceipt(request.origin, request.gateway, receipt))
        return effects

    def _checked(self, request: LookUp, epoch: EpochId, told: LookedUp, now: float) -> Receipt:
        """Say how far the present epoch is committed, and from where it is to be sent again."""
        beat = request.beat
        committed: dict[str, int] = {}
        resend: dict[str, int] = {}
        for lane in Lane:
            key = (request.gateway, epoch, lane)
            before = self._cursors.get(key, 0)
            if told.cursors is None:
                committed[lane.value] = before
                continue
            cursor = self._cursors[key] = max(before, told.cursors.get((epoch, lane), 0))
            committed[lane.value] = cursor
            lost = beat.lo.get(lane.value, 0) > cursor  # We have committed less than we said: a restored backup.
            self._tally.lost_commits += lost
            behind = beat.hi.get(lane.value, 0) > cursor
            if lost or (behind and cursor == before):  # What moved meanwhile is on its way.
                resend[lane.value] = cursor + 1
        return self._receipt(epoch, committed, resend, now, beat.h)

    def _lost_of(self, told: LookedUp, epoch: EpochId, now: float) -> Receipt | None:
        """Ask for what an earlier start of the box had receipts for and the journal does not have: it is an older backup."""
        request, cursors = told.request, told.cursors
        if cursors is None:
            return None
        lanes = request.beat.kept.get(epoch, {})
        lost: dict[str, int] = {}
        for lane in Lane:
            key = (request.gateway, epoch, lane)
            cursor = self._cursors[key] = max(self._cursors.get(key, 0), cursors.get((epoch, lane), 0))
            if cursor < lanes.get(lane.value, 0):
                lost[lane.value] = cursor
        if not lost:
            return None
        self._tally.lost_commits += len(lost)
        return self._receipt(epoch, lost, {lane: cursor + 1 for lane, cursor in lost.items()}, now)

    def _kept_beyond_us(self, gateway: GatewayId, beat: Heartbeat) -> list[EpochId]:
        """Name the earlier starts of the box that have receipts for more than we know to be committed."""
        return [
            EpochId(text)
            for text, lanes in beat.kept.items()
            if any(self._cursors.get((gateway, EpochId(text), lane), 0) < lanes.get(lane.value, 0) for lane in Lane)
        ]

    def _compare(
        self, gateway: GatewayId, epoch: EpochId, state: GatewayState, beat: Heartbeat, now: float
    ) -> tuple[Receipt, bool]:
        """Give the answer, and whether something seems to be missing: an alarm at once, telemetry that did not move."""
        committed: dict[str, int] = {}
        doubtful = False
        for lane in Lane:
            cursor = self._cursors.get((gateway, epoch, lane), 0)
            committed[lane.value] = cursor
            stuck = state.waiting.get(lane.value) == cursor
            behind = beat.hi.get(lane.value, 0) > cursor
            doubtful |= beat.lo.get(lane.value, 0) > cursor or (behind and (stuck or lane is Lane.ALARM))
            if behind:
                state.waiting[lane.value] = cursor
            else:
                state.waiting.pop(lane.value, None)
        return self._receipt(epoch, committed, {}, now, beat.h), doubtful

    def _receipt(
        self, epoch: EpochId, committed: dict[str, int], resend: dict[str, int], now: float, nonce: int | None = None
    ) -> Receipt:
        return Receipt(VERSION, epoch, int(now * 1_000), committed, h=nonce, rs=resend, win=self._window())

    def _watch(self, gateway: GatewayId, epoch: EpochId, state: GatewayState, beat: Heartbeat, now: float) -> list[Effect]:
        """Tell when a second box begins or ends to bear this name, and when the box's clock goes wrong or right."""
        effects: list[Effect] = []
        two = state.turn(epoch, beat.s, now)
        if two is not bool(state.clone):
            self._tally.clones += two
            id_ = state.clone or f"clone:{gateway}:{epoch}:{int(now)}"
            state.clone = id_ if two else ""
            effects.append(Tell(_own_alert(gateway, DeviceId(""), "clone", id_, now, on=two)))
        off = state.clock_off(beat.s, now)
        if off is not bool(state.clock):
            id_ = state.clock or f"clock_bad:{gateway}:{int(now)}"
            state.clock = id_ if off else ""
            text = f"{round(beat.s - now * 1_000)} ms from the server's clock"
            effects.append(Tell(_own_alert(gateway, DeviceId("gw"), "clock_bad", id_, now, on=off, text=text)))
        return effects

    def _repair(
        self, origin: Origin, gateway: GatewayId, epoch: EpochId, beat: Heartbeat, presses: list[Press], now: float
    ) -> list[Effect]:
        """Show and store what the school says is open and we do not have."""
        missed = [press for press in presses if not self._signals.stored(press_key(gateway, press.id))]
        events = [
            AlarmEvent(
                PressId(press.id), "press", gateway, DeviceId(press.d), press.t, int(now * 1_000), encode_record(press)
            )
            for press in missed
        ]
        effects: list[Effect] = []
        # The box has begun again, and says itself that alarms of before are still in its outbox: they follow.
        coming = any(Lane.ALARM.value in lanes for lanes in beat.old.values())
        for press in missed:
            if self._signals.remembers_since(press.t) and self._signals.show(press_key(gateway, press.id)):
                late = beat.s - press.t >= EARLY_MS and not coming
                self._tally.repair_press += late
                self._tally.early_press += not late
                effects.append(Tell(_repaired(press, gateway, now, stored=False)))
        if events:
            effects.append(StoreEvents(origin, gateway, epoch, events, repair=True))
        return effects

    def stored(self, event: AlarmEvent, now: float) -> list[Effect]:
        """Show a repaired press that was too old to be shown before the journal had been asked, and that it did not have."""
        if not self._signals.show(press_key(event.gateway, event.id)):
            return []
        self._tally.repair_press += 1
        press = decode_record(event.body)
        assert isinstance(press, Press)
        return [Tell(_repaired(press, event.gateway, now, stored=True))]

    def _old_epochs(self, origin: Origin, gateway: GatewayId, beat: Heartbeat, now: float) -> list[Effect]:
        """Repeat the receipts of earlier starts of the box whose records still wait in its outbox though we have some."""
        effects: list[Effect] = []
        for text, lanes in beat.old.items():
            epoch = parse_epoch_id(text)
            have: dict[str, int] = {
                lane.value: self._cursors.get((gateway, epoch, lane), 0) for lane in Lane if lane.value in lanes
            }
            done = {lane: cursor for lane, cursor in have.items() if cursor and cursor >= min(lanes[lane], default=0)}
            if done:
                effects.append(SendReceipt(origin, gateway, self._receipt(epoch, done, {}, now)))
        return effects


def open_presses(told: Iterable[OpenPress]) -> tuple[list[Press], list[Refused]]:
    """Read the open presses of a heartbeat, and what is wrong with those that cannot be."""
    presses: list[Press] = []
    unreadable: list[Refused] = []
    for one in told:
        press = repaired_record(one)
        try:
            check_record(press)
        except Refused as refusal:
            unreadable.append(refusal)
        else:
            presses.append(press)
    return presses, unreadable


def _repaired(press: Press, gateway: GatewayId, now: float, *, stored: bool) -> PressArrived:
    return PressArrived(
        id=PressId(press.id),
        gateway=gateway,
        device=DeviceId(press.d),
        t=press.t / 1_000,
        rx=now,
        quality=press.q,
        press=press.press,
        mode_claimed=press.mode,
        stored=stored,
        repaired=True,
    )


def _own_alert(
    gateway: GatewayId, device: DeviceId, code: str, id_: str, now: float, *, on: bool, text: str = ""
) -> DeviceAlerted:
    """Make an alert of what we found ourselves; it is no record of the box."""
    return DeviceAlerted(
        id=id_,
        gateway=gateway,
        device=device,
        code=code,
        on=on,
        t=now,
        rx=now,
        mode_claimed="real",
        text=text,
        stored=True,
    )
