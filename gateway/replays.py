"""What has a receipt and is offered again: to a server that lost commits, or because a command asks for it.

A server restored from an older backup asks for positions that it had receipted. What the outbox still keeps of them goes out
again, one batch of a stream at a time: the same records at the same positions under the same ids, so that nothing is doubled
where the server has it after all. What the outbox no longer keeps is declared lost, but only after the claim has stood.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from contract.batch import encode_batch
from contract.identity import EpochId, GatewayId, Lane
from contract.limits import BATCH_RECORDS_MAX
from gateway.doubt import LOST_SECONDS
from gateway.node_events import Effect, Load, Loaded, Send
from gateway.paths import Paths

BATCH_BYTES = 65_536
AGAIN_SECONDS = (2.0, 5.0, 15.0)  # Without a receipt the same batch goes again, then every 15 s while the claim stands.
UNREADABLE_SECONDS = 5.0  # After a read that gave nothing.
READINGS_SECONDS = 10.0  # A claim about readings is only followed when it was made again after this; alarms go at once.
CLAIM_SECONDS = 180.0  # A claim that the server does not make again is forgotten: it came from an old message.
REPLAYS_MAX = 1_024  # Streams waiting to be offered again; a server that wants more asks again later.
_LOST = ("lost", "corrupt")


class _HoleOf(msgspec.Struct, tag_field="k", tag="hole"):
    why: str


@dataclass(slots=True)
class _Replay:
    """One stream being offered again, from `first` to `through`."""

    lane: Lane
    epoch: EpochId
    first: int
    through: int
    commanded: bool  # Offered to the end, whatever the server says it has.
    since: float  # When the server first claimed that it lacks them, and when it did so last.
    claimed_at: float
    loading: int = 0  # The first position of what is being read back; 0 for nothing.
    sent: int = 0  # The last position of the batch that is on its way; 0 for none.
    at: float | None = None  # When to act again without being told anything.
    attempts: int = 0
    patience: float = 0.0  # How long the claim must have stood before anything more is done about it.

    @property
    def believed(self) -> bool:
        """Say whether the claim was made again after long enough."""
        return self.claimed_at - self.since >= self.patience


class Replays:
    """Offers again what was receipted. It knows how far each stream was, not what of it is still kept."""

    def __init__(self, gateway: GatewayId, paths: Paths) -> None:
        self._gateway = gateway
        self._paths = paths
        self._through: dict[tuple[Lane, EpochId], int] = {}
        self._waiting: dict[tuple[Lane, EpochId], _Replay] = {}
        self.offered = 0  # Positions sent again after their receipt.

    def receipted_through(self, lane: Lane, epoch: EpochId, through: int) -> None:
        """Learn how far a stream has receipts."""
        self._through[lane, epoch] = max(through, self._through.get((lane, epoch), 0))

    def ended(self) -> dict[EpochId, dict[Lane, int]]:
        """Give how far each known stream was receipted, oldest epoch first."""
        found: dict[EpochId, dict[Lane, int]] = {}
        for (lane, epoch), through in sorted(self._through.items(), key=lambda item: item[0][1]):
            found.setdefault(epoch, {})[lane] = through
        return found

    def active(self) -> list[EpochId]:
        """Name the epochs that are being offered again."""
        return list({replay.epoch: None for replay in self._waiting.values()})

    def asked(self, lane: Lane, epoch: EpochId, position: int, now: float, *, commanded: bool = False) -> list[Effect]:
        """Offer a stream again from a position, as far as it has receipts; what has none is its lane's own work."""
        key = (lane, epoch)
        through = self._through.get(key, 0)
        if not 1 <= position <= through:
            return []
        replay = self._waiting.get(key)
        if replay is None:
            if len(self._waiting) >= REPLAYS_MAX:
                return []
            replay = self._waiting[key] = _Replay(lane, epoch, position, through, commanded, now, now)
            if lane is Lane.TELEMETRY and not commanded:
                replay.patience, replay.at = READINGS_SECONDS, now + CLAIM_SECONDS
        elif position < replay.first:  # Lost again on its way, or passed over as no longer kept.
            replay.first, replay.sent, replay.commanded = position, 0, commanded
        replay.through = max(replay.through, through)
        replay.claimed_at = now
        if replay.believed and not replay.sent:
            replay.at = None
        return self._pump(lane)

    def receipted(self, lane: Lane, epoch: EpochId, through: int) -> list[Effect]:
        """Go on after the batch that the server has now, or end when it has everything."""
        replay = self._waiting.get((lane, epoch))
        if replay is None or through < replay.first:
            return []
        if replay.commanded:
            if not replay.sent or through < replay.sent:
                return []
            through = replay.sent
        self._go_on(replay, through)
        return self._pump(lane)

    def loaded(self, event: Loaded, stamp: int, now: float) -> list[Effect] | None:
        """Send what was read back; None when it was not read for us."""
        replay = self._waiting.get((event.lane, event.epoch))
        if replay is None or not replay.loading or event.first != replay.loading:
            return None
        replay.loading = 0
        if event.first == replay.first and (sends := self._offer(replay, event, stamp, now)):
            return sends
        return self._pump(event.lane)

    def _offer(self, replay: _Replay, event: Loaded, stamp: int, now: float) -> list[Effect]:
        """Send a batch, or note what to do instead."""
        if event.last < event.first:
            replay.at = now + UNREADABLE_SECONDS
            return []
        if only_lost(event.bodies):
            if replay.commanded:  # A command wants what there is; it declares nothing lost.
                self._go_on(replay, event.last)
                return []
            replay.patience = LOST_SECONDS
            if not replay.believed:
                replay.at = now + CLAIM_SECONDS
                return []
        replay.at = now + AGAIN_SECONDS[min(replay.attempts, len(AGAIN_SECONDS) - 1)]
        replay.attempts += 1
        paths = self._paths.every(event.lane)[: None if event.lane is Lane.ALARM else 1]
        if not paths:
            return []
        replay.sent = event.last
        self.offered += event.last - event.first + 1
        payload = encode_batch(self._gateway, event.epoch, event.lane, event.first, stamp, event.bodies)
        return [Send(path, f"up/{event.lane.value}", payload, event.lane) for path in paths]

    def due(self, now: float) -> list[Effect]:
        """Do what time alone asks for."""
        effects: list[Effect] = []
        for key, replay in list(self._waiting.items()):
            if replay.at is None or replay.at > now:
                continue
            del self._waiting[key]
            if replay.commanded or now - replay.claimed_at < CLAIM_SECONDS:
                replay.at, replay.sent = None, 0
                self._waiting[key] = replay  # Behind the others: a stream that gets no receipts holds up none.
            effects += self._pump(replay.lane)
        return effects

    def deadline(self) -> float | None:
        """Say when `due` must be called next."""
        return min((replay.at for replay in self._waiting.values() if replay.at is not None), default=None)

    def _go_on(self, replay: _Replay, through: int) -> None:
        replay.first = through + 1
        replay.attempts = 0
        if replay.first > replay.through:
            del self._waiting[replay.lane, replay.epoch]
        elif replay.first > replay.sent:
            replay.sent, replay.at = 0, None

    def _pump(self, lane: Lane) -> list[Effect]:
        """Read the next batch of the first stream that waits for nothing; of a lane one batch is under way at most."""
        mine = [replay for replay in self._waiting.values() if replay.lane is lane]
        if any(replay.loading or replay.sent for replay in mine):
            return []
        replay = next((one for one in mine if one.at is None), None)
        if replay is None:
            return []
        replay.loading = replay.first
        return [Load(lane, replay.epoch, replay.first, replay.through, BATCH_RECORDS_MAX, BATCH_BYTES)]


def only_lost(bodies: Sequence[bytes]) -> bool:
    """Say whether nothing is left of what was asked for."""
    if len(bodies) != 1:
        return False
    try:
        return msgspec.json.decode(bodies[0], type=_HoleOf).why in _LOST
    except msgspec.DecodeError:
        return False
