"""Which ways to the server stand, for which lane."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contract.identity import Lane
from contract.limits import PATH_SILENT_SECONDS as SILENT
from gateway.node_events import PathKind, PathSpec


@dataclass(slots=True)
class Path:
    """One way to the server."""

    name: str
    kind: PathKind
    up: set[Lane] = field(default_factory=set)
    down_since: float | None = 0.0  # None while any lane's connection stands.
    told_down: bool = False
    heartbeat_at: float | None = None

    def usable(self, lane: Lane) -> bool:
        """Say whether something can be sent; a request at a time is always worth trying."""
        return self.kind is PathKind.HTTPS or lane in self.up


class Paths:
    """All ways to the server, in order of preference."""

    def __init__(self, specs: Sequence[PathSpec], now: float) -> None:
        self.all = [Path(spec.name, spec.kind, down_since=now) for spec in specs]
        self._by_name = {path.name: path for path in self.all}

    def named(self, name: str) -> Path | None:
        """Find a path."""
        return self._by_name.get(name)

    def mqtt(self, lane: Lane) -> list[str]:
        """List the MQTT paths that stand for a lane."""
        return [path.name for path in self.all if path.kind is PathKind.MQTT and lane in path.up]

    def https(self) -> list[str]:
        """List the HTTPS paths."""
        return [path.name for path in self.all if path.kind is PathKind.HTTPS]

    def every(self, lane: Lane) -> list[str]:
        """List every path on which something can be sent."""
        return [path.name for path in self.all if path.usable(lane)]

    def silent(self, now: float) -> list[Path]:
        """List the paths that have been down for too long while another one stands, and were not told yet."""
        return [path for path in self._missing() if path.down_since is not None and path.down_since + SILENT <= now]

    def silent_at(self) -> float | None:
        """Say when `silent` has something next."""
        return min((path.down_since + SILENT for path in self._missing() if path.down_since is not None), default=None)

    def _missing(self) -> list[Path]:
        if not any(path.up for path in self.all):
            return []  # Nobody can be told, and the server sees by itself that nothing comes.
        return [
            path for path in self.all if path.kind is PathKind.MQTT and path.down_since is not None and not path.told_down
        ]

    def next_after(self, name: str, lane: Lane) -> str | None:
        """Choose the path to try after one that brought nothing: the next usable one, round and round."""
        names = self.every(lane)
        if not names:
            return None
        return names[(names.index(name) + 1) % len(names)] if name in names else names[0]
