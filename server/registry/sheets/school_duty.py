"""A school's own rota: who of it is told of alerts, and who mends its devices."""

from dataclasses import replace
from datetime import date
from typing import Any

from server.registry.duty import AUDIENCES, OF_SCHOOL, Audience, Days, Language
from server.registry.record import SchoolRecord
from server.registry.sheet import Column, Words, school_sheet
from server.registry.sheets.duty import ROTA_COLUMNS, well_formed


class SchoolDuty(SchoolRecord, frozen=True, kw_only=True, tag="school_duty"):
    """One place on a school's rota, as `server.registry.sheets.duty` has them."""

    audience: Audience = Audience.SCHOOL
    person: str = ""
    order: int = 1
    days: Days = Days.ALL
    weekdays: str = "1234567"
    hours: str = "00:00-24:00"
    first_day: date | None = None
    last_day: date | None = None
    ways: str
    language: Language = Language.ZH


def _fits(line: Any) -> Words | None:
    if line.audience not in OF_SCHOOL:
        return (
            "学校值班表只用于学校、维护单位、测试负责人",
            "a school's rota is of the school, its maintainer or its tester",
        )
    return well_formed(line)


SHEET = replace(
    school_sheet(
        "school_duty",
        "值班表（学校）",
        "Rotas of schools",
        SchoolDuty,
        "people",
        (
            Column(
                "audience", "通知对象", "Audience", choices={one: AUDIENCES[one] for one in AUDIENCES if one in OF_SCHOOL}
            ),
            *ROTA_COLUMNS,
        ),
    ),
    line_check=_fits,
)
