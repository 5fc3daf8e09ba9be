"""A gateway for agents under test: it keeps what it is told, and can play a disk that fails."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from contract.errors import StorageError
from contract.identity import DeviceId, PressId, make_press_id
from contract.records import Value


@dataclass
class RecordingGateway:
    """Implements `edge.agent.Reporting`. Everything urgent lands in `told` once the disk has it."""

    disk: asyncio.Event = field(default_factory=asyncio.Event)  # Unset: the disk hangs.
    broken: bool = False  # The disk says no.
    attempts: int = 0
    told: list[tuple[str, ...]] = field(default_factory=list)
    readings: list[tuple[DeviceId, dict[str, Value]]] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _sampled: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Start with a disk that works."""
        self.disk.set()

    async def read(self, device: str, metrics: Mapping[str, Value]) -> None:
        """Wait for a sample."""
        async with asyncio.timeout(10):
            while (DeviceId(device), dict(metrics)) not in self.readings:
                self._sampled.clear()
                await self._sampled.wait()

    async def until(self, count: int) -> list[tuple[str, ...]]:
        """Wait for so many urgent facts."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: len(self.told) >= count)
        return self.told

    async def attempted(self, count: int) -> None:
        """Wait until so many urgent facts were tried."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: self.attempts >= count)

    def reading(self, device: DeviceId, metrics: Mapping[str, Value]) -> None:
        """Keep a sample."""
        self.readings.append((device, dict(metrics)))
        self._sampled.set()

    async def press(
        self, device: DeviceId, *, press: str = "short", mode: str = "real", counter: int | None = None
    ) -> PressId:
        """Keep a press."""
        await self._keep("press", device, press, mode, str(counter))
        return make_press_id(len(self.told), len(self.told))

    async def clear(self, device: DeviceId, *, by: str) -> None:
        """Keep a clear."""
        await self._keep("clear", device, by)

    async def alert(self, device: DeviceId, code: str, *, on: bool = True, mode: str = "real", text: str = "") -> str:
        """Keep an alert."""
        await self._keep("alert", device, code, str(on), mode, text)
        return "alert-id"

    async def check_in(self, device: DeviceId, *, guard: str, act: str, point: str = "", method: str = "") -> str:
        """Keep a check-in."""
        await self._keep("check_in", device, guard, act, point, method)
        return "check-in-id"

    async def _keep(self, *fact: str) -> None:
        self.attempts += 1
        async with self.changed:
            self.changed.notify_all()
        await self.disk.wait()
        if self.broken:
            raise StorageError("the disk said no")
        async with self.changed:
            self.told.append(fact)
            self.changed.notify_all()
