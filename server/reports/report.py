"""What a report is: a name, what it says, of which branches it can be made, and the function that makes it."""

from collections.abc import Callable
from dataclasses import dataclass

from server.reports.facts import Facts
from server.reports.paper import Language, Paper

EVERY_SCOPE = frozenset({"unit", "station", "school"})


@dataclass(frozen=True, slots=True)
class Report:
    """One report; `make` is pure."""

    name: str
    label: str
    label_en: str
    about: str
    about_en: str
    make: Callable[[Facts, Language], Paper]
    scopes: frozenset[str] = EVERY_SCOPE
