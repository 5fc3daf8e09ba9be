"""A small round in which all went well, for tests to tamper with."""

from dataclasses import dataclass, field

from simulators.chaos.checker import Allowed, History, Verdict, judge
from simulators.chaos.facts import Box, Cursor, Event, Facts, Joined, Piece
from simulators.chaos.record import Acted, Answered, Asked, Entry, Fault, Measured, Mended, Painted, Tile, Told

BOX, GATEWAY, EPOCH = "gateway-0", "gw-1", "000001abcd"
BOXES = {BOX: GATEWAY}


def tile(number: int, count: int = 1, *, stored: bool = True, ver: int = 2) -> Tile:
    """Give the tile of the incident that a button's first press opened."""
    return Tile(f"id-{number}", ver, GATEWAY, f"button-{number}", "real", "raised", count, stored)


def event(number: int, identity: str = "", counter: int = 1) -> Event:
    """Give the row of a button's press."""
    return Event(identity or f"id-{number}", GATEWAY, f"button-{number}", counter, 0, 0)


@dataclass
class Round:
    """Three buttons pressed once each, five readings, one kill of the box long before the last press."""

    entries: list[Entry] = field(default_factory=list)
    facts: Facts = field(init=False)

    def __post_init__(self) -> None:
        self.facts = _facts()
        self.entries += [Painted(0.0, "screen-1", []), Fault(10.0, 1, "kill", BOX), Mended(11.0, 1)]
        for number in range(3):
            at = 20.0 + number
            self.entries += [
                Asked(at, GATEWAY, f"button-{number}", 1),
                Told(at + 0.01, "screen-1", [tile(number, stored=False, ver=1)]),
                Answered(at + 0.02, GATEWAY, f"button-{number}", 1, f"id-{number}"),
                Told(at + 0.03, "screen-1", [tile(number)]),
            ]
        self.entries.append(Acted(25.0, "id-0", "acknowledge", "key-1"))
        self.entries += [Measured(30.0 + serial, GATEWAY, serial, taken=True) for serial in range(1, 6)]

    def without(self, *kinds: type) -> None:
        """Drop entries."""
        self.entries = [entry for entry in self.entries if not isinstance(entry, kinds)]

    def judged(self, allowed: Allowed | None = None) -> Verdict:
        """Judge it."""
        return judge(History.of(self.entries), self.facts, BOXES, allowed)

    def broken(self, allowed: Allowed | None = None) -> str:
        """Judge it, and give what is broken in one text."""
        return "; ".join(self.judged(allowed).broken)


def _facts() -> Facts:
    return Facts(
        events=[event(number) for number in range(3)],
        pieces=[Piece(GATEWAY, EPOCH, "a", 1, 2), Piece(GATEWAY, EPOCH, "a", 3, 3), Piece(GATEWAY, EPOCH, "t", 1, 5)],
        cursors=[Cursor(GATEWAY, EPOCH, "a", 3), Cursor(GATEWAY, EPOCH, "t", 5)],
        readings={GATEWAY: [1, 2, 3, 4, 5]},
        history={GATEWAY: [1, 2, 3, 4, 5]},
        crowded={},
        gaps=[],
        quarantined={},
        dead={},
        joined=[Joined(f"id-{number}", f"id-{number}", repaired=False) for number in range(3)],
        moves=["key-1"],
        boxes={GATEWAY: Box(EPOCH, {"a": 0, "t": 0}, {"a": 3, "t": 5}, {})},
        counters={"server-1": {"received": 4, "applied": 3, "duplicate": 1, "pending": 0}},
        pictures={"server-1": [tile(number) for number in range(3)]},
    )
