"""What ingest knows of the gateways: which exist, what their devices measure, how busy they are."""

from collections.abc import Mapping

from contract.identity import DeviceId, EpochId, GatewayId
from contract.limits import BATCHES_PER_SECOND_MAX, DEVICES_PER_GATEWAY_MAX
from contract.messages import Birth
from server.ingest.checking import KIND_CHECKS, Checks, declared_checks
from server.registry.phones import is_phone

UNLISTED_MAX = 100_000  # Gateways taken while no roster is known; a province has a quarter of that.
PHONES_MAX = 20_000  # Guards' phones remembered; one more is taken all the same, and the longest silent forgotten.
CLONE_QUIET_SECONDS = 600.0  # After so long without an older epoch only one box is left.
CLOCK_BAD_MS = (
    2_000  # Between a heartbeat's time of sending and our clock: beyond it, nothing the box stamps can be believed.
)
CLOCK_BEATS = 3  # So many heartbeats in a row have to say so, or to say that it is over: a slow one says nothing.
CLONE_TURNS = 3  # A box that restarts changes its epoch once; two boxes of one identity change it back and forth.
LATE_SECONDS = 180.0  # No line, broker or stopped server holds a heartbeat of a box that is gone for so long.


class GatewayState:
    """One gateway, as far as ingest cares."""

    __slots__ = (
        "_batches",
        "_clock_beats",
        "_newer_at",
        "_second",
        "_turned_at",
        "_turns",
        "born",
        "checks",
        "clock",
        "clone",
        "epoch",
        "heard_at",
        "listed",
        "waiting",
    )

    def __init__(self) -> None:
        self.listed: dict[str, Checks] = {}  # Devices of the roster.
        self.born: dict[str, Checks] = {}  # Devices only the birth tells of.
        self.checks: dict[str, Checks] = {}  # Both, the roster first.
        self.heard_at = -1.0
        self.epoch: EpochId | None = None  # The newest seen in a heartbeat or link.
        self.waiting: dict[str, int] = {}  # lane -> how far it was behind at the last heartbeat.
        self.clone = ""  # The id of the alert while another box seems to bear this name; commands are refused then.
        self.clock = ""  # The id of the alert while the box's clock is off.
        self._second = -1.0
        self._batches = 0
        self._turns = 0
        self._turned_at = 0.0
        self._newer_at = 0.0  # When the newest epoch was first heard of.
        self._clock_beats = 0

    def busy(self, now: float) -> bool:
        """Count one telemetry batch; says whether this gateway sends more of them than it may."""
        if now - self._second >= 1.0:
            self._second = now
            self._batches = 0
        self._batches += 1
        return self._batches > BATCHES_PER_SECOND_MAX

    def turn(self, epoch: EpochId, sent_ms: int, now: float) -> bool:
        """Note the epoch of a heartbeat; says whether the epochs have gone back and forth as only two boxes' do."""
        if self._turns and now - self._turned_at > CLONE_QUIET_SECONDS:
            self._turns = 0
        self.hear_of(epoch, now)
        if self.epoch is not None and epoch < self.epoch and self._lives_on(sent_ms, now):
            self._turns += 1
            self._turned_at = now
        return self._turns >= CLONE_TURNS

    def hear_of(self, epoch: EpochId, now: float) -> None:
        """Note the epoch of a heartbeat or link, if it is newer than all before."""
        if self.epoch is None or epoch > self.epoch:
            self.epoch = epoch
            self._newer_at = now

    def _lives_on(self, sent_ms: int, now: float) -> bool:
        """Say whether a heartbeat of an older epoch was sent after the newer one was heard of: by a second box.

        What a line or broker held while the box started again was sent before. A clock that is off says nothing.
        """
        after = self._newer_at * 1_000 + CLOCK_BAD_MS < sent_ms <= now * 1_000 + CLOCK_BAD_MS
        return after or now - self._newer_at > LATE_SECONDS

    def clock_off(self, sent_ms: int, now: float) -> bool:
        """Note when a heartbeat says that it was sent; says whether the box's clock is to be called bad."""
        off = abs(sent_ms - now * 1_000) > CLOCK_BAD_MS
        self._clock_beats = 0 if off is bool(self.clock) else self._clock_beats + 1
        if self._clock_beats < CLOCK_BEATS:
            return bool(self.clock)
        self._clock_beats = 0
        return off

    def renew(self) -> None:
        """Put the checks of roster and birth together."""
        self.checks = {**self.born, **self.listed}


class Gateways:
    """All of them. Before a roster is known every gateway is taken: TLS and the broker's own list stand before us."""

    def __init__(self) -> None:
        self._states: dict[str, GatewayState] = {}
        self._phones: dict[str, GatewayState] = {}  # In no roster: the door has seen their keys.
        self._closed = False

    def get(self, gateway: str) -> GatewayState | None:
        """Find a gateway; None when the roster does not have it and it is no guard's phone."""
        state = self._states.get(gateway)
        if state is None and is_phone(gateway):
            return self._phone(gateway)
        if state is None and not self._closed and len(self._states) < UNLISTED_MAX:
            state = self._states[gateway] = GatewayState()
        return state

    def _phone(self, gateway: str) -> GatewayState:
        state = self._phones.pop(gateway, None) or GatewayState()
        self._phones[gateway] = state
        while len(self._phones) > PHONES_MAX:
            del self._phones[next(iter(self._phones))]
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
