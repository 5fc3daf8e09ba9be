"""The roster as a JSON file: what the simulator writes, and what `anxiao-server import-roster` takes over.

One object `{"form": "anxiao-roster", "v": 2, "roster": {…}, "records": […]}`; the members of `roster`
are those of `server.registry.model.Roster`, the records are the ledger's lines, each naming its sheet; dates as
`YYYY-MM-DD`. `docs/simulator.md` shows an example.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import msgspec

from contract.errors import ConfigurationError, Refused
from contract.identity import parse_device_id, parse_gateway_id, parse_school_id, parse_unit_id
from contract.kinds import KINDS
from server.registry.model import Calendar, Device, Gateway, Roster, School, Station, Unit
from server.registry.record import SchoolRecord
from server.registry.sheets import SHEETS, AnyRecord, in_order

FORM = "anxiao-roster"
VERSION = 2
FAULTS_SHOWN_MAX = 10  # Enough to see a pattern; a wrong column would otherwise fill the screen.

_BYTE = re.compile(r"\(byte (\d+)\)")
_ELEMENT = re.compile(r"\$\.(?:roster\.)?(\w+)\[(\d+)\]")


class RosterFile(msgspec.Struct, frozen=True):
    """The file as a whole; `form` and `v` say what it is before anything else is believed."""

    form: str
    v: int
    roster: "_Tables"
    records: tuple[AnyRecord, ...] = ()


class _Tables(msgspec.Struct, frozen=True):
    """The roster without its ledger, which stands beside it with its sheets named."""

    units: tuple[Unit, ...] = ()
    stations: tuple[Station, ...] = ()
    schools: tuple[School, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    devices: tuple[Device, ...] = ()
    calendar: Calendar = Calendar(terms=())


class _Label(msgspec.Struct):
    form: str = ""
    v: int = 0


def encode_roster(roster: Roster) -> bytes:
    """Write a roster; the same roster always gives the same bytes."""
    tables = _Tables(**{name: getattr(roster, name) for name in _Tables.__struct_fields__})
    file = RosterFile(FORM, VERSION, tables, roster.records)  # type: ignore[arg-type]  # Each is of a sheet.
    return msgspec.json.encode(file, order="sorted")


def decode_roster(data: bytes) -> Roster:
    """Read a roster, or raise `ConfigurationError` naming the line or key of each fault; it is taken whole or not at all."""
    try:
        label = msgspec.json.decode(data, type=_Label)
        if (label.form, label.v) != (FORM, VERSION):
            raise ConfigurationError(f"form {label.form!r} version {label.v}; allowed: {FORM!r} version {VERSION}")
        file = msgspec.json.decode(data, type=RosterFile)
        tables = {name: getattr(file.roster, name) for name in _Tables.__struct_fields__}
        roster = Roster(**tables, records=in_order(file.records))
    except msgspec.ValidationError as error:
        raise ConfigurationError(_named(str(error), data)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"not a roster file: {_placed(str(error), data)}") from None
    check_roster(roster)
    return roster


def check_roster(roster: Roster) -> None:
    """Raise `ConfigurationError` naming what cannot be: ids malformed or given twice, references into nothing."""
    faults = list(islice(_faults(roster), FAULTS_SHOWN_MAX + 1))
    if faults:
        more = ["…"] if len(faults) > FAULTS_SHOWN_MAX else []
        raise ConfigurationError("\n".join(faults[:FAULTS_SHOWN_MAX] + more))


def read_roster(path: Path) -> Roster:
    """Read a roster file, or raise `ConfigurationError` with its path."""
    try:
        return decode_roster(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def _placed(message: str, data: bytes) -> str:
    """Turn a byte of the file into a line and a column."""
    found = _BYTE.search(message)
    if found is None:
        return message
    before = data[: int(found[1])]
    line = before.count(b"\n") + 1
    column = len(before) - (before.rfind(b"\n") + 1) + 1
    return _BYTE.sub(f"(line {line}, column {column})", message)


def _named(message: str, data: bytes) -> str:
    """Add to the place of a fault the id that stands there, so that it is found in a file of one line too."""
    found = _ELEMENT.search(message)
    try:
        whole = msgspec.json.decode(data)
        element = (whole if found[1] == "records" else whole["roster"])[found[1]][int(found[2])] if found else None
        name = element.get("id") if isinstance(element, dict) else None
    except (KeyError, IndexError, TypeError):
        name = None
    return f"{message} (id {name!r})" if name is not None else message


def _faults(roster: Roster) -> Iterator[str]:
    """Find what is of the right shape and still cannot be: ids malformed or given twice, and references into nothing."""
    yield from _identities("units", [unit.id for unit in roster.units], parse_unit_id)
    yield from _identities("stations", [station.id for station in roster.stations], parse_unit_id)
    yield from _identities("schools", [school.id for school in roster.schools], parse_school_id)
    yield from _identities("gateways", [gateway.id for gateway in roster.gateways], parse_gateway_id)
    units = {unit.id for unit in roster.units}
    stations = {station.id for station in roster.stations}
    schools = {school.id for school in roster.schools}
    gateways = {gateway.id for gateway in roster.gateways}
    yield from _parents("units", roster.units)
    yield from _parents("stations", roster.stations)
    for place, school in enumerate(roster.schools):
        yield from _known(f"schools[{place}].unit", school.unit, units)
        yield from _known(f"schools[{place}].station", school.station, stations)
    for place, gateway in enumerate(roster.gateways):
        yield from _known(f"gateways[{place}].school", gateway.school, schools)
    seen: set[tuple[str, str]] = set()
    for place, device in enumerate(roster.devices):
        yield from _well_formed(f"devices[{place}].id", device.id, parse_device_id)
        yield from _known(f"devices[{place}].gateway", device.gateway, gateways)
        yield from _known(f"devices[{place}].school", device.school, schools)
        if device.kind not in KINDS:
            yield f"devices[{place}].kind: {device.kind!r}; allowed: {', '.join(KINDS)}"
        if (device.gateway, device.id) in seen:
            yield f"devices[{place}]: {device.gateway} {device.id} stands twice"
        seen.add((device.gateway, device.id))
    lines: set[tuple[str, ...]] = set()
    for place, record in enumerate(roster.records):
        allowed = schools if isinstance(record, SchoolRecord) else units
        yield from _known(f"records[{place}] ({record.sheet})", record.home, allowed)
        if (line := (record.sheet, record.home, record.id)) in lines:
            yield f"records[{place}]: {' '.join(line)} stands twice"
        lines.add(line)
        check = SHEETS[record.sheet].line_check
        if check is not None and (wrong := check(record)) is not None:
            yield f"records[{place}] ({record.sheet}): {wrong[1]}"


def _identities(table: str, ids: Iterable[str], parse: Callable[[str], str]) -> Iterator[str]:
    seen: set[str] = set()
    for place, text in enumerate(ids):
        yield from _well_formed(f"{table}[{place}].id", text, parse)
        if text in seen:
            yield f"{table}[{place}].id: {text!r} stands twice"
        seen.add(text)


def _well_formed(where: str, text: str, parse: Callable[[str], str]) -> Iterator[str]:
    try:
        parse(text)
    except Refused as refusal:
        yield f"{where}: {refusal.detail}"


def _known(where: str, text: str, allowed: Iterable[str]) -> Iterator[str]:
    if text not in allowed:
        yield f"{where}: {text!r} is not in the roster"


def _parents(table: str, places: Iterable[Unit] | Iterable[Station]) -> Iterator[str]:
    """Find parents that do not exist, and branches that end in themselves."""
    parents: dict[str, str | None] = {place.id: place.parent for place in places}
    for number, (own, parent) in enumerate(parents.items()):
        if parent is not None and parent not in parents:
            yield f"{table}[{number}].parent: {parent!r} is not in the roster"
        climbed: set[str] = set()
        at: str | None = own
        while at is not None and at not in climbed:
            climbed.add(at)
            at = parents.get(at)
        if at is not None:
            yield f"{table}[{number}].parent: the branch of {own!r} never reaches a top"
