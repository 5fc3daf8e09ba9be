"""A running ingest on a real journal, a door in memory, and a gateway in a few words, for the tests of the shells."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from contract.errors import StorageError
from contract.messages import Receipt
from server.core.events import Event
from server.ingest.model import Finish, Origin
from server.ingest.pipeline import Ingest
from server.journal.model import AlarmEvent, BatchWrite, DeadLetter, Written
from server.journal.sql import SqlJournal

LIMIT_SECONDS = 20.0  # A busy machine; what is waited for is an event, and comes at once.


class Told:
    """What the engine was told; anybody may wait for the event they want."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Condition()
        self._task: set[asyncio.Task[None]] = set()

    def __call__(self, event: Event) -> None:
        """Take an event."""
        self.events.append(event)
        task = asyncio.get_running_loop().create_task(self._notify())
        self._task.add(task)
        task.add_done_callback(self._task.discard)

    def of(self, kind: type) -> list[Event]:
        """List the events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, kind: type, count: int = 1) -> None:
        """Wait until so many of a kind have been told."""
        async with asyncio.timeout(LIMIT_SECONDS), self._changed:
            await self._changed.wait_for(lambda: len(self.of(kind)) >= count)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


class MemoryDoor:
    """A door without a network: keeps what is sent, in order."""

    name = "memory"
    connected = True

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.finished: list[Finish] = []

    def send(self, origin: Origin, gateway: str, payload: bytes, *, sure: bool) -> None:  # noqa: ARG002  # A door's words.
        """Keep it."""
        self.sent.append((gateway, payload))

    def order(self, gateway: str, payload: bytes) -> None:
        """Keep it with what is sent."""
        self.sent.append((gateway, payload))

    def finish(self, finish: Finish) -> None:
        """Keep it."""
        self.finished.append(finish)

    async def run(self) -> None:
        """Do nothing."""


class FailingJournal(SqlJournal):
    """A journal that can be told to be down, or to choke on one batch or event, and to hold its commits back."""

    down = False
    poison = b"poison"
    gate: asyncio.Event | None = None
    groups: list[list[str]]

    async def write(self, batches: Sequence[BatchWrite]) -> Sequence[Written]:
        """Commit, or fail as told."""
        if self.gate is not None:
            await self.gate.wait()
        self._fail([batch.body for batch in batches])
        self.groups = [*getattr(self, "groups", []), [batch.lane.value for batch in batches]]
        return await super().write(batches)

    async def store_events(self, events: Sequence[AlarmEvent]) -> Sequence[bool]:
        """Store, or fail as told."""
        self._fail([event.body for event in events])
        return await super().store_events(events)

    async def dead_letters_add(self, letters: Sequence[DeadLetter]) -> None:
        """Keep, or fail as told."""
        self._fail([])
        await super().dead_letters_add(letters)

    async def events(self, after_rx_ms: int) -> Sequence[AlarmEvent]:
        """Read, or fail as told."""
        self._fail([])
        return await super().events(after_rx_ms)

    def _fail(self, bodies: Sequence[bytes]) -> None:
        if self.down:
            raise StorageError("database: away")
        if any(self.poison in body for body in bodies):
            raise ValueError("a batch that no database takes")


@contextlib.asynccontextmanager
async def serving(ingest: Ingest) -> AsyncIterator[None]:
    """Run an ingest as long as the block lasts."""
    task = asyncio.create_task(ingest.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], object]) -> None:
    """Wait until something holds that nobody tells of."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while not condition():  # noqa: ASYNC110  # Counters have no event.
            await asyncio.sleep(0.005)


def receipts_of(door: MemoryDoor) -> list[Receipt]:
    """Read the receipts that were sent by a door."""
    return [msgspec.json.decode(payload, type=Receipt) for _, payload in door.sent if b'"seen"' not in payload]
