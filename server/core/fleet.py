"""The fleet: every gateway and device we know of, what was last heard of each, and what follows from silence."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from contract.identity import DeviceId, GatewayId, SchoolId
from contract.kinds import KINDS
from contract.limits import PATH_SILENT_SECONDS
from contract.messages import Birth
from contract.records import Value
from server.core.bands import moved
from server.core.deadlines import Deadlines
from server.core.effects import LivenessChanged
from server.core.liveness import (
    GATEWAY_OFFLINE_SECONDS,
    METRICS_KEPT_MAX,
    REACHABLE_METRICS,
    RECORDS_APART_SECONDS,
    STRANGERS_MAX,
    Before,
    DeviceState,
    GatewayState,
    Home,
    Liveness,
    bridged,
    doubted_after,
    judge_device,
    judge_gateway,
    silent_after,
)
from server.core.param import AS_BUILT, Settings
from server.core.roster import RosterIndex
from server.core.tuning import untuned
from server.registry.dossier import Dossier
from server.registry.model import Device, Gateway, Roster, School
from server.registry.phones import is_phone

OWN_DEVICE = DeviceId("gw")  # The name under which a gateway reports about itself.
SILENCE_DEFAULT_SECONDS = 180.0  # For a kind of a local profile, which this version may not know.
STRANGE_GATEWAYS_MAX = 5_000  # Unknown boxes remembered; a flood of invented names ends here.
# What is over these waits for the next tick, so that no alarm waits for a city.
DEVICE_CHECKS_PER_TICK_MAX = 5_000  # Some 5 ms.
DEVICE_CHANGES_PER_TICK_MAX = 500  # Each is looked at by rules and told to the screens: some 10 ms in all.
GATEWAYS_ENDED_PER_TICK_MAX = 100  # With some 50 devices each: some 5 ms.
GATEWAY_CHECKS_PER_TICK_MAX = 500  # Some 30 ms if each of them has gone, which is an alert and a count of its devices.


class Fleet:
    """Holds the states. Each change of liveness comes out as an effect; a gateway's own speaks for all its devices."""

    def __init__(self, watched: dict[str, frozenset[str]], settings_of: Callable[[Dossier], Settings] = untuned) -> None:
        self.roster = RosterIndex(Roster())
        self.gateways: dict[str, GatewayState] = {}
        self.devices: dict[tuple[str, str], DeviceState] = {}
        self.homes: dict[str, Home] = {}
        self.strange: dict[str, GatewayState] = {}  # Gateways of no registry that speak all the same.
        self._watched = watched
        self._settings_of = settings_of
        self._gateway_checks: Deadlines[GatewayState] = Deadlines()
        self._device_checks: Deadlines[DeviceState] = Deadlines()
        self._recalling = False
        self._to_end: deque[GatewayState] = deque()  # Gateways of which all that the journal says has been read.
        self._dated_back: deque[DeviceState] = deque()  # Devices that rules have to look at again.

    def load(self, roster: Roster, now: float) -> None:
        """Take a new roster in; what is known of gateways and devices that stay is kept."""
        self.roster = RosterIndex(roster)
        gateways, devices = self.gateways, self.devices
        self.gateways, self.devices = {}, {}
        self.homes = {school.id: self._home(school, self.homes.get(school.id)) for school in roster.schools}
        self._place(roster.gateways, gateways, devices, now)

    def change(self, index: RosterIndex, schools: Iterable[str], now: float) -> None:
        """Take in what another roster says of some schools; what is known of gateways and devices that stay is kept.

        A school that is named here and is not in the roster is forgotten. Whose gateway or device moved from one school to
        another names both.
        """
        self.roster = index
        gateways: dict[str, GatewayState] = {}
        devices: dict[tuple[str, str], DeviceState] = {}
        homes = {school: home for school in schools if (home := self.homes.pop(school, None)) is not None}
        for home in homes.values():
            gateways.update((state.gateway.id, state) for state in home.gateways)
            gateways.update((one.gateway.gateway.id, one.gateway) for kind in home.by_kind.values() for one in kind)
        wanted = [index.gateways[gateway] for gateway in gateways if gateway in index.gateways]
        wanted += [
            index.gateways[gateway] for school in schools for gateway in index.gateways_of(school) if gateway not in gateways
        ]
        gateways.update(
            (one.id, self.gateways[one.id]) for one in wanted if one.id not in gateways and one.id in self.gateways
        )
        for gateway, state in gateways.items():
            self.gateways.pop(gateway, None)
            left = self.homes.get(state.school.id) if state.school is not None else None
            if left is not None and state in left.gateways:
                left.gateways.remove(state)
            for known in state.devices.values():
                devices[gateway, known.device.id] = known
                self.devices.pop((known.device.gateway, known.device.id), None)
                if known.home is not None and known.home.school.id not in homes:
                    known.home.by_kind[known.device.kind].remove(known)
        for school in schools:
            if (told := index.school(school)) is not None:
                self.homes[school] = self._home(told, homes.get(school))
        self._place(wanted, gateways, devices, now)

    def describe_schools(self, index: RosterIndex, schools: Iterable[str]) -> None:
        """Take in what the ledger now says of some schools; nothing else of the roster has changed."""
        self.roster = index
        for school in schools:
            if home := self.homes.get(school):
                home.dossier = index.dossier(school)
                home.settings = self._settings_of(home.dossier)

    def _place(
        self,
        wanted: Sequence[Gateway],
        gateways: Mapping[str, GatewayState],
        devices: Mapping[tuple[str, str], DeviceState],
        now: float,
    ) -> None:
        """Put gateways and the devices behind them in their places, with what is known of them."""
        for gateway in wanted:
            self._place_gateway(gateway, gateways.get(gateway.id) or self.strange.pop(gateway.id, None), now)
        for gateway in wanted:
            state = self.gateways[gateway.id]
            for device in self.roster.devices_of(gateway.id):
                self._place_device(device, devices.get((device.gateway, device.id)))
            if OWN_DEVICE not in state.devices:
                own = Device(state.gateway.id, OWN_DEVICE, "gateway", state.gateway.school)
                self._place_device(own, devices.get((state.gateway.id, OWN_DEVICE)))
            counted = [device for device in state.devices.values() if device.counted]
            state.children = len(counted)
            state.live = sum(device.liveness is Liveness.LIVE for device in counted)
            state.offline = sum(device.liveness is Liveness.OFFLINE for device in counted)
            for name in [name for name in state.strangers if name in state.devices]:
                del state.strangers[name]

    def stranger(self, gateway: GatewayId, device: str, now: float) -> GatewayState | None:
        """Note a gateway or device of no registry that speaks; None when nothing about it is new."""
        if is_phone(gateway):  # It is in no registry and needs none: its id says where it belongs.
            return None
        state = self.gateways.get(gateway) or self.strange.get(gateway)
        if state is None:
            if len(self.strange) >= STRANGE_GATEWAYS_MAX:
                return None
            state = GatewayState(Gateway(gateway, SchoolId("")), None, known_since=now, registered=False)
            self.strange[gateway] = state
        elif device in state.strangers or (not device and not state.registered):
            return None
        if self.roster.is_retired(gateway, device):
            return None
        if device and device != OWN_DEVICE:
            if len(state.strangers) >= STRANGERS_MAX:
                return None
            state.strangers[device] = now
        return state

    def heard(self, state: GatewayState, rx: float, path: str = "") -> list[LivenessChanged]:
        """Note that anything at all came from a gateway."""
        if path:
            state.path_heard[path] = rx
        if state.last_heard is None or rx > state.last_heard:
            state.last_heard = rx
        if state.liveness is Liveness.LIVE:
            return []
        state.live_since = state.listened_since = int(rx * 1_000) / 1_000  # As batches are dated: the first one counts.
        self._check_gateway_at(state, rx + PATH_SILENT_SECONDS)
        known = state.before is not None and self._bridge(state)
        for device in state.devices.values():
            told = known and (device.last_rx is not None or device.unreachable or device.silent_before)
            self._check_device_at(device, rx if told else rx + device.silence_seconds)
        return [self._gateway_becomes(state, Liveness.LIVE, rx)]

    def read(self, state: DeviceState, order: tuple[str, int], t: float, rx: float, metrics: Mapping[str, Value]) -> bool:
        """Take one reading in; says whether something changed that rules, indicators or its liveness depend on.

        `order` is (epoch, position): a reading that comes after a newer one is history and changes nothing here.
        """
        if order <= (state.epoch, state.position):
            return False
        state.epoch, state.position = order
        state.last_rx = rx
        state.silent_before = False
        known = state.metrics
        settings = state.home.settings if state.home is not None else AS_BUILT
        changed = state.liveness is not Liveness.LIVE
        for name, value in metrics.items():
            before = known.get(name)
            if before is None and len(known) >= METRICS_KEPT_MAX:
                continue
            known[name] = (value, t)
            if (name in state.watched or name in REACHABLE_METRICS) and (
                before is None or moved(name, before[0], value, settings)
            ):
                state.changed[name] = rx
                changed = True
                if self._recalling and before is not None:
                    _settle(state, name)
        return changed

    def link_lost(self, state: GatewayState, path: str, rx: float) -> list[LivenessChanged]:
        """Take a will in: when it was the last path we believed in, nothing can be said of the devices any more."""
        state.path_heard.pop(path, None)
        alive = any(rx < heard + PATH_SILENT_SECONDS for heard in state.path_heard.values())
        if alive or state.liveness is not Liveness.LIVE:
            return []
        return self._lose(state, Liveness.SUSPECT, rx)

    def review(self, device: DeviceState, now: float) -> list[LivenessChanged]:
        """Judge one device anew; says so if it changed."""
        judged = judge_device(device, now)
        return [] if judged is device.liveness else [self._device_becomes(device, judged, now)]

    def tick(self, now: float) -> Iterator[LivenessChanged]:
        """Find who has been silent for too long; at most so many are looked at in one tick, the longest overdue first."""
        for due, gateway in self._gateway_checks.due(now, GATEWAY_CHECKS_PER_TICK_MAX):
            if gateway.check_due == due:
                gateway.check_due = None
                yield from self._check_gateway(gateway, now)
        for _ in range(min(len(self._to_end), GATEWAYS_ENDED_PER_TICK_MAX)):
            self._end(self._to_end.popleft(), now)
        changes = 0
        for due, device in self._device_checks.due(now, DEVICE_CHECKS_PER_TICK_MAX):
            if device.check_due == due:
                device.check_due = None
                changed = self._check_device(device, now)
                yield from changed
                changes += len(changed)
                if changes >= DEVICE_CHANGES_PER_TICK_MAX:
                    break

    def behind(self, now: float) -> bool:
        """Say whether the last tick has left something over."""
        return bool(self._to_end or self._dated_back) or self._device_checks.waits(now) or self._gateway_checks.waits(now)

    @property
    def next_due(self) -> float | None:
        """Say when a tick next has something to look at."""
        if self._to_end or self._dated_back:
            return 0.0
        dues = [due for due in (self._gateway_checks.first, self._device_checks.first) if due is not None]
        return min(dues, default=None)

    # ---------------------------------------------------------------- what the journal says of the time before we started

    def recall_begins(self) -> None:
        """Prepare to be told what the journal says, newest first."""
        self._recalling = True

    def recall_heard(self, state: GatewayState, rx: float, ended: float) -> None:
        """Note that the journal has a record of a gateway at `rx`; our absence began at `ended`."""
        before = state.before
        if before is None:
            if not state.unbroken:
                return
            if rx + RECORDS_APART_SECONDS < ended:
                self._break(state)  # It was silent already.
                return
            before = state.before = Before(rx, rx)
        elif before.broken:
            return
        elif rx + RECORDS_APART_SECONDS < before.since:
            before.broken = True
            return
        before.since = min(before.since, rx)
        if state.liveness is Liveness.LIVE:
            self._bridge(state)

    def recall(self, state: DeviceState, order: tuple[str, int], t: float, rx: float, metrics: Mapping[str, Value]) -> bool:
        """Take in an earlier reading; says whether something became known that rules or indicators depend on.

        What is known already is newer and stays. As long as a watched metric had the same value, it had not changed yet:
        that is looked at once, in the end.
        """
        learnt = False
        if state.last_rx is None or rx > state.last_rx:
            learnt = state.last_rx is None
            state.last_rx = rx
        state.epoch, state.position = max((state.epoch, state.position), order)
        known = state.metrics
        settings = state.home.settings if state.home is not None else AS_BUILT
        for name, value in metrics.items():
            newer = known.get(name)
            if newer is None:
                if len(known) >= METRICS_KEPT_MAX:
                    continue
                known[name] = (value, t)
                if name in state.watched or name in REACHABLE_METRICS:
                    state.changed[name] = min(rx, state.changed.get(name, rx))
                    learnt = True
            elif name in state.changed:
                if moved(name, value, newer[0], settings):
                    _settle(state, name)
                elif rx < state.changed[name] and (state.settled is None or name not in state.settled):
                    state.changed[name] = rx
                    state.dated_back = state.dated_back or name in state.watched
        return learnt

    def recall_ended(self) -> None:
        """Draw, with the next ticks, what follows from all that the journal says."""
        self._recalling = False
        self._to_end.extend(self.gateways.values())

    def dated_back(self) -> Iterator[DeviceState]:
        """Take out devices whose changes are older than they seemed; at most so many in one tick."""
        for _ in range(min(len(self._dated_back), DEVICE_CHANGES_PER_TICK_MAX)):
            yield self._dated_back.popleft()

    @property
    def recalling(self) -> bool:
        """Say whether more of the time before is still to be told."""
        return self._recalling

    def lost_before(self, state: GatewayState, now: float) -> list[LivenessChanged]:
        """Hold a gateway for offline, as it was before we started; unless it has been heard since."""
        if state.last_heard is not None or state.liveness is Liveness.OFFLINE:
            return []
        return [self._gateway_becomes(state, Liveness.OFFLINE, now)]

    def _bridge(self, state: GatewayState) -> bool:
        """Let the time since a gateway was last silent go on through our absence, if that is short enough."""
        since = bridged(state, state.listened_since)
        if since is None:
            self._break(state)
            return False
        state.live_since = min(since, state.listened_since)
        return True

    @staticmethod
    def _break(state: GatewayState) -> None:
        """Believe nothing any more of what the journal says of the liveness behind a gateway."""
        state.unbroken, state.before = False, None
        for device in state.devices.values():
            device.silent_before = False

    def _end(self, state: GatewayState, now: float) -> None:
        """Find the devices of a gateway that were offline when we went away."""
        before = state.before
        for device in state.devices.values():
            device.settled = None
            if device.dated_back:
                device.dated_back = False
                self._dated_back.append(device)
            if before is None or device.liveness is not Liveness.UNKNOWN:
                continue
            heard = before.since if device.last_rx is None else max(device.last_rx, before.since)
            if heard + device.silence_seconds <= before.last:
                device.silent_before = True
                if state.liveness is Liveness.LIVE:
                    self._check_device_at(device, now)

    def describe(self, state: GatewayState, birth: Birth) -> None:
        """Keep what a gateway tells of itself and its devices at its birth."""
        state.software, state.first_hop = birth.sw, birth.first_hop
        for told in birth.devs:
            device = state.devices.get(told.d)
            if device is not None:
                device.first_hop = told.first_hop

    def _check_gateway(self, state: GatewayState, now: float) -> list[LivenessChanged]:
        if self.gateways.get(state.gateway.id) is not state:
            return []  # The roster dropped it.
        judged = judge_gateway(state, now)
        heard = state.known_since if state.last_heard is None else state.last_heard
        if judged is Liveness.LIVE:
            self._check_gateway_at(state, heard + PATH_SILENT_SECONDS)
        elif judged is not Liveness.OFFLINE:
            self._check_gateway_at(state, heard + GATEWAY_OFFLINE_SECONDS)
        return [] if judged is state.liveness else self._lose(state, judged, now)

    def _lose(self, state: GatewayState, liveness: Liveness, now: float) -> list[LivenessChanged]:
        for path, heard in list(state.path_heard.items()):
            if now >= heard + PATH_SILENT_SECONDS:
                del state.path_heard[path]
        if liveness is Liveness.SUSPECT and state.last_heard is not None:
            self._check_gateway_at(state, state.last_heard + GATEWAY_OFFLINE_SECONDS)
        was_live = state.liveness is Liveness.LIVE
        if was_live:
            self._break(state)
        changed = self._gateway_becomes(state, liveness, now)
        if was_live:
            for device in state.devices.values():
                if device.liveness is not Liveness.UNKNOWN:
                    device.liveness, device.since = Liveness.UNKNOWN, now
            state.live = state.offline = 0
        return [changed]

    def _check_device(self, state: DeviceState, now: float) -> list[LivenessChanged]:
        gone = self.devices.get((state.device.gateway, state.device.id)) is not state
        if gone or state.gateway.liveness is not Liveness.LIVE:
            return []
        changed = self.review(state, now)
        if state.liveness is Liveness.LIVE:
            self._check_device_at(state, doubted_after(state))
        elif state.liveness is Liveness.UNKNOWN:
            self._check_device_at(state, silent_after(state))
        return changed

    def _gateway_becomes(self, state: GatewayState, liveness: Liveness, now: float) -> LivenessChanged:
        state.liveness, state.since = liveness, now
        return LivenessChanged(state.gateway.id, "", liveness, now)

    def _device_becomes(self, state: DeviceState, liveness: Liveness, now: float) -> LivenessChanged:
        if state.counted:
            gateway = state.gateway
            gateway.live += (liveness is Liveness.LIVE) - (state.liveness is Liveness.LIVE)
            gateway.offline += (liveness is Liveness.OFFLINE) - (state.liveness is Liveness.OFFLINE)
        state.liveness, state.since = liveness, now
        if liveness is Liveness.LIVE:
            self._check_device_at(state, doubted_after(state))
        return LivenessChanged(state.device.gateway, state.device.id, liveness, now)

    def _check_gateway_at(self, state: GatewayState, due: float) -> None:
        if state.check_due is None or due < state.check_due:
            state.check_due = due
            self._gateway_checks.add(due, state)

    def _check_device_at(self, state: DeviceState, due: float) -> None:
        if state.check_due is None or due < state.check_due:
            state.check_due = due
            self._device_checks.add(due, state)

    def _home(self, school: School, known: Home | None) -> Home:
        dossier = self.roster.dossier(school.id)
        if known is None:
            return Home(school, dossier, self._settings_of(dossier))
        settings = self._settings_of(dossier)
        # What was seen there is kept.
        return replace(known, school=school, dossier=dossier, settings=settings, gateways=[], by_kind={})

    def _place_gateway(self, gateway: Gateway, known: GatewayState | None, now: float) -> None:
        state = known or GatewayState(gateway, None, known_since=now)
        state.gateway = gateway
        state.school = self.roster.school(gateway.school)
        state.devices = {}
        state.registered = True
        self.gateways[gateway.id] = state
        if home := self.homes.get(gateway.school):
            home.gateways.append(state)
        if known is None:
            self._check_gateway_at(state, now + GATEWAY_OFFLINE_SECONDS)

    def _place_device(self, device: Device, known: DeviceState | None) -> None:
        kind = KINDS.get(device.kind)
        gateway = self.gateways[device.gateway]
        watched = self._watched.get(device.kind, frozenset())
        silence = float(kind.silence_seconds) if kind else SILENCE_DEFAULT_SECONDS
        home = self.homes.get(device.school) or self.homes.get(gateway.gateway.school)
        if known is None:
            known = DeviceState(device, kind, gateway, home, silence, watched)
            if gateway.liveness is Liveness.LIVE:
                self._check_device_at(known, gateway.listened_since + silence)
        else:
            known.device, known.kind, known.gateway, known.home, known.flaws = device, kind, gateway, home, None
            known.silence_seconds, known.watched = silence, watched
        if home is not None:
            home.by_kind.setdefault(device.kind, []).append(known)
        gateway.devices[device.id] = known
        self.devices[device.gateway, device.id] = known

    def find(self, gateway: GatewayId, device: DeviceId) -> DeviceState | None:
        """Find a device by its identity on the wire."""
        return self.devices.get((gateway, device))


def _settle(state: DeviceState, metric: str) -> None:
    """Note that the last change of a metric is known."""
    if state.settled is None:
        state.settled = set()
    state.settled.add(metric)
