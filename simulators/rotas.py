"""Who is on duty in a simulated city: offices, stations and schools, by day and by night. Nobody has a name or a telephone.

The numbers begin with 100 and belong to no one; the channels are those that `simulators/receivers` answers for.
"""

from collections.abc import Sequence
from itertools import count

from contract.identity import UnitId
from server.registry.duty import Audience, Days
from server.registry.model import School, Station, StationKind, Unit, UnitKind
from server.registry.record import Record
from server.registry.sheets.duty import Duty
from server.registry.sheets.school_duty import SchoolDuty

DAY, NIGHT = "08:00-20:00", "20:00-08:00"
OF_STATIONS: dict[StationKind, tuple[tuple[Audience, str], ...]] = {
    StationKind.STATION: ((Audience.STATION, "wecom"), (Audience.STATION_PHONE, "siren")),
    StationKind.SUB_BUREAU: ((Audience.SUB_BUREAU, "dingtalk"), (Audience.SUB_BUREAU_DUTY, "wecom")),
    StationKind.BUREAU: ((Audience.COMMAND_CENTRE, "feishu"), (Audience.COMMAND_CENTRE_DUTY, "webhook")),
}
OF_UNITS: dict[UnitKind, tuple[Audience, ...]] = {
    UnitKind.CITY: (Audience.EDUCATION, Audience.EDUCATION_ON_CALL, Audience.COUNTY, Audience.MAINTAINER, Audience.TESTER),
    UnitKind.COUNTY: (Audience.EDUCATION, Audience.COUNTY),
    UnitKind.TOWNSHIP: (),
}


def rotas(city: UnitId, units: Sequence[Unit], stations: Sequence[Station], schools: Sequence[School]) -> list[Record]:
    """Write every rota of a city: each station by day and by night, the offices, and each school's safety office."""
    numbers = count(10_000_000_001)
    found: list[Record] = []
    for station in stations:
        for audience, other in OF_STATIONS[station.kind]:
            for shift, hours in (("day", DAY), ("night", NIGHT)):
                found.append(
                    Duty(
                        unit=city,
                        id=f"{station.id}-{audience.value}-{shift}",
                        audience=audience,
                        station=station.id,
                        hours=hours,
                        ways=f"sms {next(numbers)}; {other}",
                    )
                )
    found += [
        Duty(
            unit=unit.id,
            id=audience.value,
            audience=audience,
            ways=f"mail {audience.value}.{unit.id.lower()}@example.org; sms {next(numbers)}",
        )
        for unit in units
        for audience in OF_UNITS[unit.kind]
    ]
    for school in schools:
        found.append(SchoolDuty(school=school.id, id="office", days=Days.SCHOOL_DAYS, ways=f"sms {next(numbers)}; wecom"))
        found.append(SchoolDuty(school=school.id, id="gate", order=2, ways=f"sms {next(numbers)}"))
    return found
