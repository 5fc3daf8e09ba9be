"""The hand that breaks things: one fault at a time on one target, begun and ended in the log, mended by itself."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from simulators.chaos.house import House
from simulators.chaos.process import EndedError
from simulators.chaos.record import Fault, Log, Mended, now

DOWN_SECONDS = (0.0, 3.0)
STARTS_MAX = 20
RESTART_SECONDS = 0.5
ENDING_SECONDS = 0.5  # A program that is about to end has ended by then.


class Mischief:
    """Breaks parts of a house. Every method returns when the part works again; a target has one fault at a time."""

    def __init__(self, house: House, log: Log, chance: random.Random) -> None:
        self.house = house
        self.chance = chance
        self.counts: Counter[tuple[str, str]] = Counter()  # (what, kind of target)
        self.ended: Counter[str] = Counter()  # Programs that ended by themselves while they started, by kind.
        self._log = log
        self._number = 0
        self._busy: set[str] = set()

    def rests(self, target: str) -> bool:
        """Say whether a target has no fault now."""
        return target not in self._busy

    async def kill(self, target: str, down_seconds: float | None = None) -> None:
        """Kill a program, and start it again after a while."""
        program = self.house.programs[target]

        async def work() -> None:
            await program.kill()
            await asyncio.sleep(self._down() if down_seconds is None else down_seconds)
            await program.start()
            await self._supervise(target)

        await self._during("kill", target, work)

    async def freeze(self, target: str, seconds: float) -> None:
        """Stop a program in its tracks for a while."""
        program = self.house.programs[target]

        async def work() -> None:
            program.freeze()
            await asyncio.sleep(seconds)
            program.thaw()

        await self._during("freeze", target, work)

    async def cut(self, link: str, down_seconds: float | None = None) -> None:
        """Break a link's connections, and refuse new ones for a while."""

        async def work() -> None:
            one = self.house.links[link]
            one.refuses = True
            one.cut()
            await asyncio.sleep(self._down() if down_seconds is None else down_seconds)
            one.refuses = False

        await self._during("cut", link, work)

    async def revive(self, target: str) -> None:
        """Start a program again where its trouble made it end, as whoever watches over it would."""
        program = self.house.programs[target]
        await asyncio.sleep(ENDING_SECONDS)
        if not program.running:
            await program.kill()
            await program.start()
        await self._supervise(target)

    async def during(self, what: str, target: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do any other thing to a target, written down as a fault of its own."""
        await self._during(what, target, work)

    async def _supervise(self, target: str) -> None:
        """Wait until a program works; where it ends instead, start it again as systemd would, and count that."""
        program = self.house.programs[target]
        for _ in range(STARTS_MAX):
            try:
                return await program.ready()
            except EndedError:
                self.ended[kind_of(target)] += 1
                await program.kill()
                await asyncio.sleep(RESTART_SECONDS)
                await program.start()
        return await program.ready()

    async def _during(self, what: str, target: str, work: Callable[[], Awaitable[None]]) -> None:
        if target in self._busy:
            return
        self._busy.add(target)
        self._number += 1
        number = self._number
        self.counts[what, kind_of(target)] += 1
        self._log.write(Fault(now(), number, what, target))
        try:
            await work()
        finally:
            self._log.write(Mended(now(), number))
            self._busy.discard(target)

    def _down(self) -> float:
        return self.chance.uniform(*DOWN_SECONDS)


def kind_of(target: str) -> str:
    """Name the kind of a target, such as `gateway`, `server` or `gateway>broker`."""
    near, arrow, far = target.partition(">")
    names = [part if part in ("postgres", "history", "door") else part.partition("-")[0] for part in (near, far) if part]
    return arrow.join(names)
