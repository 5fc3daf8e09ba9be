"""The roster as the core asks it: who belongs to whom, with the ancestors of every unit and station worked out once."""

import copy
from collections.abc import Mapping, Sequence

from contract.identity import DeviceId, GatewayId, SchoolId
from server.registry.dossier import NOTHING_SAID, Dossier, dossiers
from server.registry.model import Calendar, Device, Gateway, Roster, School, Station, Unit
from server.registry.phones import school_of_phone
from server.registry.record import UnitRecord

DEPTH_MAX = 16  # Of either branch of the tree; a longer way up is a loop in the data and ends there.


class RosterIndex:
    """One roster with its indexes. It never changes; a new roster makes a new index, slowly for a whole city."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.units: Mapping[str, Unit] = {unit.id: unit for unit in roster.units}
        self.stations: Mapping[str, Station] = {station.id: station for station in roster.stations}
        self.schools: Mapping[str, School] = {school.id: school for school in roster.schools}
        self.gateways: Mapping[str, Gateway] = {gateway.id: gateway for gateway in roster.gateways}
        self.devices: Mapping[tuple[str, str], Device] = {
            (device.gateway, device.id): device for device in roster.devices if not device.decommissioned
        }
        self._retired = {(device.gateway, device.id) for device in roster.devices if device.decommissioned}
        self._unit_paths = {unit: _climb(unit, self.units) for unit in self.units}
        self._station_paths = {station: _climb(station, self.stations) for station in self.stations}
        self.dossiers = self._sorted(roster)
        self.unit_lines = _unit_lines(roster)
        self._gateways_of: dict[str, list[GatewayId]] = {}
        for gateway in roster.gateways:
            self._gateways_of.setdefault(gateway.school, []).append(gateway.id)
        self._devices_of: dict[str, list[Device]] = {}
        for device in self.devices.values():
            self._devices_of.setdefault(device.gateway, []).append(device)
        self._under: dict[str, list[SchoolId]] = {unit: [] for unit in self.units}
        self._of_station: dict[str, list[SchoolId]] = {station: [] for station in self.stations}
        for school in roster.schools:
            for unit in self.unit_path(school.unit):
                self._under[unit].append(school.id)
            for station in self.station_path(school.station):
                self._of_station[station].append(school.id)

    def renewed(self, roster: Roster) -> "RosterIndex":
        """Give the index of another roster; where only the ledger differs, that costs no more than the ledger."""
        tables = ("units", "stations", "schools", "gateways", "devices")
        if any(getattr(roster, name) is not getattr(self.roster, name) for name in tables):
            return RosterIndex(roster)
        index = copy.copy(self)
        index.roster = roster
        index.dossiers = self._sorted(roster)
        index.unit_lines = _unit_lines(roster)
        return index

    def _sorted(self, roster: Roster) -> Mapping[str, Dossier]:
        return dossiers(roster.records, {school.id: self.unit_path(school.unit) for school in roster.schools})

    @property
    def calendar(self) -> Calendar:
        """Give the calendar of the city's schools."""
        return self.roster.calendar

    def school(self, school: str) -> School | None:
        """Find a school."""
        return self.schools.get(school)

    def unit_path(self, unit: str) -> Sequence[str]:
        """Name a unit and those above it, from itself to the root; empty for one that is not in the tree."""
        return self._unit_paths.get(unit, ())

    def station_path(self, station: str) -> Sequence[str]:
        """Name a station and those above it, from itself to the root; empty for one that is not in the tree."""
        return self._station_paths.get(station, ())

    def dossier(self, school: str) -> Dossier:
        """Give what the ledger says of a school."""
        return self.dossiers.get(school, NOTHING_SAID)

    def schools_under(self, unit: str) -> Sequence[SchoolId]:
        """List the schools below a unit, in the roster's order."""
        return self._under.get(unit, ())

    def schools_of_station(self, station: str) -> Sequence[SchoolId]:
        """List the schools below a police station or bureau, in the roster's order."""
        return self._of_station.get(station, ())

    def device(self, gateway: str, device: str) -> Device | None:
        """Find a device in use by its identity on the wire."""
        return self.devices.get((GatewayId(gateway), DeviceId(device)))

    def is_retired(self, gateway: str, device: str) -> bool:
        """Say whether a device is known but out of use: it may still speak, and nobody minds."""
        return (gateway, device) in self._retired

    def gateways_of(self, school: str) -> Sequence[GatewayId]:
        """List the gateways of a school."""
        return self._gateways_of.get(school, ())

    def devices_of(self, gateway: str) -> Sequence[Device]:
        """List the devices in use behind a gateway."""
        return self._devices_of.get(gateway, ())

    def school_of(self, gateway: str) -> School | None:
        """Find the school of a gateway or of a guard's phone; None for one that is not registered."""
        known = self.gateways.get(gateway)
        school = known.school if known else school_of_phone(gateway)
        return self.schools.get(school) if school else None


def _unit_lines(roster: Roster) -> Sequence[UnitRecord]:
    return [record for record in roster.records if isinstance(record, UnitRecord)]


def _climb(start: str, places: Mapping[str, Unit] | Mapping[str, Station]) -> tuple[str, ...]:
    path: list[str] = []
    at: str | None = start
    while at is not None and at in places and at not in path and len(path) < DEPTH_MAX:
        path.append(at)
        at = places[at].parent
    return tuple(path)
