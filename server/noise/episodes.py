"""From stored facts to episodes: each alert with every instant at which it called somebody, and how it ended. All pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from server.core.alert import Alert, Flow
from server.core.fact import Fact, What
from server.core.noise.holding import QUIET

JOINED_SECONDS = 5.0  # What joins a group this soon after it was raised has called nobody by itself.
RINGS = frozenset({What.RAISED, What.PRESSED, What.REOPENED, What.UNGROUPED, What.UNSHELVED, What.UNPLANNED})
BY_PEOPLE = frozenset({What.ACKNOWLEDGED, What.WORK_ORDERED, What.DISPATCHED, What.ARRIVED, What.RESOLVED})


@dataclass(slots=True)
class Episode:
    """One alert's life. Instants are seconds UTC."""

    alert: Alert  # As it began.
    severity: int
    rings: list[float] = field(default_factory=list)
    acknowledged: float | None = None
    taken: bool = False  # A person did something about it.
    recovered: float | None = None  # When its condition was over for the first time.
    ended: float | None = None
    cause: str = ""

    @property
    def rule(self) -> str:
        """Name the rule, with the device's code where the rule passes one on."""
        return (
            f"{self.alert.rule}:{self.alert.code}"
            if self.alert.code and self.alert.rule == "device_alert"
            else self.alert.rule
        )

    @property
    def subject(self) -> tuple[str, str, str]:
        """Name what it is about: the rule, the school's gateway or the area, and the device."""
        return self.rule, self.alert.gateway or self.alert.school or self.alert.unit, self.alert.device

    @property
    def incident(self) -> bool:
        """Say whether somebody called for help."""
        return self.alert.flow is Flow.INCIDENT

    @property
    def fleeting(self) -> bool:
        """Say whether it came and went by itself before anybody did anything."""
        return not self.incident and self.cause == "recovered" and not self.taken


def add(episodes: dict[str, Episode], key: str, fact: Fact) -> None:  # noqa: C901  # One line for each kind of fact.
    """Take the next fact of an alert in; facts of an alert whose beginning is not known are of no interest."""
    if fact.what is What.RAISED:
        assert fact.alert is not None
        episodes[key] = Episode(fact.alert, int(fact.alert.severity), [fact.at])
        return
    known = episodes.get(key)
    if known is None:
        return
    if fact.what in RINGS:
        known.rings.append(fact.at)
    elif fact.what in (What.GROUPED, What.PLANNED, What.SHELVED):
        if known.rings and (fact.note == QUIET or fact.at - known.rings[-1] <= JOINED_SECONDS):
            known.rings.pop()
    elif fact.what is What.SHIFTED and fact.severity is not None:
        known.severity = int(fact.severity)
    elif fact.what is What.RECOVERED and known.recovered is None:
        known.recovered = fact.at
    elif fact.what in (What.CLOSED, What.RESOLVED):
        known.ended, known.cause = fact.at, fact.cause
    if fact.what in BY_PEOPLE:
        known.taken = True
        if known.acknowledged is None:
            known.acknowledged = fact.at


def episodes_of(facts: Iterable[tuple[str, Fact]]) -> Mapping[str, Episode]:
    """Give the episodes of facts, told in the order in which they were stored."""
    found: dict[str, Episode] = {}
    for key, fact in facts:
        add(found, key, fact)
    return found
