"""The departments that answer for the surroundings of schools, as the policy names them, and how far a matter has got."""

from enum import StrEnum

from server.registry.sheet import Words


class Department(StrEnum):
    """Who owns a matter outside the school's own gate."""

    EDUCATION = "education"
    POLITICAL_LEGAL = "political_legal"
    POLICE = "police"
    CULTURE = "culture"
    MARKET_SUPERVISION = "market_supervision"


class Progress(StrEnum):
    """How far the work on a matter has got; only `closed` ends it."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    TO_VERIFY = "to_verify"
    CLOSED = "closed"


DEPARTMENTS: dict[Department, Words] = {
    Department.EDUCATION: ("教育", "Education"),
    Department.POLITICAL_LEGAL: ("政法委", "Political and legal affairs"),
    Department.POLICE: ("公安", "Police"),
    Department.CULTURE: ("文化", "Culture"),
    Department.MARKET_SUPERVISION: ("市场监管", "Market supervision"),
}
PROGRESS: dict[Progress, Words] = {
    Progress.OPEN: ("未整改", "Open"),
    Progress.IN_PROGRESS: ("整改中", "In progress"),
    Progress.TO_VERIFY: ("待复核", "To be verified"),
    Progress.CLOSED: ("已销号", "Closed"),
}
