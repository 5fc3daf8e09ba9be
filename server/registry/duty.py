"""Who is on duty: what the rotas of units, police stations and schools have in common."""

import re
from enum import StrEnum

from server.registry.escalations import AUDIENCES as NAMES
from server.registry.escalations import POLICE
from server.registry.sheet import Words

ORDER_MAX = 9
WAYS_MAX = 6
WAYS_TEXT_MAX = 400


class Audience(StrEnum):
    """Whom a step of an escalation names."""

    SCHOOL = "school"
    MAINTAINER = "maintainer"
    TESTER = "tester"
    STATION = "station"
    STATION_PHONE = "station_phone"
    SUB_BUREAU = "sub_bureau"
    SUB_BUREAU_DUTY = "sub_bureau_duty"
    COMMAND_CENTRE = "command_centre"
    COMMAND_CENTRE_DUTY = "command_centre_duty"
    EDUCATION = "education"
    EDUCATION_ON_CALL = "education_on_call"
    COUNTY = "county"


class Days(StrEnum):
    """On which days of the calendar a line holds."""

    ALL = "all"
    SCHOOL_DAYS = "school_days"
    OTHER_DAYS = "other_days"


class Language(StrEnum):
    """In which language somebody is told."""

    ZH = "zh"
    EN = "en"


AUDIENCES: dict[Audience, Words] = {Audience(name): words for name, words in NAMES.items()}
DAYS: dict[Days, Words] = {
    Days.ALL: ("每天", "Every day"),
    Days.SCHOOL_DAYS: ("上学日", "School days"),
    Days.OTHER_DAYS: ("非上学日", "Other days"),
}
LANGUAGES: dict[Language, Words] = {Language.ZH: ("中文", "Chinese"), Language.EN: ("英文", "English")}

OF_POLICE = frozenset(map(Audience, POLICE))
OF_SCHOOL = frozenset({Audience.SCHOOL, Audience.MAINTAINER, Audience.TESTER})

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_WEEKDAYS = re.compile(r"[1-7]{1,7}")
_WAY = re.compile(r"([a-z0-9][a-z0-9-]{0,31})(?:[ :]+(\S.{0,99}))?")
_ADDRESS_OF_SECRET = re.compile(r"://|[?&](key|token|access_token|secret)=", re.IGNORECASE)
_DAY_MINUTES = 24 * 60


def hours(text: str) -> tuple[int, int]:
    """Give the minutes after midnight of 08:00-17:30; the end lies before the start where the shift goes over midnight."""
    found = _HOURS.fullmatch(text)
    assert found, "checked where it was written"
    start_hour, start_minute, end_hour, end_minute = map(int, found.groups())
    return start_hour * 60 + start_minute, min(end_hour * 60 + end_minute, _DAY_MINUTES)


def ways(text: str) -> tuple[tuple[str, str], ...]:
    """Give the channels of a line in their order, each with its address; empty text gives none."""
    found = (_WAY.fullmatch(part.strip()) for part in re.split(r"[;；\n]+", text) if part.strip())
    return tuple((match[1], (match[2] or "").strip()) for match in found if match)


def check_hours(value: str) -> Words | None:
    """Refuse what is no span of the day."""
    if not _HOURS.fullmatch(value):
        return ("应写作 08:00-17:30，跨夜写作 17:30-08:00", "write 08:00-17:30, or 17:30-08:00 over midnight")
    start, end = hours(value)
    return (
        ("起止时间相同；全天写作 00:00-24:00", "it begins when it ends; a whole day is 00:00-24:00")
        if start == end
        else None
    )


def check_weekdays(value: str) -> Words | None:
    """Refuse what is no set of weekdays."""
    if not _WEEKDAYS.fullmatch(value) or len(set(value)) != len(value):
        return ("星期一至星期日写作 1 至 7，如 12345", "Monday to Sunday are 1 to 7, such as 12345")
    return None


def check_order(value: int) -> Words | None:
    """Refuse an order that no rota needs."""
    return None if 1 <= value <= ORDER_MAX else (f"应为 1 至 {ORDER_MAX}", f"1 to {ORDER_MAX}")


def check_ways(value: str) -> Words | None:
    """Refuse what names no channel, and secrets: those stand in the server's channel file alone."""
    parts = [part.strip() for part in re.split(r"[;；\n]+", value) if part.strip()]
    if _ADDRESS_OF_SECRET.search(value):
        return (
            "不得写网址、密钥；密钥只写在服务器的渠道文件中",
            "no addresses of hooks, no keys: those stand in the channel file",
        )
    if not parts or len(value) > WAYS_TEXT_MAX or len(parts) > WAYS_MAX or not all(_WAY.fullmatch(part) for part in parts):
        return (
            f"写作“渠道名 号码；渠道名”，至多 {WAYS_MAX} 个，如“sms 13800000000；wecom-duty”",
            f"write 'channel address; channel', at most {WAYS_MAX}, such as 'sms 13800000000; wecom-duty'",
        )
    return None
