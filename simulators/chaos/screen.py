"""Police screens without a browser: each holds a stream open as the dashboard does, and writes down all that it is shown."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import msgspec

from simulators.chaos.record import Broke, Log, Painted, Tile, Told, now

RULE = "one_key_press"
STALE_SECONDS = 3.0  # Without a summary for so long a screen says that it is stale, and looks for another line.
AGAIN_SECONDS = 0.5  # As the dashboard does: the first attempt after half a second.


class _Alert(msgspec.Struct):
    id: str
    ver: int
    rule: str
    gateway: str
    device: str
    mode: str
    state: str
    count: int
    stored: bool


class _Picture(msgspec.Struct):
    epoch: str
    seq: int
    alerts: list[_Alert]


class _Change(msgspec.Struct):
    up: list[_Alert]
    gone: list[str] = []  # Servers of an earlier commit told none.


_picture = msgspec.json.Decoder(_Picture)
_change = msgspec.json.Decoder(_Change)


class Screen:
    """One screen at one server. `run` watches until cancelled, coming back for ever."""

    def __init__(self, name: str, url: str, user: str, password: str, log: Log) -> None:
        self.name = name
        self.stale = 0
        self.csrf = ""
        self.tiles: dict[str, Tile] = {}  # As of now, for whoever sits before it.
        self._user = user
        self._password = password
        self._log = log
        self.client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=httpx.Timeout(2.0, read=STALE_SECONDS))

    async def run(self) -> None:
        """Watch."""
        try:
            while True:
                try:
                    await self._watch()
                except (httpx.HTTPError, msgspec.DecodeError) as error:
                    self.stale += isinstance(error, httpx.ReadTimeout)
                self._log.write(Broke(now(), self.name))
                await asyncio.sleep(AGAIN_SECONDS)
        finally:
            await self.client.aclose()

    async def sign_in(self) -> None:
        """Sign in; the session outlives the server's restarts."""
        answer = await self.client.post("/api/v1/login", json={"username": self._user, "password": self._password})
        answer.raise_for_status()
        self.csrf = answer.json()["csrf"]

    async def picture(self) -> list[Tile]:
        """Ask for the whole picture."""
        return _tiles(_picture.decode(await self._get("/api/v1/bootstrap")).alerts)

    async def _get(self, path: str) -> bytes:
        answer = await self.client.get(path)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            await self.sign_in()
            answer = await self.client.get(path)
        answer.raise_for_status()
        return answer.content

    async def _watch(self) -> None:
        picture = _picture.decode(await self._get("/api/v1/bootstrap"))
        tiles = _tiles(picture.alerts)
        self.tiles = {tile.id: tile for tile in tiles}
        self._log.write(Painted(now(), self.name, tiles))
        after = {"after": f"{picture.epoch}-{picture.seq}"}
        async with self.client.stream("GET", "/api/v1/stream", params=after) as stream:
            stream.raise_for_status()
            async for kind, data in _events(stream):
                if kind == "alerts":
                    change = _change.decode(data)
                    tiles, gone = _tiles(change.up), [one for one in change.gone if one in self.tiles]
                    if tiles or gone:
                        self.tiles |= {tile.id: tile for tile in tiles}
                        for one in gone:
                            del self.tiles[one]
                        self._log.write(Told(now(), self.name, tiles, gone))
                elif kind == "reset":
                    return


async def _events(stream: httpx.Response) -> AsyncIterator[tuple[str, str]]:
    kind = ""
    async for line in stream.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, value


def _tiles(alerts: list[_Alert]) -> list[Tile]:
    return [
        Tile(one.id, one.ver, one.gateway, one.device, one.mode, one.state, one.count, one.stored)
        for one in alerts
        if one.rule == RULE
    ]
