"""What the screens showed, entry by entry: nothing twice, invented or hidden; and when each press was first there."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulators.chaos.record import Answered, Asked, Broke, Painted, Tile, Told

Press = tuple[str, str, int]  # Gateway, device, counter.
OVER = frozenset({"resolved", "reviewed", "closed"})


@dataclass(slots=True)
class Watched:
    """What was broken, what is worth knowing, and when each press was first on any screen."""

    broken: dict[str, list[object]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    shown_at: dict[Press, float] = field(default_factory=dict)

    def fail(self, what: str, example: object) -> None:
        """Note a broken promise."""
        self.broken.setdefault(what, []).append(example)


@dataclass(slots=True)
class _Screen:
    """One screen's picture, as a browser keeps it: by id, the newer version wins."""

    tiles: dict[str, Tile] = field(default_factory=dict)
    ever: dict[str, Tile] = field(default_factory=dict)  # Of before the last loss too.


def watch(
    shown: Iterable[Painted | Told | Broke],
    asked: Iterable[Asked],
    answered: Mapping[Press, Answered],
    extra: Mapping[tuple[str, str], int],
) -> Watched:
    """Follow every screen; entries stand in order of time."""
    watched = Watched()
    pressed: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for ask in sorted(asked, key=lambda one: one.at):
        pressed[ask.gateway, ask.device].append(ask)
    press_of = {one.id: key for key, one in answered.items()}
    screens: dict[str, _Screen] = defaultdict(_Screen)
    for entry in shown:
        screen = screens[entry.screen]
        if isinstance(entry, Broke):
            watched.notes["streams_broken"] += 1
            continue
        if isinstance(entry, Painted):
            _repaint(screen, entry, watched)
        else:
            for identity in entry.gone:
                screen.tiles.pop(identity, None)
        touched = set()
        for tile in entry.tiles:
            screen.tiles[tile.id] = screen.ever[tile.id] = tile  # The stream's last word holds, as in the dashboard.
            touched.add((tile.gateway, tile.device))
        for button in touched:
            _look(screen, button, entry, pressed[button], press_of, extra, watched)
    return watched


def _repaint(screen: _Screen, entry: Painted, watched: Watched) -> None:
    """Begin anew; what was shown as saved must still be there, what was not may be told again by its gateway."""
    now = {tile.id for tile in entry.tiles}
    if len(now) < len(entry.tiles):
        watched.fail("one incident in two tiles", (entry.screen, entry.at))
    for identity, tile in screen.tiles.items():
        if identity not in now and tile.state not in OVER:
            if tile.stored:
                watched.fail("a saved press is gone from a screen", (entry.screen, identity))
            else:
                watched.notes["unsaved_tiles_gone_for_a_moment"] += 1
    screen.tiles.clear()


def _look(
    screen: _Screen,
    button: tuple[str, str],
    entry: Painted | Told,
    pressed: list[Asked],
    press_of: Mapping[str, Press],
    extra: Mapping[tuple[str, str], int],
    watched: Watched,
) -> None:
    mine = [tile for tile in screen.tiles.values() if (tile.gateway, tile.device) == button]
    standing = Counter(tile.mode for tile in mine if tile.state not in OVER)
    if any(number > 1 for number in standing.values()):
        watched.fail("one button in two open tiles", (entry.screen, button, [tile.id for tile in mine]))
    total = sum(tile.count for tile in mine)
    before = [ask for ask in pressed if ask.at <= entry.at]
    if total > len(before) + extra.get(button, 0):
        watched.fail("more presses shown than were made", (entry.screen, button, total, len(before)))
    for tile in mine:
        if (press := press_of.get(tile.id)) is not None:
            watched.shown_at.setdefault(press, entry.at)
    for ask in before[:total]:
        watched.shown_at.setdefault((*button, ask.n), entry.at)
