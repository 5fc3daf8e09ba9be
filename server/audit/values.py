"""Whether the history store has the values of the journal: by sums of each gateway and day, then value by value."""

from collections.abc import Mapping
from typing import Protocol

from contract.identity import GatewayId, Lane
from server.audit.days import DAY_MS, day_name, day_of, start_of
from server.audit.digest import rows_between
from server.audit.pairs import compare
from server.audit.report import SHOWN_MAX, Check
from server.history.content import NOTHING, AuditedStore, Tally, Work
from server.history.store import Row
from server.journal.raw import Pieces, RawSource

PAIRS_MAX = 20_000  # Gateways and days compared value by value: an hour or so. Beyond it they count as not compared.


class Counting(Protocol):
    """Where the progress is told."""

    done: int
    total: int


class Values:
    """Compares one store with the journal up to `head`."""

    def __init__(self, source: RawSource, store: AuditedStore, work: Work, head: int) -> None:
        self._source = source
        self._store = store
        self._work = work
        self._head = head
        self._written = 0
        self._pairs = 0
        texts = "numbers and texts" if store.shape.texts else "numbers alone, to the millisecond"
        self._check = Check("history", f"each value of each reading with the history store ({store.name}: {texts})")

    async def check(
        self,
        tallies: Mapping[tuple[str, int], Tally],
        outside: set[tuple[str, int]],
        from_ms: int,
        to_ms: int,
        progress: Counting,
    ) -> Check:
        """Compare every value measured in [from, to), and those received in it that were measured at other times."""
        self._written = await self._store.checkpoint()
        days = range(day_of(from_ms), day_of(to_ms - 1) + 1)
        progress.total = len(days)
        for day in days:
            begin, end = max(from_ms, start_of(day)), min(to_ms, start_of(day + 1))
            kept = await self._store.tallies(begin, end, self._work)
            gateways = {gateway for gateway, of_day in tallies if of_day == day} | set(kept)
            for gateway in sorted(gateways):
                should = tallies.get((gateway, day), NOTHING)
                if should == kept.get(GatewayId(gateway), NOTHING):
                    self._check.compared += should[0]
                else:
                    await self._compare(gateway, begin, end, received=(begin - DAY_MS, None))
            progress.done += 1
        for gateway, day in sorted(outside):
            await self._compare(
                gateway, start_of(day), start_of(day + 1), received=(from_ms, to_ms), inside=(from_ms, to_ms)
            )
        await self._behind(from_ms, to_ms)
        return self._check

    async def _compare(
        self,
        gateway: str,
        begin: int,
        end: int,
        *,
        received: tuple[int, int | None],
        inside: tuple[int, int] | None = None,
    ) -> None:
        """Compare one gateway's values in [begin, end); with `inside`, only those received in the span and outside of it."""
        self._pairs += 1
        if self._pairs > PAIRS_MAX:
            self._check.skipped(f"more than {PAIRS_MAX} gateways and days differ in their sums or came late")
            return
        must: list[Row] = []
        may: list[Row] = []
        after, pieces = await self._source.before(received[0]), Pieces()
        while True:
            piece = await self._source.of_gateway(gateway, Lane.TELEMETRY.value, received[0], after, pieces.limit)
            full = len(piece) >= pieces.limit
            pieces.learn(piece)
            wanted = [raw for raw in piece if received[1] is None or raw.rx_ms < received[1]]
            must += await self._work(rows_between, [raw for raw in wanted if raw.sequence <= self._written], begin, end)
            may += await self._work(rows_between, [raw for raw in wanted if raw.sequence > self._written], begin, end)
            if not full:
                break
            after = piece[-1].sequence
        if inside is not None:
            must = [row for row in must if not inside[0] <= row.t_ns // 1_000_000 < inside[1]]
        kept = await self._store.kept(GatewayId(gateway), begin, end)
        whole = inside is None
        found = await self._work(compare, self._store.shape, must, may, kept, whole, SHOWN_MAX)
        self._check.compared += found.values
        if found.differences:
            for words in found.shown:
                self._check.differs(f"{gateway} {day_name(day_of(begin))}: {words}")
            self._check.differences += found.differences - len(found.shown)

    async def _behind(self, from_ms: int, to_ms: int) -> None:
        """Count the batches of the span that the store has not been given yet."""
        if self._written >= self._head:
            return
        after, behind = self._written, 0
        while after < self._head:
            piece = await self._source.read_raw(after, 1_000)
            behind += sum(from_ms <= raw.rx_ms < to_ms and raw.lane == Lane.TELEMETRY.value for raw in piece)
            if not piece:
                break
            after = piece[-1].sequence
        if behind:
            self._check.skipped("batches which the history store has not been given yet", behind)
