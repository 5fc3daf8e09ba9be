"""Risk profiles: what each factor says of a school, and where early warnings stand."""

from typing import Literal

from server.api.views.common import View
from server.core.risk.factor import Group, Level


class RiskLink(View, frozen=True, kw_only=True):
    """Where the evidence of a factor stands; `id` is a device with its gateway, an indicator, an alert or a sheet."""

    kind: Literal["device", "indicator", "alert", "gaps", "sheet"]
    id: str


class RiskFactor(View, frozen=True, kw_only=True):
    """One factor: its level, why, and the rule that decides it; nothing is weighed or added up."""

    name: str
    label: str
    label_en: str
    group: Group
    level: Level
    why: str
    why_en: str
    rule: str
    rule_en: str
    links: list[RiskLink]


class RiskWarning(View, frozen=True, kw_only=True):
    """One early warning: the rule that holds, and the factors because of which it does."""

    rule: str
    says: str
    says_en: str
    factors: list[str]


class RiskPaper(View, frozen=True, kw_only=True):
    """One thing that must be in writing, and how it stands; `day` is since when it is so, or until when it was in time."""

    sheet: Literal["document", "drill", "letter"]
    label: str
    label_en: str
    fault: Literal[
        "", "undeclared", "not_approved", "review_overdue", "no_review_date", "not_signed", "lapsed", "none_due", "overdue"
    ]
    day: str | None


class RiskProfile(View, frozen=True, kw_only=True):
    """The profile of one school as it is at this instant."""

    school: str
    as_of: int
    factors: list[RiskFactor]
    warnings: list[RiskWarning]
    papers: list[RiskPaper]


class OutsideTaken(View, frozen=True, kw_only=True):
    """What became of a delivery: how many lines of the ledger are different now. The same again makes 0."""

    changed: int


class WarnedSchool(View, frozen=True, kw_only=True):
    """One school with an early warning. `because` are the factors that the warnings name."""

    school: str
    school_name: str
    school_name_en: str
    unit: str
    since: int
    rules: list[str]
    because: list[RiskFactor]


class WarnedSchools(View, frozen=True, kw_only=True):
    """The schools within reach that are warned of, the longest first; `looked` counts those that could be looked at."""

    as_of: int
    items: list[WarnedSchool]
    total: int
    schools: int
    looked: int
