"""A history store in the world: rows in memory, of which a kill takes any mixture of what the last seconds wrote."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId
from contract.records import Value
from server.history.store import Point, Row

LOSS_SECONDS = 3.0  # What a kill may take, as measured of stores that acknowledge before they sync.
HORIZON_SECONDS = 3.5  # What the store says of itself.
APPEND_SECONDS = 0.02

Key = tuple[GatewayId, DeviceId, int]
Rows = dict[Key, dict[str, Value]]


class History:
    """The store itself, outlasting its users; `door` gives each of them a `HistoryStore`."""

    def __init__(self, now: Callable[[], float], chance: random.Random) -> None:
        self.rows: Rows = {}
        self.down = 0
        self.lost = 0
        self.doubled: list[str] = []  # Rows overwritten by other contents.
        self.run = 1
        self._now = now
        self._chance = chance
        self._checkpoint = 0
        self._unsure: deque[tuple[float, Key | None, int]] = deque()  # (when, row or None for the checkpoint before it)

    def keep(self, rows: Sequence[Row], checkpoint: int) -> None:
        """Take rows and the checkpoint."""
        now = self._now()
        while self._unsure and self._unsure[0][0] < now - LOSS_SECONDS:
            self._unsure.popleft()
        for row in rows:
            key = (row.gateway, row.device, row.t_ns)
            metrics: dict[str, Value] = {name: value for name, value in row.metrics.items() if value is not None}
            known = self.rows.get(key)
            if known is not None and known != metrics:
                self.doubled.append(f"two rows for {key}: {known} and {metrics}")
            self.rows[key] = metrics
            self._unsure.append((now, key, 0))
        if checkpoint != self._checkpoint:
            self._unsure.append((now, None, self._checkpoint))
            self._checkpoint = checkpoint

    def kill(self) -> None:
        """Lose any mixture of the last seconds; what is lost of the checkpoint is lost from its end."""
        self.run += 1
        now = self._now()
        for when, key, before in reversed(self._unsure):
            if when < now - LOSS_SECONDS:
                break
            if self._chance.random() < 0.5:  # noqa: PLR2004  # A coin.
                continue
            if key is None:
                self._checkpoint = min(before, self._checkpoint)
            elif self.rows.pop(key, None) is not None:
                self.lost += 1
        self._unsure.clear()

    @property
    def checkpoint(self) -> int:
        """Give what was kept last."""
        return self._checkpoint

    def empty(self) -> None:
        """Forget everything."""
        self.rows.clear()
        self._checkpoint = 0
        self._unsure.clear()


class HistoryDoor:
    """Implements `HistoryStore` for one process."""

    name = "simulated"
    keeps_texts = True
    loss_horizon_seconds = HORIZON_SECONDS

    def __init__(self, history: History, step: Callable[[str], None]) -> None:
        self._history = history
        self._step = step

    async def append(self, rows: Sequence[Row], checkpoint: int) -> None:
        """Keep rows and the checkpoint."""
        await self._answer()
        self._history.keep(rows, checkpoint)
        self._step("projected")

    async def checkpoint(self) -> int:
        """Read the checkpoint."""
        await self._answer()
        return self._history.checkpoint

    async def incarnation(self) -> str:
        """Name the present run."""
        await self._answer()
        return str(self._history.run)

    async def series(
        self, gateway: GatewayId, device: DeviceId, metric: str, start_ms: int, end_ms: int, points: int
    ) -> list[Point]:
        """Draw no curves: nobody in the world looks at any."""
        raise NotImplementedError

    async def drop(self) -> None:
        """Forget everything."""
        self._history.empty()

    async def close(self) -> None:
        """Let go of nothing."""

    async def _answer(self) -> None:
        await asyncio.sleep(APPEND_SECONDS)
        if self._history.down:
            raise StorageError("simulated: the history store is down")
