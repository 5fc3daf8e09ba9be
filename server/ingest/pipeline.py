"""The thin shell around the ingest host: takes messages from doors, tells the engine, commits, and sends the answers.

`receive` never waits and never raises: what the host says of a message is carried out before it returns, in the host's
order, and only the journal is left to tasks of its own.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
import structlog

from contract.errors import Reason, StorageError
from contract.identity import GatewayId, Lane
from contract.messages import Receipt, Seen, encode_message
from contract.topics import ROOT
from server.core.effects import IdTaken
from server.core.events import Event, Unreadable
from server.ingest.committing import COLLECT_SECONDS, RETRY_SECONDS, Committing, Counts
from server.ingest.doors.door import Door
from server.ingest.host import Host
from server.ingest.model import (
    Arrived,
    Bury,
    Effect,
    Fate,
    Finish,
    FollowedBatch,
    FollowedEvents,
    Input,
    LookUp,
    Origin,
    Restored,
    SendReceipt,
    SendSeen,
    SharesChanged,
    StoreEvents,
    Tally,
    Tell,
    What,
    Write,
    roster_changed,
)
from server.ingest.sorting import DETAIL_MAX, event_key, retold
from server.journal.model import AlarmEvent, DeadLetter, Journal, JournaledBatch
from server.registry.model import Roster

REMEMBER_MS = 30 * 86_400_000  # Signals and cursors loaded at the start. Of older ones the journal is asked.
RETELL_MS = 86_400_000  # Before the newest stored alarm: what the engine may not have taken in when we were killed.

log = structlog.get_logger("ingest")


class Ingest:
    """One per server. Load the roster and call `start` before the doors open; `run` serves until cancelled."""

    def __init__(
        self,
        journal: Journal,
        tell: Callable[[Event], None],
        clock: Callable[[], float],
        *,
        on_commit: Callable[[Sequence[int]], None] = lambda _sequences: None,
        watched: Callable[[GatewayId], bool] = lambda _gateway: True,
        retry_seconds: float = RETRY_SECONDS,
        collect_seconds: float = COLLECT_SECONDS,
    ) -> None:
        self._host = Host()
        self._journal = journal
        self._tell = tell
        self._clock = clock
        self._watched = watched
        self._retry_seconds = retry_seconds
        self._doors: dict[str, Door] = {}
        self._restored = False
        self._committing = Committing(
            journal, self._step, on_commit, retry_seconds=retry_seconds, collect_seconds=collect_seconds
        )

    # ---------------------------------------------------------------- its life

    def load_roster(self, roster: Roster) -> None:
        """Take in which gateways and devices exist; called again when that changes."""
        self._step(roster_changed(roster))

    async def start(self) -> None:
        """Read where every lane stands and which alarms are known, and tell the engine again what it may have missed.

        The facts of the alerts have to be restored before: the engine knows by them what it had taken in already.
        With the journal down we start all the same, and `run` tries again.
        """
        try:
            await self._restore()
        except StorageError as error:
            self._committing.failed(error)

    async def run(self) -> None:
        """Commit what comes, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._committing.run(), name="ingest-committing")
            if not self._restored:
                tasks.create_task(self._restore_late(), name="ingest-restore")

    async def drain(self) -> None:
        """Wait until everything received has its fate and is stored; the doors should be closed before."""
        await self._committing.drained()

    def receive(self, door: Door, gateway: str, leaf: str, payload: bytes, request: int = 0) -> None:
        """Take in one message as it came: nothing of it is believed yet. Never waits, never raises."""
        self._doors[door.name] = door
        self._step(Arrived(Origin(door.name, request), gateway, leaf, payload))

    def clone_suspected(self, gateway: GatewayId) -> bool:
        """Say whether a second box seems to bear a gateway's name: no command may go to either then."""
        return self._host.clone_suspected(gateway)

    def bury(self, letter: DeadLetter) -> None:
        """Keep a message that a door itself could not read. Never waits, never raises."""
        self._committing.letter(letter)

    def id_taken(self, taken: IdTaken) -> None:
        """Put it on record that a gateway's signal bears the id of another gateway's: that is no accident of a radio.

        The signal itself is shown and stored like any other, under a name of its own.
        """
        self.counts.ids_taken += 1
        reason, now = Reason.ID_TAKEN.value, self._clock()
        detail = f"{taken.id} of {taken.device} is the id of a signal of {taken.holder}"[:DETAIL_MAX]
        head = msgspec.json.encode({"g": taken.gateway, "d": taken.device, "id": taken.id, "t": round(taken.t * 1_000)})
        sha256 = hashlib.sha256(head).digest()
        topic = f"{ROOT}/{taken.gateway}/up/{Lane.ALARM.value}"
        self.bury(DeadLetter(taken.gateway, topic, reason, detail, sha256, head, round(now * 1_000)))
        self._tell(Unreadable(taken.gateway, Lane.ALARM.value, reason, detail, now))

    # ---------------------------------------------------------------- other servers

    def shares(self, fences: Mapping[int, int]) -> None:
        """Learn which shares of the gateways are ours; before the first call all are."""
        self._step(SharesChanged(fences))

    def followed(self, batch: JournaledBatch) -> None:
        """Learn of a batch that another server has committed."""
        self._step(FollowedBatch(batch))

    def followed_events(self, events: Sequence[AlarmEvent]) -> None:
        """Learn of events that are in the journal, whoever stored them."""
        if events:
            self._step(FollowedEvents(events))

    # ---------------------------------------------------------------- what it says of itself

    @property
    def journal_ok(self) -> bool:
        """Say whether the last commit worked."""
        return self._committing.ok

    @property
    def tally(self) -> Tally:
        """Give the host's counters."""
        return self._host.tally

    @property
    def counts(self) -> Counts:
        """Give the shell's counters."""
        return self._committing.counts

    def counters(self) -> dict[str, int]:
        """Give all counters by name; the fates and `pending` add up to `received`."""
        tally, counts = self.tally, self.counts
        named = {"received": sum(tally.received.values()), "pending": tally.pending}
        named |= {fate.value: sum(tally.fates[what, fate] for what in What) for fate in Fate}
        named |= {f"received_{what.value}": count for what, count in tally.received.items()}
        named |= {f"reason_{reason}": count for reason, count in sorted(tally.reasons.items())}
        named |= {
            name: getattr(tally, name)
            for name in ("readings", "quarantined", "repair_press", "early_press", "lost_commits", "conflicts", "clones")
        }
        return named | {
            name: getattr(counts, name)
            for name in ("commits", "commit_failures", "letters_dropped", "events_dropped", "ids_taken", "faults")
        }

    def dead_letters(self) -> int:
        """Count the messages kept as dead letters since the start."""
        return self.counts.letters_kept

    def lag_ms(self) -> int:
        """Say how long the oldest batch has waited for its commit."""
        oldest = self._committing.oldest_ms()
        return 0 if oldest is None else max(0, round(self._clock() * 1_000) - oldest)

    # ---------------------------------------------------------------- effects

    def _step(self, told: Input) -> None:
        try:
            effects = self._host.step(told, self._clock())
        except Exception:  # The top of everything that comes in: our mistake with one message is not its neighbours'.
            self.counts.faults += 1
            log.exception("ingest_step_failed", told=type(told).__name__)
            return
        for effect in effects:
            try:
                self._carry_out(effect)
            except Exception:  # A fault of the engine or of a door must not keep a press from the journal.
                self.counts.faults += 1
                log.exception("ingest_effect_failed", effect=type(effect).__name__)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Tell():
                self._tell(effect.event)
            case Write():
                self._committing.batch(effect.pending)
            case SendReceipt():
                sure = Lane.ALARM.value in effect.receipt.c or bool(effect.receipt.ids)
                self._send(effect.origin, effect.gateway, effect.receipt, sure=sure)
            case SendSeen():
                self._send_seen(effect)
            case Finish():
                if effect.origin.request:
                    self._doors[effect.origin.door].finish(effect)
            case LookUp():
                self._committing.look_up(effect)
            case StoreEvents():
                self._committing.events(effect)
            case Bury():
                self._committing.letter(effect.letter)

    def _send_seen(self, effect: SendSeen) -> None:
        """Say that a press is seen where a screen is open to see it; otherwise the lamp stays dark until it is stored."""
        if self._watched(effect.gateway):
            self._send(effect.origin, effect.gateway, Seen(list(effect.ids)), sure=False)

    def _send(self, origin: Origin, gateway: str, message: Receipt | Seen, *, sure: bool) -> None:
        self._doors[origin.door].send(origin, gateway, encode_message(message), sure=sure)

    # ---------------------------------------------------------------- the start

    async def _restore(self) -> None:
        since_ms = int(self._clock() * 1_000) - REMEMBER_MS
        cursors = await self._journal.cursors(since_ms)
        events = await self._journal.events(since_ms)
        signals = [event_key(event) for event in events if event.kind in ("press", "alert")]
        missed = [event for event in _to_retell(events) if not self._host.knows(event)]  # Where we restore late, few.
        self._step(Restored(cursors, signals, since_ms))
        self._restored = True
        for event in missed:
            self._retell(event)
        log.info("ingest_restored", lanes=len(cursors), signals=len(signals))

    async def _restore_late(self) -> None:
        while not self._restored:
            await asyncio.sleep(self._retry_seconds)
            await self.start()

    def _retell(self, event: AlarmEvent) -> None:
        try:
            told = retold(event)
            if told is not None:
                self._tell(told)
        except Exception:  # One event that cannot be told again must not keep the server from starting.
            self.counts.faults += 1
            log.exception("event_not_retold", event=event.id)


def _to_retell(events: Sequence[AlarmEvent]) -> Iterable[AlarmEvent]:
    """Choose the events near the newest: before a kill the engine may have missed only the very last."""
    newest = max((event.rx_ms for event in events), default=0)
    return (event for event in events if event.rx_ms >= newest - RETELL_MS)
