"""The full-time guards of a school: on the roll from when to when, and with which certificate."""

from datetime import date

from server.registry.record import SchoolRecord
from server.registry.sheet import Column, school_sheet


class Guard(SchoolRecord, frozen=True, kw_only=True, tag="guard"):
    """One guard; the id is the number that check-ins give, so that no name ever travels."""

    name: str = ""
    employer: str = ""  # The security company, or empty for the school's own.
    full_time: bool = True
    on_roll_from: date | None = None
    on_roll_to: date | None = None  # The last day.
    certificate: str = ""  # 保安员证 number.
    certificate_expires: date | None = None
    birth_year: int | None = None  # Guards are not over 60 years old (公治〔2015〕168号).


SHEET = school_sheet(
    "guard",
    "保安员",
    "Guards",
    Guard,
    "people",
    (
        Column("name", "姓名", "Name", personal=True),
        Column("employer", "派驻单位", "Employer"),
        Column("full_time", "专职", "Full-time"),
        Column("on_roll_from", "在册起", "On the roll from"),
        Column("on_roll_to", "在册止", "On the roll to"),
        Column("certificate", "保安员证号", "Certificate", personal=True),
        Column("certificate_expires", "证书有效期至", "Certificate valid until"),
        Column("birth_year", "出生年份", "Year of birth", personal=True),
    ),
    id=("工号", "Number"),
)
