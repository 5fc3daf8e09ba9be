"""What ingest knows of the gateways: which exist, what their devices measure, how busy they are."""

from collections.abc import Mapping

from contract.identity import DeviceId, EpochId, GatewayId
from contract.limits import BATCHES_PER_SECOND_MAX, DEVICES_PER_GATEWAY_MAX
from contract.messages import Birth
from server.ingest.checking import KIND_CHECKS, Checks, declared_checks

UNLISTED_MAX = 100_000  # Gateways taken while no roster is known; a province has a quarter of that.
CLONE_TURNS = 3  # A box that restarts changes its epoch once; two boxes of one identity change it back and forth.


class GatewayState:
    """One gateway, as far as ingest cares."""

    __slots__ = ("_batches", "_second", "_turns", "born", "checks", "epoch", "heard_at", "listed", "waiting")

    def __init__(self) -> None:
        self.listed: dict[str, Checks] = {}  # Devices of the roster.
        self.born: dict[str, Checks] = {}  # Devices only the birth tells of.
        self.checks: dict[str, Checks] = {}  # Both, the roster first.
        self.heard_at = -1.0
        self.epoch: EpochId | None = None  # The newest seen in a heartbeat or link.
        self.waiting: dict[str, int] = {}  # lane -> how far it was behind at the last heartbeat.
        self._second = -1.0
        self._batches = 0
        self._turns = 0

    def busy(self, now: float) -> bool:
        """Count one telemetry batch; says whether this gateway sends more of them than it may."""
        if now - self._second >= 1.0:
            self._second = now
            self._batches = 0
        self._batches += 1
        return self._batches > BATCHES_PER_SECOND_MAX

    def turn(self, epoch: EpochId) -> bool:
        """Note the epoch of a heartbeat; says, once, when the epochs have gone back and forth as only two boxes do."""
        if self.epoch is None or epoch > self.epoch:
            self.epoch = epoch
        elif epoch < self.epoch:  # Older than one already seen: a late message, or a second box.
            self._turns += 1
            return self._turns == CLONE_TURNS
        return False

    def renew(self) -> None:
        """Put the checks of roster and birth together."""
        self.checks = {**self.born, **self.listed}


class Gateways:
    """All of them. Before a roster is known every gateway is taken: TLS and the broker's own list stand before us."""

    def __init__(self) -> None:
        self._states: dict[str, GatewayState] = {}
        self._closed = False

    def get(self, gateway: str) -> GatewayState | None:
        """Find a gateway; None when the roster does not have it."""
        state = self._states.get(gateway)
        if state is None and not self._closed and len(self._states) < UNLISTED_MAX:
            state = self._states[gateway] = GatewayState()
        return state

    def load(self, devices: Mapping[GatewayId, Mapping[DeviceId, str]]) -> None:
        """Take in the roster: what it lists is known from now on, and nothing else is."""
        states: dict[str, GatewayState] = {}
        for gateway, kinds in devices.items():
            state = self._states.get(gateway) or GatewayState()
            state.listed = {device: KIND_CHECKS[kind] for device, kind in kinds.items() if kind in KIND_CHECKS}
            state.renew()
            states[gateway] = state
        self._states = states
        self._closed = True


def learn(state: GatewayState, birth: Birth) -> None:
    """Take in what a gateway says of its devices; the roster's word on a device stands above it."""
    if birth.part == 1:
        state.born = {}
    for device in birth.devs:
        if len(state.born) < DEVICES_PER_GATEWAY_MAX:
            state.born[device.d] = declared_checks(device)
    state.renew()
