"""A police screen in the world: it reads the real streams, reconnects, starts again from a picture, and closes nothing.

What it must never show: a press in two tiles, a press nobody made, and less than it has shown as saved. Two servers may put
one press into two incidents until they have read each other's facts, so tiles are held to this stream by stream.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from server.security.access import Reach
from simulators.world.ghost import Ghost
from simulators.world.server import Life, Server, show
from simulators.world.wheel import Wheel

LATENCY_SECONDS = 0.01
RETRY_SECONDS = 1.0
Tile = dict[str, Any]


@dataclass
class _Feed:
    """What a screen has from one server."""

    server: Server
    life: Life | None = None
    epoch: str = ""
    last_id: str = ""
    tiles: dict[str, Tile] = field(default_factory=dict)
    asked: bool = False  # A picture is on its way; until it is here changes wait.
    waiting: list[tuple[int, Any]] = field(default_factory=list)
    connected_since: float = 0.0


class Screen:
    """One browser with a stream to each server; tiles of all are one picture, merged by alert and version."""

    def __init__(self, name: str, reach: Reach, wheel: Wheel, ghost: Ghost) -> None:
        self.name = name
        self.shown: dict[str, float] = {}  # Each press, and when it was first on this screen.
        self._reach = reach
        self._wheel = wheel
        self._ghost = ghost
        self._feeds: list[_Feed] = []
        self._saved: set[str] = set()

    def watch(self, server: Server) -> None:
        """Open a stream to a server, for ever."""
        feed = _Feed(server)
        self._feeds.append(feed)
        self._connect(feed)

    def tiles(self) -> Iterator[tuple[str, Tile]]:
        """Give every tile of every stream, with the name of the server that told it."""
        for feed in self._feeds:
            for tile in feed.tiles.values():
                if tile["rule"] == "one_key_press":
                    yield feed.server.name, tile

    def follows(self, server: Server, since: float) -> bool:
        """Say whether a stream to the server's present life has stood since an instant."""
        return any(
            feed.server is server and feed.life is server.life and feed.life is not None and feed.connected_since <= since
            for feed in self._feeds
        )

    # ---------------------------------------------------------------- the connection

    def _connect(self, feed: _Feed) -> None:
        life = feed.server.life
        if life is not None and life.serves:
            feed.life, feed.asked = life, False
            feed.waiting.clear()
            life.process.hear(lambda: life.process.spawn(self._serve(feed, life), self.name))
        self._wheel.later(RETRY_SECONDS, lambda: self._look(feed))

    def _look(self, feed: _Feed) -> None:
        if feed.life is None or feed.life.process.dead:
            feed.life = None
            self._connect(feed)
        else:
            self._wheel.later(RETRY_SECONDS, lambda: self._look(feed))

    async def _serve(self, feed: _Feed, life: Life) -> None:
        """Run inside the server: join its hub and hand on what it pushes."""
        subscriber = life.hub.join(self._reach, self.name, feed.last_id or None, self._wheel.now)
        assert subscriber is not None
        while data := await subscriber.take():
            self._wheel.later(LATENCY_SECONDS, lambda data=data: self._read(feed, life, data))  # type: ignore[misc]

    def _ask(self, feed: _Feed, life: Life) -> None:
        """Ask for the whole picture."""
        if feed.asked:
            return
        feed.asked = True

        def answer() -> None:
            picture = [show(alert) for alert in life.engine.alerts.values()]
            seq, epoch = life.hub.seq, life.hub.epoch
            self._wheel.later(LATENCY_SECONDS, lambda: self._take_picture(feed, life, epoch, seq, picture))

        self._wheel.later(LATENCY_SECONDS, lambda: life.process.hear(answer))

    # ---------------------------------------------------------------- the picture

    def _read(self, feed: _Feed, life: Life, data: bytes) -> None:
        if feed.life is not life:
            return
        for block in data.decode().split("\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            if "event" in fields:
                self._event(feed, life, fields["event"], json.loads(fields["data"]))
                feed.last_id = fields.get("id", feed.last_id)

    def _event(self, feed: _Feed, life: Life, name: str, data: Any) -> None:
        if name == "hello":
            if not feed.last_id:
                self._ask(feed, life)
            elif feed.epoch == data["epoch"]:
                feed.connected_since = self._wheel.now
            feed.epoch = data["epoch"]
        elif name == "reset":
            self._ask(feed, life)
        elif name == "alerts":
            if feed.asked:
                feed.waiting.append((data["seq"], data))
            else:
                self._change(feed, data)

    def _take_picture(self, feed: _Feed, life: Life, epoch: str, seq: int, picture: list[Tile]) -> None:
        feed.asked = False
        if feed.life is not life or feed.epoch != epoch:
            feed.waiting.clear()
            if feed.life is not None:
                self._ask(feed, feed.life)
            return
        feed.tiles = {tile["id"]: tile for tile in picture}
        feed.connected_since = self._wheel.now
        waiting, feed.waiting = feed.waiting, []
        for at, data in waiting:
            if at > seq:
                self._change(feed, data)
        self._judge()

    def _change(self, feed: _Feed, data: Any) -> None:
        feed.tiles.update((tile["id"], tile) for tile in data["up"])  # As the dashboard: the stream's last word holds.
        for gone in data["gone"]:
            feed.tiles.pop(gone, None)
        self._judge()

    def _judge(self) -> None:
        """Hold the picture to what no picture may ever be."""
        where: dict[tuple[str, str], str] = {}
        now_saved: set[str] = set()
        for server, tile in self.tiles():
            if len(tile["presses"]) != len(set(tile["presses"])):
                self._ghost.breaks("I1", f"a press is twice in tile {tile['id']} of {server}: {tile['presses']}")
            for press in tile["presses"]:
                other = where.setdefault((server, press), tile["id"])
                if other != tile["id"]:
                    self._ghost.breaks("I1", f"press {press} is in two tiles of {self.name}: {other} and {tile['id']}")
                self.shown.setdefault(press, self._wheel.now)
                if press not in self._ghost.made:
                    self._ghost.breaks("I2", f"press {press} is on {self.name}, and nobody made it")
            now_saved.update(tile["stored"])
        missing = self._saved - {press for _, press in where}
        if missing and all(feed.life is None or feed.life.knows for feed in self._feeds):
            self._ghost.breaks("I1", f"{self.name} showed {min(missing)} as saved, and no longer shows it")
        self._saved |= now_saved
