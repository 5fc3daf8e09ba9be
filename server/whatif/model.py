"""What is asked of a replay, and what it answers. Plain values: they travel to a process of their own and back. All pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.core.roster import RosterIndex
from server.core.rule import Rule, Subject
from server.registry.model import Roster
from server.registry.record import Record
from server.registry.sheets.rule_setting import RuleSetting

DAY_SECONDS = 86_400.0
OWN = "gw"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Other values of a rule's settings in a unit; None takes the unit's own line away, so that what is above holds."""

    unit: str
    rule: str
    values: Mapping[str, float | None]

    def applied(self, records: Sequence[Record]) -> tuple[Record, ...]:
        """Give the lines of the ledger as they would be."""
        ids = {f"{self.rule}.{name}" for name in self.values}
        left = [
            record
            for record in records
            if not (isinstance(record, RuleSetting) and record.unit == self.unit and record.id in ids)
        ]
        said = [
            RuleSetting(unit=self.unit, id=f"{self.rule}.{name}", value=value)  # type: ignore[arg-type]  # A unit's id.
            for name, value in self.values.items()
            if value is not None
        ]
        return (*left, *said)


@dataclass(frozen=True, slots=True)
class Told:
    """One alert that a replay raised: about what, from when to when, and how bad it became."""

    gateway: str
    device: str
    raised: float
    ended: float | None
    severity: int

    def meets(self, other: "Told") -> bool:
        """Say whether two are about the same thing at the same time."""
        same = (self.gateway, self.device) == (other.gateway, other.device)
        return same and self.raised <= (other.ended or float("inf")) and other.raised <= (self.ended or float("inf"))


@dataclass(frozen=True, slots=True)
class Sides:
    """What one school's days come to under the settings that hold and under those proposed."""

    school: str
    batches: int
    heard_from: float | None  # When its first batch of the time came; None where there is none.
    before: tuple[Told, ...] = ()
    after: tuple[Told, ...] = ()
    refused: int = 0  # Batches that could not be read any more.

    def vanished(self) -> list[Told]:
        """List what would not have been told."""
        return [one for one in self.before if not any(one.meets(other) for other in self.after)]

    def new(self) -> list[Told]:
        """List what would have been told besides."""
        return [one for one in self.after if not any(one.meets(other) for other in self.before)]


@dataclass(slots=True)
class DayCount:
    """Alerts of one day, under either setting."""

    raised_before: int = 0
    raised_after: int = 0
    cleared_before: int = 0
    cleared_after: int = 0


@dataclass(slots=True)
class Answer:
    """The comparison, as far as it has got."""

    since: float
    until: float
    schools_asked: int
    chosen: tuple[str, ...]
    sides: list[Sides] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)  # Code -> what it says, e.g. an instant or a number.

    def days(self) -> dict[int, DayCount]:
        """Count by day, Asia/Shanghai, each day of the time with its ordinal number since 1970."""
        found = {day: DayCount() for day in range(_day(self.since), _day(self.until) + 1)}
        for sides in self.sides:
            for told, side in ((sides.before, "before"), (sides.after, "after")):
                for one in told:
                    _add(found, one.raised, f"raised_{side}")
                    if one.ended is not None:
                        _add(found, one.ended, f"cleared_{side}")
        return found


def _day(at: float) -> int:
    return int((at + 8 * 3_600) // DAY_SECONDS)


def _add(found: dict[int, DayCount], at: float, name: str) -> None:
    count = found.get(_day(at))
    if count is not None:
        setattr(count, name, getattr(count, name) + 1)


def replayable(rule: Rule) -> bool:
    """Say whether a rule's settings can be tried: it has some, and looks at what schools send."""
    return bool(rule.settings) and rule.subject in (Subject.DEVICE, Subject.GATEWAY, Subject.SCHOOL)


def sliced(index: RosterIndex, school: str, rule: Rule) -> Roster:
    """Cut the roster down to one school and what the rule looks at there; as small as it can be for another process."""
    known = index.schools[school]
    path = index.unit_path(known.unit)
    units = tuple(index.units[unit] for unit in path)
    gateways = tuple(index.gateways[gateway] for gateway in index.gateways_of(school))
    kinds = rule.kinds | {"guard_post"} if rule.subject is Subject.SCHOOL else rule.kinds
    devices = tuple(
        device
        for gateway in gateways
        for device in index.devices_of(gateway.id)
        if device.kind in kinds or device.id == OWN or (rule.name == "mains_lost" and device.kind == "alarm_host")
    )
    stations = tuple(index.stations[station] for station in index.station_path(known.station))
    homes = {school, *path}
    records = tuple(record for record in index.roster.records if record.home in homes)
    return replace(
        index.roster, units=units, stations=stations, schools=(known,), gateways=gateways, devices=devices, records=records
    )


def evenly(schools: Sequence[str], most: int) -> tuple[str, ...]:
    """Choose at most so many schools, evenly over their order."""
    if len(schools) <= most:
        return tuple(schools)
    return tuple(schools[place * len(schools) // most] for place in range(most))


def total(sides: Iterable[Sides]) -> tuple[int, int]:
    """Count the alerts of both sides."""
    pairs = [(len(one.before), len(one.after)) for one in sides]
    return sum(before for before, _ in pairs), sum(after for _, after in pairs)
