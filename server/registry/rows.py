"""Between the registry's values and the rows of its tables: one pair of plain functions for each table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Table

from contract.identity import DeviceId, GatewayId, SchoolId, StationId, UnitId, UserName
from server.registry import tables
from server.registry.model import (
    Area,
    Calendar,
    Device,
    Gateway,
    Role,
    School,
    SchoolKind,
    Scope,
    Station,
    StationKind,
    Unit,
    UnitKind,
    User,
)
from server.registry.record import Record
from server.registry.sheets import AnyRecord

Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mapping(Generic[T]):
    """How one kind of value is kept: its table, its key, and the way there and back."""

    table: Table
    key: Callable[[T], tuple[str, ...]]
    write: Callable[[T], Row]
    read: Callable[[Row], T]

    def rows(self, values: Iterable[tuple[int, T]]) -> Sequence[Row]:
        """Write values with their places in the roster."""
        return [{**self.write(value), "place": place} for place, value in values]


def _write_unit(unit: Unit) -> Row:
    return {"id": unit.id, "kind": unit.kind.value, "parent": unit.parent, "name": unit.name, "name_en": unit.name_en}


def _read_unit(row: Row) -> Unit:
    return Unit(UnitId(row["id"]), UnitKind(row["kind"]), row["parent"], row["name"], row["name_en"])


def _write_station(station: Station) -> Row:
    return {
        "id": station.id,
        "kind": station.kind.value,
        "parent": station.parent,
        "name": station.name,
        "name_en": station.name_en,
        "phone": station.phone,
    }


def _read_station(row: Row) -> Station:
    kind = StationKind(row["kind"])
    return Station(StationId(row["id"]), kind, row["parent"], row["name"], row["name_en"], row["phone"])


_SAME_IN_SCHOOL = (
    *("id", "name", "name_en", "unit", "station", "pupils", "boarders", "latitude", "longitude", "datum", "address"),
    *("contact", "contact_phone", "gates", "guards_at_peak", "opened", "closed", "merged_into", "central"),
)


def _write_school(school: School) -> Row:
    row: Row = {name: getattr(school, name) for name in _SAME_IN_SCHOOL}
    row["kind"], row["area"] = school.kind.value, school.area.value
    row["key_target"] = school.key_target
    return row


def _read_school(row: Row) -> School:
    same = {name: row[name] for name in _SAME_IN_SCHOOL}
    return School(
        **same,
        kind=SchoolKind(row["kind"]),
        area=Area(row["area"]),
        key_target=bool(row["key_target"]),
    )


def _write_gateway(gateway: Gateway) -> Row:
    return {"id": gateway.id, "school": gateway.school, "key_hash": gateway.key_hash}


def _read_gateway(row: Row) -> Gateway:
    return Gateway(GatewayId(row["id"]), SchoolId(row["school"]), row["key_hash"])


_SAME_IN_DEVICE = ("area", "vendor", "model", "ip", "mac", "installed")  # In the order of the fields.


def _write_device(device: Device) -> Row:
    return {
        "gateway": device.gateway,
        "id": device.id,
        "kind": device.kind,
        "school": device.school,
        "name": device.name,
        "location": device.place,
        "at_gate": device.at_gate,
        "gb_id": device.gb_id,
        "decommissioned": device.decommissioned,
        **{name: getattr(device, name) for name in _SAME_IN_DEVICE},
    }


def _read_device(row: Row) -> Device:
    return Device(
        GatewayId(row["gateway"]),
        DeviceId(row["id"]),
        row["kind"],
        SchoolId(row["school"]),
        row["name"],
        row["location"],
        bool(row["at_gate"]),
        row["gb_id"],
        bool(row["decommissioned"]),
        *(row[name] for name in _SAME_IN_DEVICE),
    )


def _write_record(record: Record) -> Row:
    body = msgspec.json.encode(record).decode()
    return {"sheet": record.sheet, "home": record.home, "id": record.id, "body": body}


def _read_record(row: Row) -> Record:
    record: Record = msgspec.json.decode(row["body"], type=AnyRecord)
    return record


RECORDS: Mapping[Record] = Mapping(
    tables.record, lambda record: (record.sheet, record.home, record.id), _write_record, _read_record
)
UNITS: Mapping[Unit] = Mapping(tables.unit, lambda unit: (unit.id,), _write_unit, _read_unit)
STATIONS: Mapping[Station] = Mapping(tables.station, lambda station: (station.id,), _write_station, _read_station)
SCHOOLS: Mapping[School] = Mapping(tables.school, lambda school: (school.id,), _write_school, _read_school)
GATEWAYS: Mapping[Gateway] = Mapping(tables.gateway, lambda gateway: (gateway.id,), _write_gateway, _read_gateway)
DEVICES: Mapping[Device] = Mapping(tables.device, lambda device: (device.gateway, device.id), _write_device, _read_device)


def write_calendar(calendar: Calendar) -> str:
    """Write the calendar as JSON."""
    return msgspec.json.encode(calendar).decode()


def read_calendar(body: str) -> Calendar:
    """Read the calendar back."""
    return msgspec.json.decode(body, type=Calendar)


def write_user(user: User) -> Row:
    """Write an account."""
    return {
        "name": user.name,
        "display": user.display,
        "role": user.role.value,
        "scope_kind": user.scope.kind,
        "scope_id": user.scope.id,
        "password_hash": user.password_hash,
        "disabled": user.disabled,
    }


def read_user(row: Row) -> User:
    """Read an account back."""
    return User(
        UserName(row["name"]),
        row["display"],
        Role(row["role"]),
        Scope(row["scope_kind"], row["scope_id"]),
        row["password_hash"],
        bool(row["disabled"]),
    )
