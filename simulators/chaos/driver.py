"""People at schools: they press buttons until they are answered, and their devices tell numbered readings."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from simulators.chaos.plan import METER, SERIAL, TOKEN, School
from simulators.chaos.record import Answered, Asked, Log, Measured, Preloaded, now

ANSWER_SECONDS = 2.0  # A button repeats when nothing came by then.
PAUSE_SECONDS = 0.25
CLEAR_SHARE = 0.3  # Of presses, whose button is reset after a while; a reset closes nothing.
CLEAR_SECONDS = (2.0, 20.0)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things happen in the whole installation."""

    presses_per_second: float = 2.0
    readings_per_second: float = 1.0  # Of each school's meter.
    again: float = 0.15  # The share of presses at a button that was pressed before.


class Driver:
    """Everybody at the schools. `run` presses until cancelled; `finish` waits until each press has been answered."""

    def __init__(
        self, schools: Sequence[School], ports: Sequence[int], log: Log, chance: random.Random, pace: Pace | None = None
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.pace = pace or Pace()
        self._schools = list(zip(schools, ports, strict=True))
        self._log = log
        self._chance = chance
        self._counters: Counter[tuple[str, str]] = Counter()
        self._busy: set[tuple[str, str]] = set()
        self._serials: Counter[str] = Counter()
        self._works: set[asyncio.Task[None]] = set()
        self._presses: set[asyncio.Task[None]] = set()
        self._client = httpx.AsyncClient(
            trust_env=False, timeout=ANSWER_SECONDS, headers={"Authorization": f"Bearer {TOKEN}"},
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )  # fmt: skip

    async def run(self) -> None:
        """Press and measure until cancelled; presses under way go on."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._press_often())
            if self.pace.readings_per_second:
                for school, port in self._schools:
                    group.create_task(self._measure(school, port))

    async def finish(self, seconds: float) -> int:
        """Wait until every press has been answered; says how many still have not been."""
        if self._presses:
            await asyncio.wait(self._presses, timeout=seconds)
        return len(self._presses)

    def preloaded(self, entry: Preloaded) -> None:
        """Note that an outbox holds readings already; its meter counts on from there."""
        self._log.write(entry)
        self._serials[entry.gateway] = entry.count

    async def close(self) -> None:
        """End what is under way."""
        for task in (*self._works, *self._presses):
            task.cancel()
        await self._client.aclose()

    def press_somewhere(self) -> None:
        """Press a button by chance: mostly one that rests, now and then one again."""
        (school, port), fresh = self._chance.choice(self._schools), self._chance.random() >= self.pace.again
        rested = [one for one in school.buttons if (school.gateway, one) not in self._busy]
        never = [one for one in rested if not self._counters[school.gateway, one]]
        choice = never if fresh and never else rested
        if not choice:
            self.counts["all_busy"] += 1
            return
        self.press(school, port, self._chance.choice(choice))

    def press(self, school: School, port: int, device: str) -> None:
        """Press one button, as often as it takes."""
        key = (school.gateway, device)
        self._counters[key] += 1
        self._busy.add(key)
        task = asyncio.create_task(self._press(port, school.gateway, device, self._counters[key]))
        self._presses.add(task)
        task.add_done_callback(self._presses.discard)

    async def _press_often(self) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(self.pace.presses_per_second))
            self.press_somewhere()

    async def _press(self, port: int, gateway: str, device: str, counter: int) -> None:
        self._log.write(Asked(now(), gateway, device, counter))
        self.counts["presses"] += 1
        try:
            answer = await self._until_taken(port, f"{device}/press", {"n": counter})
            self._log.write(Answered(now(), gateway, device, counter, str(answer["id"])))
        finally:
            self._busy.discard((gateway, device))
        if self._chance.random() < CLEAR_SHARE:
            task = asyncio.create_task(self._clear(port, device))
            self._works.add(task)
            task.add_done_callback(self._works.discard)

    async def _clear(self, port: int, device: str) -> None:
        await asyncio.sleep(self._chance.uniform(*CLEAR_SECONDS))
        await self._until_taken(port, f"{device}/clear", {"by": "key"})

    async def _until_taken(self, port: int, path: str, body: dict[str, object]) -> dict[str, object]:
        while True:
            try:
                answer = await self._client.post(f"http://127.0.0.1:{port}/v1/devices/{path}", json=body)
                if answer.status_code == httpx.codes.OK:
                    return dict(answer.json())
                self.counts[f"answered_{answer.status_code}"] += 1
            except httpx.HTTPError as error:
                self.counts[f"button_{type(error).__name__}"] += 1
            await asyncio.sleep(PAUSE_SECONDS)

    async def _measure(self, school: School, port: int) -> None:
        """Tell a reading with the next number; one that was not taken is not told again."""
        while True:
            await asyncio.sleep(self._chance.uniform(0.5, 1.5) / self.pace.readings_per_second)
            self._serials[school.gateway] += 1
            serial = self._serials[school.gateway]
            taken = False
            try:
                answer = await self._client.post(
                    f"http://127.0.0.1:{port}/v1/devices/{METER}/readings", json={SERIAL: serial}
                )
                taken = answer.status_code == httpx.codes.OK
            except httpx.HTTPError:
                self.counts["readings_not_taken"] += 1
            finally:  # Also where we are told to stop: it may have been taken all the same.
                self._log.write(Measured(now(), school.gateway, serial, taken))
