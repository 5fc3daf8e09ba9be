"""An officer at one of the screens who acknowledges presses, and asks again under the same key until there is an answer."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Sequence

import httpx

from simulators.chaos.record import Acted, Log, Tile, now
from simulators.chaos.screen import Screen

MOVES_PER_SECOND = 0.5
TRIES_MAX = 40
PAUSE_SECONDS = 0.5
ACT = "acknowledge"


class Officer:
    """Moves alerts until cancelled. What was answered with success must be in the journal for ever."""

    def __init__(self, screens: Sequence[Screen], log: Log, chance: random.Random) -> None:
        self.counts: Counter[str] = Counter()
        self._screens = screens
        self._log = log
        self._chance = chance
        self._moves: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Look at a screen now and then, and acknowledge one of the presses that ring on it."""
        try:
            while True:
                await asyncio.sleep(self._chance.expovariate(MOVES_PER_SECOND))
                screen = self._chance.choice(self._screens)
                ringing = [tile for tile in screen.tiles.values() if tile.state == "raised"]
                if ringing:
                    task = asyncio.create_task(self._move(screen, self._chance.choice(ringing)))
                    self._moves.add(task)
                    task.add_done_callback(self._moves.discard)
        finally:
            for task in self._moves:
                task.cancel()

    async def _move(self, screen: Screen, tile: Tile) -> None:
        key = str(uuid.UUID(int=self._chance.getrandbits(128)))
        for _ in range(TRIES_MAX):
            headers = {"If-Match": f'"{tile.ver}"', "Idempotency-Key": key, "X-CSRF-Token": screen.csrf}
            try:
                answer = await screen.client.post(f"/api/v1/alerts/{tile.id}/acts", json={"act": ACT}, headers=headers)
            except httpx.HTTPError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            self.counts[f"moves_answered_{answer.status_code}"] += 1
            if answer.status_code == httpx.codes.OK:
                self._log.write(Acted(now(), tile.id, ACT, key))
            if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:  # Done, or somebody or something was first.
                return
            await asyncio.sleep(PAUSE_SECONDS)
