"""Written exemptions of a school from an indicator."""

from datetime import date

from server.registry.record import SchoolRecord
from server.registry.sheet import Column, school_sheet


class Exemption(SchoolRecord, frozen=True, kw_only=True, tag="exemption"):
    """One exemption; without document, approver and reason it does not count, nor after its end. The id is the indicator."""

    document: str
    approver: str
    reason: str
    until: date


SHEET = school_sheet(
    "exemption",
    "豁免",
    "Exemptions",
    Exemption,
    "management",
    (
        Column("document", "批准文号", "Document"),
        Column("approver", "批准单位或职务", "Approved by", "写单位或职务，不写姓名", "an office, not a name"),
        Column("reason", "理由", "Reason"),
        Column("until", "有效期至", "Valid until"),
    ),
    id=("指标", "Indicator"),
)
