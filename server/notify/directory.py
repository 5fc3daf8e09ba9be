"""Who of an audience is on duty at an instant, from the rotas of the ledger. Pure."""

from collections.abc import Iterable, Sequence

from server.core.alert import Alert
from server.core.escalation import is_silent
from server.core.roster import RosterIndex
from server.core.schedule import is_school_day, local_date, minute_of_day
from server.notify.model import Plan, Recipient, Way
from server.registry.duty import OF_POLICE, OF_SCHOOL, Audience, Days, hours, ways
from server.registry.model import Calendar, Station, Unit
from server.registry.sheets.duty import Duty
from server.registry.sheets.school_duty import SchoolDuty

DAY_SECONDS = 86_400.0
Line = Duty | SchoolDuty


class Directory:
    """The rotas of one registry; a changed registry makes another."""

    def __init__(self, index: RosterIndex) -> None:
        self.index = index
        self._of_units: dict[tuple[str, str], list[Duty]] = {}
        self._of_stations: dict[tuple[str, str], list[Duty]] = {}
        for line in index.unit_lines:
            if isinstance(line, Duty):
                home, place = (self._of_stations, line.station) if line.station else (self._of_units, line.unit)
                home.setdefault((place, line.audience.value), []).append(line)
        self.empty = not self._of_units and not self._of_stations

    def plan(self, alert: Alert, audience: str, now: float) -> Plan | None:
        """Say whom of an audience to tell of an alert; empty where nobody is on duty, None where there is no such audience.

        The nearest rota of the audience holds: the school's before its county's, the station's before its bureau's.
        Under duress nobody at the school is told by anything that could ring there.
        """
        if audience == Audience.SCHOOL and not alert.school:
            return None
        if audience in OF_SCHOOL and is_silent(alert):
            return None
        return _plan(self._lines(alert, audience), self.index.calendar, now)

    def _lines(self, alert: Alert, audience: str) -> Iterable[Line]:
        school = self.index.school(alert.school)
        if school is not None and audience in OF_SCHOOL:
            own = [line for line in self.index.dossier(school.id).of(SchoolDuty) if line.audience == audience]
            if own:
                return own
        if audience in OF_POLICE:
            above = self.index.station_path(school.station) if school is not None else _roots(self.index.stations.values())
            return next((found for place in above if (found := self._of_stations.get((place, audience)))), ())
        unit = school.unit if school is not None else alert.unit
        path = self.index.unit_path(unit) or _roots(self.index.units.values())
        return next((found for place in path if (found := self._of_units.get((place, audience)))), ())


def on_duty(line: Line, calendar: Calendar, now: float) -> bool:
    """Say whether a line of a rota holds at an instant; a shift that passes midnight belongs to the day it begins."""
    start, end = hours(line.hours)
    minute = minute_of_day(now)
    if start < end:
        return start <= minute < end and _on_day(line, calendar, now)
    if minute >= start:
        return _on_day(line, calendar, now)
    return minute < end and _on_day(line, calendar, now - DAY_SECONDS)


def _on_day(line: Line, calendar: Calendar, now: float) -> bool:
    day = local_date(now)
    if (line.first_day and day < line.first_day) or (line.last_day and day > line.last_day):
        return False
    if str(day.isoweekday()) not in line.weekdays:
        return False
    return line.days is Days.ALL or is_school_day(calendar, day) == (line.days is Days.SCHOOL_DAYS)


def _plan(lines: Iterable[Line], calendar: Calendar, now: float) -> Plan:
    groups: dict[int, list[Recipient]] = {}
    for line in lines:
        if on_duty(line, calendar, now):
            there = tuple(Way(channel, address) for channel, address in ways(line.ways))
            groups.setdefault(line.order, []).append(Recipient(f"{line.home}/{line.id}", there, line.language.value))
    return tuple(tuple(groups[order]) for order in sorted(groups))


def _roots(places: Iterable[Unit] | Iterable[Station]) -> Sequence[str]:
    return [place.id for place in places if place.parent is None]
