"""What cannot be in a registry as a whole: ids malformed or given twice, references into nothing. All pure.

Each fault names the line and the column it stands in, and says what is wrong in Chinese and in English, so that a form, a
row of a workbook and a file of JSON can all show it at its place.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from contract.errors import ConfigurationError, Refused
from contract.identity import parse_device_id, parse_gateway_id, parse_school_id, parse_unit_id
from contract.kinds import KINDS
from server.registry.model import Roster, Station, Unit
from server.registry.record import Key, SchoolRecord
from server.registry.sheet import Words
from server.registry.sheets import SHEETS

FAULTS_MAX = 1_000  # Of one check: a wrong column makes one a row, and nobody reads more.


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that cannot be."""

    sheet: str
    place: int  # Of the line within its sheet, or for the ledger within all its lines.
    key: Key
    column: str  # Empty where the line as a whole is at fault.
    words: Words


class RosterRefused(ConfigurationError):
    """A registry that cannot be; `faults` are its first faults, and the message names them in English."""

    def __init__(self, message: str, faults: Iterable[Fault]) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


def faults_of(roster: Roster) -> Iterator[Fault]:
    """Find what is of the right shape and still cannot be, table by table."""
    yield from _identities("unit", [unit.id for unit in roster.units], parse_unit_id, "2至32位字母、数字或“-”")
    yield from _identities("station", [one.id for one in roster.stations], parse_unit_id, "2至32位字母、数字或“-”")
    yield from _identities("school", [school.id for school in roster.schools], parse_school_id, "10位数字")
    yield from _identities("gateway", [one.id for one in roster.gateways], parse_gateway_id, "3至40位小写字母、数字或“-”")
    units = {unit.id for unit in roster.units}
    stations = {station.id for station in roster.stations}
    schools = {school.id for school in roster.schools}
    yield from _parents("unit", roster.units)
    yield from _parents("station", roster.stations)
    for place, school in enumerate(roster.schools):
        key = (school.id,)
        yield from _known("school", place, key, "unit", school.unit, units)
        yield from _known("school", place, key, "station", school.station, stations)
        for column in ("central", "merged_into"):
            other = getattr(school, column)
            if other == school.id:
                yield Fault("school", place, key, column, ("不能是学校自身", f"{other!r} is the school itself"))
            elif other is not None:
                yield from _known("school", place, key, column, other, schools)
    for place, gateway in enumerate(roster.gateways):
        yield from _known("gateway", place, (gateway.id,), "school", gateway.school, schools)
    yield from _devices(roster, schools)
    yield from _records(roster, schools, units)


def _devices(roster: Roster, schools: Collection[str]) -> Iterator[Fault]:
    gateways = {gateway.id for gateway in roster.gateways}
    seen: set[tuple[str, str]] = set()
    gb_ids: dict[str, str] = {}
    for place, device in enumerate(roster.devices):
        key = (device.gateway, device.id)
        yield from _well_formed("device", place, key, "id", device.id, parse_device_id, "1至40位小写字母、数字或“. _ -”")
        yield from _known("device", place, key, "gateway", device.gateway, gateways)
        yield from _known("device", place, key, "school", device.school, schools)
        if device.kind not in KINDS:
            words = (f"类别“{device.kind}”不存在", f"{device.kind!r}; allowed: {', '.join(KINDS)}")
            yield Fault("device", place, key, "kind", words)
        if key in seen:
            yield Fault("device", place, key, "", ("该设备重复出现", f"{device.gateway} {device.id} stands twice"))
        seen.add(key)
        if device.gb_id and not device.decommissioned:
            name = f"{device.gateway} {device.id}"
            if (other := gb_ids.setdefault(device.gb_id, name)) != name:
                words = (f"国标编码与设备 {other} 重复", f"{device.gb_id!r} is the id of {other} already")
                yield Fault("device", place, key, "gb_id", words)


def _records(roster: Roster, schools: Collection[str], units: Collection[str]) -> Iterator[Fault]:
    lines: set[tuple[str, ...]] = set()
    for place, record in enumerate(roster.records):
        key = (record.home, record.id)
        column, allowed = ("school", schools) if isinstance(record, SchoolRecord) else ("unit", units)
        yield from _known(record.sheet, place, key, column, record.home, allowed)
        if (line := (record.sheet, record.home, record.id)) in lines:
            yield Fault(record.sheet, place, key, "", ("该行重复出现", f"{' '.join(line)} stands twice"))
        lines.add(line)
        check = SHEETS[record.sheet].line_check
        if check is not None and (wrong := check(record)) is not None:
            yield Fault(record.sheet, place, key, "", wrong)


def _identities(sheet: str, ids: Iterable[str], parse: Callable[[str], str], allowed: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, text in enumerate(ids):
        yield from _well_formed(sheet, place, (text,), "id", text, parse, allowed)
        if text in seen:
            yield Fault(sheet, place, (text,), "id", (f"“{text}”重复出现", f"{text!r} stands twice"))
        seen.add(text)


def _well_formed(
    sheet: str, place: int, key: Key, column: str, text: str, parse: Callable[[str], str], allowed: str
) -> Iterator[Fault]:
    try:
        parse(text)
    except Refused as refusal:
        yield Fault(sheet, place, key, column, (f"“{text[:60]}”格式不对，应为{allowed}", refusal.detail))


def _known(sheet: str, place: int, key: Key, column: str, text: str, allowed: Collection[str]) -> Iterator[Fault]:
    if text not in allowed:
        yield Fault(sheet, place, key, column, (f"“{text}”不在台账中", f"{text!r} is not in the roster"))


def _parents(sheet: str, places: Iterable[Unit] | Iterable[Station]) -> Iterator[Fault]:
    """Find parents that do not exist, and branches that end in themselves."""
    parents: dict[str, str | None] = {place.id: place.parent for place in places}
    for number, (own, parent) in enumerate(parents.items()):
        if parent is not None and parent not in parents:
            words = (f"上级“{parent}”不在台账中", f"{parent!r} is not in the roster")
            yield Fault(sheet, number, (own,), "parent", words)
        climbed: set[str] = set()
        at: str | None = own
        while at is not None and at not in climbed:
            climbed.add(at)
            at = parents.get(at)
        if at is not None:
            words = (f"“{own}”的上级绕成了圈", f"the branch of {own!r} never reaches a top")
            yield Fault(sheet, number, (own,), "parent", words)
