"""Rotas of the education bureau, the police and the maintainers: who is told of alerts, on which days and at what hours."""

from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from server.registry.duty import (
    AUDIENCES,
    DAYS,
    LANGUAGES,
    OF_POLICE,
    Audience,
    Days,
    Language,
    check_hours,
    check_order,
    check_ways,
    check_weekdays,
)
from server.registry.record import UnitRecord
from server.registry.sheet import Column, Words, unit_sheet


class Duty(UnitRecord, frozen=True, kw_only=True, tag="duty"):
    """One place on a rota; lines of equal order are told at once, the next order when none of them was reached."""

    inherited: ClassVar[bool] = False

    audience: Audience
    station: str = ""  # Of a police audience: whose duty it is; the schools of that station and of those below it.
    person: str = ""
    order: int = 1
    days: Days = Days.ALL
    weekdays: str = "1234567"
    hours: str = "00:00-24:00"
    first_day: date | None = None
    last_day: date | None = None
    ways: str
    language: Language = Language.ZH


def well_formed(line: Any) -> Words | None:
    """Say what is wrong with a line of a rota, whichever way it comes in."""
    checks = ((check_order, line.order), (check_weekdays, line.weekdays), (check_hours, line.hours), (check_ways, line.ways))
    return next((wrong for check, value in checks if (wrong := check(value))), None)


def _fits(line: Any) -> Words | None:
    if (line.audience in OF_POLICE) != bool(line.station):
        return ("公安类对象须填派出所或分局代码，其他对象不填", "name the station for police audiences, and only for those")
    return well_formed(line)


ROTA_COLUMNS = (
    Column("person", "值班人", "Person", personal=True),
    Column(
        "order",
        "顺序",
        "Order",
        "相同的同时通知；前一顺序都未送达再通知下一顺序",
        "equal ones are told at once",
        check=check_order,
    ),
    Column("days", "日历", "Days", choices=DAYS),
    Column("weekdays", "星期", "Weekdays", "1 至 7，如 12345", "1 to 7, such as 12345", check=check_weekdays),
    Column("hours", "时段", "Hours", "如 08:00-17:30，可跨夜", "such as 08:00-17:30; may pass midnight", check=check_hours),
    Column("first_day", "起始日期", "From"),
    Column("last_day", "截止日期", "Until"),
    Column("ways", "通知方式", "Ways", "渠道名 号码；渠道名", "channel address; channel", check=check_ways, personal=True),
    Column("language", "语言", "Language", choices=LANGUAGES),
)

SHEET = replace(
    unit_sheet(
        "duty",
        "值班表（部门）",
        "Rotas of offices",
        Duty,
        "people",
        (
            Column("audience", "通知对象", "Audience", choices=AUDIENCES),
            Column("station", "派出所或分局", "Station", "公安类对象必填", "for police audiences"),
            *ROTA_COLUMNS,
        ),
    ),
    line_check=_fits,
)
