"""The roster as a JSON file: what the simulator writes, and what `anxiao-server import-roster` takes over.

One object `{"form": "anxiao-roster", "v": 2, "roster": {…}, "records": […]}`; the members of `roster`
are those of `server.registry.model.Roster`, the records are the ledger's lines, each naming its sheet; dates as
`YYYY-MM-DD`. `docs/simulator.md` shows an example.
"""

import re
from itertools import islice
from pathlib import Path

import msgspec

from contract.errors import ConfigurationError
from server.registry.changes import TABLES
from server.registry.checking import FAULTS_MAX, Fault, RosterRefused, faults_of
from server.registry.model import Calendar, Device, Gateway, Roster, School, Station, Unit
from server.registry.sheets import AnyRecord, in_order

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
    """Raise `RosterRefused` naming what cannot be: ids malformed or given twice, references into nothing."""
    faults = list(islice(faults_of(roster), FAULTS_MAX))
    if faults:
        lines = [f"{_where(fault)}: {fault.words[1]}" for fault in faults[:FAULTS_SHOWN_MAX]]
        more = ["…"] if len(faults) > FAULTS_SHOWN_MAX else []
        raise RosterRefused("\n".join(lines + more), faults)


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


def _where(fault: Fault) -> str:
    """Name the place of a fault as the file has it."""
    table = TABLES.get(fault.sheet)
    if table is None:
        return f"records[{fault.place}] ({fault.sheet})"
    return f"{table}[{fault.place}]" + (f".{fault.column}" if fault.column else "")
