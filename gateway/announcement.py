"""What a gateway says of itself: when its birth is due, and the births themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

from contract.identity import EpochId, GatewayId
from contract.limits import DEVICES_PER_BIRTH_MAX, DEVICES_PER_GATEWAY_MAX, VERSION
from contract.messages import Birth, BirthDevice, encode_message

GATHER_SECONDS = 0.5  # Devices that become known one by one are told together.
REBIRTH_JITTER_SECONDS = 10.0  # After a broker's restart every gateway tells its birth again, not all in one second.
BIRTH_EVERY_SECONDS = 10.0  # Whoever asks for births more often than this gets no more of them.


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of the box before any device is."""

    software: str = ""
    model: str = ""
    first_hop: str = "best_effort"


class Announcement:
    """The birth of one gateway, in as many parts as its devices need."""

    def __init__(self, gateway: GatewayId, boot: str, description: Description, paths: Sequence[str]) -> None:
        self._gateway = gateway
        self._boot = boot
        self._description = description
        self._paths = list(paths)
        self._devices: tuple[BirthDevice, ...] = ()
        self._generation = 0
        self._due: dict[str, float] = {}  # path -> when its birth is to be told.
        self._told: dict[str, float] = {}  # path -> when it was told last.

    def devices_changed(self, devices: Sequence[BirthDevice], paths: Sequence[str], now: float) -> None:
        """Take other devices; every path that stands is told shortly."""
        told = tuple(devices[:DEVICES_PER_GATEWAY_MAX])
        if told == self._devices and self._generation:
            return
        self._devices = told
        self._generation += 1
        for path in paths:
            self._plan(path, now + GATHER_SECONDS)

    def path_up(self, path: str, now: float, jitter: float) -> None:
        """Plan the birth on a path that has come up: at once the first time, spread out after that."""
        again = path in self._told
        self._plan(path, now + (REBIRTH_JITTER_SECONDS * jitter if again else 0.0))

    def asked(self, paths: Sequence[str], now: float, jitter: float) -> None:
        """Plan a birth because the server asked for one."""
        for path in paths:
            earliest = self._told.get(path, now - BIRTH_EVERY_SECONDS) + BIRTH_EVERY_SECONDS
            self._plan(path, max(now + jitter, earliest))

    def path_down(self, path: str) -> None:
        """Plan nothing for a path that is gone."""
        self._due.pop(path, None)

    def due(self, epoch: EpochId, now: float) -> list[tuple[str, str, bytes]]:
        """Give what is to be sent now, as path, leaf and payload. Before any device is known nothing is told."""
        if not self._generation:
            return []
        paths = [path for path, at in self._due.items() if at <= now]
        if not paths:
            return []
        parts = self._parts(epoch)
        for path in paths:
            del self._due[path]
            self._told[path] = now
        return [(path, leaf, payload) for path in paths for leaf, payload in parts]

    def deadline(self) -> float | None:
        """Say when `due` must be called next."""
        return min(self._due.values(), default=None) if self._generation else None

    def _plan(self, path: str, at: float) -> None:
        self._due[path] = min(at, self._due.get(path, at))

    def _parts(self, epoch: EpochId) -> list[tuple[str, bytes]]:
        size = DEVICES_PER_BIRTH_MAX
        chunks = [self._devices[start : start + size] for start in range(0, len(self._devices), size)] or [()]
        return [
            ("birth" if len(chunks) == 1 else f"birth/{part}", encode_message(self._birth(epoch, chunk, part, len(chunks))))
            for part, chunk in enumerate(chunks, 1)
        ]

    def _birth(self, epoch: EpochId, devices: Sequence[BirthDevice], part: int, of: int) -> Birth:
        return Birth(
            v=VERSION,
            g=self._gateway,
            ep=epoch,
            boot=self._boot,
            devs=list(devices),
            sw=self._description.software,
            model=self._description.model,
            paths=self._paths,
            first_hop=self._description.first_hop,
            part=part,
            of=of,
            gen=self._generation,
        )
