"""The organisation as two trees over the same schools: the education branch and the police branch, indexed for scopes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contract.identity import DeviceId, GatewayId, SchoolId
from server.registry.model import Device, Gateway, Roster, School, Scope, Station, Unit
from server.registry.phones import school_of_phone


@dataclass(frozen=True, slots=True)
class Branch:
    """The schools below one scope in roster order; a school's place in it is the `school_ix` of screens."""

    scope: Scope
    schools: tuple[SchoolId, ...]
    places: Mapping[SchoolId, int]

    def __contains__(self, school: object) -> bool:
        """Say whether a school lies in the branch; the empty id of an unknown school lies in none."""
        return school in self.places


@dataclass(slots=True)
class Tree:
    """One roster with the indexes every query needs. A changed roster makes a new tree; this one never changes."""

    roster: Roster
    units: dict[str, Unit] = field(init=False)
    stations: dict[str, Station] = field(init=False)
    schools: dict[str, School] = field(init=False)
    gateways: dict[str, Gateway] = field(init=False)
    devices: dict[tuple[str, str], Device] = field(init=False)
    gateway_of: dict[str, GatewayId] = field(init=False)  # By school; the first where a school has several.
    _devices_of: dict[str, list[Device]] = field(init=False)
    _above: dict[str, tuple[Scope, ...]] = field(init=False)
    _below: dict[Scope, list[SchoolId]] = field(init=False)
    _branches: dict[Scope, Branch] = field(init=False)
    _visible: dict[Scope, tuple[tuple[Unit, ...], tuple[Station, ...]]] = field(init=False)
    _around: dict[str, frozenset[Scope]] = field(init=False)

    def __post_init__(self) -> None:
        roster = self.roster
        self.units = {unit.id: unit for unit in roster.units}
        self.stations = {station.id: station for station in roster.stations}
        self.schools = {school.id: school for school in roster.schools}
        self.gateways = {gateway.id: gateway for gateway in roster.gateways}
        self.devices = {(device.gateway, device.id): device for device in roster.devices}
        self.gateway_of = {}
        for gateway in roster.gateways:
            self.gateway_of.setdefault(gateway.school, gateway.id)
        self._devices_of = {}
        for device in roster.devices:
            self._devices_of.setdefault(device.school, []).append(device)
        self._above, self._below, self._branches, self._visible, self._around = {}, {}, {}, {}, {}
        for school in roster.schools:
            above = (Scope("school", school.id), *self._climb_units(school.unit), *self._climb_stations(school.station))
            self._above[school.id] = above
            for scope in above:
                self._below.setdefault(scope, []).append(school.id)

    def branch(self, scope: Scope) -> Branch:
        """Give the schools below a scope; a scope that is in neither tree has none."""
        known = self._branches.get(scope)
        if known is None:
            schools = tuple(self._below.get(scope, ()))
            known = Branch(scope, schools, {school: place for place, school in enumerate(schools)})
            if scope in self._below:  # Only scopes that exist are kept: invented ones must not grow the index.
                self._branches[scope] = known
        return known

    def branch_of_unit(self, unit: str) -> Branch:
        """Give the schools below a unit."""
        return self.branch(Scope("unit", unit))

    def visible(self, scope: Scope) -> tuple[tuple[Unit, ...], tuple[Station, ...]]:
        """Give the units and stations a scope needs to name its schools: those below it, and those its schools belong to."""
        known = self._visible.get(scope)
        if known is None:
            names = {above for school in self.branch(scope).schools for above in self.above(school)}
            if scope.kind == "unit":
                names = {one for one in names if one.kind != "unit"}
                names |= {Scope("unit", unit) for unit in self.units if scope in self._climb_units(unit)}
            elif scope.kind == "station":
                names = {one for one in names if one.kind != "station"}
                names |= {Scope("station", station) for station in self.stations if scope in self._climb_stations(station)}
            units = tuple(unit for unit in self.roster.units if Scope("unit", unit.id) in names)
            stations = tuple(station for station in self.roster.stations if Scope("station", station.id) in names)
            known = (units, stations)
            if scope in self._below:
                self._visible[scope] = known
        return known

    def above(self, school: str) -> tuple[Scope, ...]:
        """Name every scope that sees a school: itself, its units and its stations up to the roots."""
        return self._above.get(school, ())

    def around(self, unit: str) -> frozenset[Scope]:
        """Name every scope that sees any school below a unit, but for the schools themselves: who minds what befalls it."""
        known = self._around.get(unit)
        if known is None:
            schools = self.branch_of_unit(unit).schools
            known = frozenset(scope for school in schools for scope in self.above(school) if scope.kind != "school")
            if unit in self.units:
                self._around[unit] = known
        return known

    def devices_of(self, school: str) -> tuple[Device, ...]:
        """List the devices of a school that are in use."""
        return tuple(device for device in self._devices_of.get(school, ()) if not device.decommissioned)

    def school_of(self, gateway: str) -> SchoolId | None:
        """Find the school of a gateway; None for one that is not registered."""
        known = self.gateways.get(gateway)
        if known is not None:
            return known.school
        school = school_of_phone(gateway)
        return school if school in self.schools else None

    def is_root(self, scope: Scope) -> bool:
        """Say whether a scope is the top of a tree, so that what has no place belongs to it."""
        if scope.kind == "unit":
            unit = self.units.get(scope.id)
            return unit is not None and unit.parent is None
        station = self.stations.get(scope.id) if scope.kind == "station" else None
        return station is not None and station.parent is None

    def names(self, scope: Scope) -> tuple[str, str]:
        """Give the Chinese and English name of a scope; its id where the tree does not know it."""
        place: Unit | Station | School | None
        match scope.kind:
            case "unit":
                place = self.units.get(scope.id)
            case "station":
                place = self.stations.get(scope.id)
            case _:
                place = self.schools.get(scope.id)
        return (place.name, place.name_en) if place else (scope.id, scope.id)

    def device(self, gateway: str, device: str) -> Device | None:
        """Find a device by its identity on the wire; a guard's phone speaks of the post its owner stands on."""
        known = self.devices.get((GatewayId(gateway), DeviceId(device)))
        school = school_of_phone(gateway) if known is None else None
        if school is None:
            return known
        return next((post for post in self.devices_of(school) if post.id == device and post.kind == "guard_post"), None)

    def _climb_units(self, unit: str | None) -> list[Scope]:
        found: list[Scope] = []
        while unit and unit in self.units and Scope("unit", unit) not in found:  # A loop in the roster ends here.
            found.append(Scope("unit", unit))
            unit = self.units[unit].parent
        return found

    def _climb_stations(self, station: str | None) -> list[Scope]:
        found: list[Scope] = []
        while station and station in self.stations and Scope("station", station) not in found:
            found.append(Scope("station", station))
            station = self.stations[station].parent
        return found
