"""The summary's figures for every scope at once, kept by difference: a change costs the depth of the tree, not its size."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from server.api import views
from server.api.show import open_window
from server.api.views.picture import WINDOWS_SHOWN_MAX
from server.core.alert import Alert, State
from server.core.events import WindowDeclared
from server.registry.model import Device, Scope
from server.registry.tree import Tree
from server.security.access import Reach, is_covert

HELD = ("grouped", "shelved", "planned")
RANG_SECONDS = 600.0
RANG_MAX = 20_000  # Beyond it the oldest is counted no more; a screen that has had a thousand says enough.
UNPLACED = Scope("unplaced", "")  # Alarms of gateways that no school owns.


@dataclass(slots=True)
class Figures:
    """The figures of one scope."""

    unacked: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    open: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    drills: int = 0
    held: list[int] = field(default_factory=lambda: [0, 0, 0])
    rang: int = 0  # Within the last ten minutes.
    schools_live: int = 0
    schools: int = 0
    devices_live: int = 0
    devices_unknown: int = 0
    devices: int = 0


def _counts(device: Device) -> bool:
    """Say whether a device is one of the school's: in use, and not the box's word about itself."""
    return not device.decommissioned and device.kind != "gateway"


@dataclass(frozen=True, slots=True)
class _Counted:
    scopes: tuple[Scope, ...]
    severity: int
    unacked: bool
    drill: bool
    held: str = ""
    covert: bool = False


class Counters:
    """Figures of every scope of one tree. Devices nobody has told of yet count as unknown."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._figures: dict[Scope, Figures] = {}
        self._alerts: dict[str, _Counted] = {}
        self._gateways: dict[str, str] = {}
        self._covert: dict[Scope, Figures] = {}  # Of what was raised under threat, which only some of a scope may see.
        self._rang: OrderedDict[str, tuple[float, tuple[Scope, ...], bool]] = OrderedDict()
        self._devices: dict[str, dict[str, str]] = {}  # By gateway; only those that are not unknown.
        for school in tree.roster.schools:
            devices = sum(_counts(device) for device in tree.devices_of(school.id))
            for scope in tree.above(school.id):
                figures = self._of(scope)
                figures.schools += 1
                figures.devices += devices
                figures.devices_unknown += devices

    def alert(self, alert: Alert) -> None:
        """Count an alert as it is now instead of as it was."""
        before = self._alerts.pop(alert.id, None)
        if before is not None:
            self._add(before, -1)
        if not alert.open:
            return
        scopes = tuple(self._tree.around(alert.unit)) if alert.unit else self._tree.above(alert.school)
        scopes = scopes or (UNPLACED,)
        unacked, drill, covert = alert.state is State.RAISED, alert.mode != "real", is_covert(alert)
        counted = _Counted(scopes, int(alert.severity), unacked, drill, alert.held, covert)
        self._alerts[alert.id] = counted
        self._add(counted, 1)
        if counted.unacked and not counted.held and not (before and before.unacked and not before.held):
            self._ring(alert.id, alert.updated, counted)
        elif counted.held == "grouped":
            self._unring(alert.id)  # What joined a group in the end is one with it.

    def _ring(self, alert: str, at: float, counted: _Counted) -> None:
        self._unring(alert)
        self._rang[alert] = (at, counted.scopes, counted.covert)
        for scope in counted.scopes:
            self._of(scope, covert=counted.covert).rang += 1
        while len(self._rang) > RANG_MAX:
            self._unring(next(iter(self._rang)))

    def _unring(self, alert: str) -> None:
        _, scopes, covert = self._rang.pop(alert, (0.0, (), False))
        for scope in scopes:
            self._of(scope, covert=covert).rang -= 1

    def gone(self, alert: str) -> None:
        """Count an alert no more that has left the picture."""
        before = self._alerts.pop(alert, None)
        if before is not None:
            self._add(before, -1)

    def device(self, gateway: str, device: str, liveness: str) -> None:
        """Count a device of the roster as it is now; others are in no figure."""
        known = self._tree.device(gateway, device)
        if known is None or not _counts(known):
            return
        mine = self._devices.setdefault(gateway, {})
        before = mine.pop(device, "unknown")
        if liveness != "unknown":
            mine[device] = liveness
        live = (liveness == "live") - (before == "live")
        unknown = (liveness == "unknown") - (before == "unknown")
        if live or unknown:
            for scope in self._tree.above(known.school):
                figures = self._of(scope)
                figures.devices_live += live
                figures.devices_unknown += unknown

    def gateway(self, gateway: str, liveness: str) -> None:
        """Count a school as live while its gateway is heard; of the devices of a silent one nothing can be said."""
        if liveness != "live":
            for device in list(self._devices.get(gateway, ())):
                self.device(gateway, device, "unknown")
        school = self._tree.school_of(gateway)
        if school is None or self._tree.gateway_of.get(school) != gateway:
            return
        live = (liveness == "live") - (self._gateways.get(gateway) == "live")
        self._gateways[gateway] = liveness
        if live:
            for scope in self._tree.above(school):
                self._of(scope).schools_live += live

    def summary(  # One for each thing that is no figure of ours.
        self,
        reach: Reach,
        seq: int,
        server_ms: int,
        lag_ms: int,
        *,
        journal_ok: bool,
        windows: Sequence[WindowDeclared] = (),
    ) -> views.Summary:
        """Give the figures of one reach."""
        while self._rang and (oldest := next(iter(self._rang.items())))[1][0] <= server_ms / 1_000 - RANG_SECONDS:
            self._unring(oldest[0])
        mine = self._figures.get(reach.scope) or Figures()
        unacked, opened, drills = list(mine.unacked), list(mine.open), mine.drills
        held, rang = list(mine.held), mine.rang
        counted = (self._figures, self._covert) if reach.covert else (self._figures,)
        added = [figures.get(UNPLACED) for figures in counted if reach.unplaced]
        added += [figures.get(reach.scope) for figures in counted[1:]]
        for more in (one for one in added if one is not None):
            unacked = [a + b for a, b in zip(unacked, more.unacked, strict=True)]
            opened = [a + b for a, b in zip(opened, more.open, strict=True)]
            drills += more.drills
            held = [a + b for a, b in zip(held, more.held, strict=True)]
            rang += more.rang
        return views.Summary(
            seq=seq,
            server_ms=server_ms,
            unacked=(unacked[0], unacked[1], unacked[2], unacked[3]),
            open=(opened[0], opened[1], opened[2], opened[3]),
            schools_live=mine.schools_live,
            schools=mine.schools,
            devices_live=mine.devices_live,
            devices_unknown=mine.devices_unknown,
            devices=mine.devices,
            ingest_lag_ms=lag_ms,
            journal="ok" if journal_ok else "down",
            drills=drills,
            held=(held[0], held[1], held[2]),
            rang=rang,
            windows=[open_window(window) for window in windows[:WINDOWS_SHOWN_MAX]],
            windows_open=len(windows),
        )

    def _add(self, counted: _Counted, one: int) -> None:
        for scope in counted.scopes:
            figures = self._of(scope, covert=counted.covert)
            if counted.drill:
                figures.drills += one
                continue
            if counted.held:
                figures.held[HELD.index(counted.held)] += one
                continue
            figures.open[counted.severity - 1] += one
            if counted.unacked:
                figures.unacked[counted.severity - 1] += one

    def _of(self, scope: Scope, *, covert: bool = False) -> Figures:
        return (self._covert if covert else self._figures).setdefault(scope, Figures())
