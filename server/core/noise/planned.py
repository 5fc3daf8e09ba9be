"""Planned work: faults that begin within its span call nobody, and ring if they outlast it. A press rings as always."""

from dataclasses import dataclass

from server.core.alert import Alert
from server.core.book import Book
from server.core.effects import Effect
from server.core.fact import Fact, What
from server.core.fleet import Fleet
from server.core.noise.holding import may_be_held
from server.registry.works import Work, work_of

BEFORE_SECONDS = 900.0  # Work begins a little before its hour; what began earlier has another reason.
WORKS_MAX = 5_000  # Spans that are not over, of the whole city; beyond it the latest to begin count for nothing.


@dataclass(slots=True)
class _Plan:
    lines: object = None
    works: tuple[Work, ...] = ()  # Not over, by their beginning.


class Planned:
    """Holds faults back within planned spans, and lets them go when the span is over."""

    def __init__(self, book: Book, fleet: Fleet) -> None:
        self._book = book
        self._fleet = fleet
        self._plan = _Plan()
        self._held: dict[str, None] = {}
        self._turns_at = 0.0

    def seen(self, _before: Alert | None, after: Alert | None, alert: str) -> None:
        """Follow one change of an alert."""
        if after is not None and after.open and after.planned:
            self._held[alert] = None
        else:
            self._held.pop(alert, None)

    def at_birth(self, alert: Alert, now: float) -> list[Effect]:
        """Hold a new fault back, if planned work explains it."""
        self._read(now)
        work = self._work_of(alert, now)
        return [self._book.record(alert.id, _planned(work, now))] if work is not None else []

    def tick(self, now: float) -> list[Effect]:
        """Follow the spans as they begin and end; that costs something only when one does."""
        changed = self._read(now)
        if not changed and now < self._turns_at:
            return []
        works = self._plan.works
        self._turns_at = min((at for work in works for at in (work.begins, work.ends) if at > now), default=float("inf"))
        effects: list[Effect] = []
        for key in list(self._held):
            alert = self._book.alerts[key]
            if self._work_of(alert, now) is None:
                effects += self._book.release(key, Fact(What.UNPLANNED, now, ref=alert.planned), now)
        if any(work.begins <= now < work.ends for work in works):
            for alert in [one for one in self._book.alerts.values() if one.open and not one.planned and may_be_held(one)]:
                work_ = self._work_of(alert, now)
                if work_ is not None:
                    effects.append(self._book.record(alert.id, _planned(work_, now)))
        return effects

    def _work_of(self, alert: Alert, now: float) -> Work | None:
        for work in self._plan.works:
            if work.begins > now:
                break
            if now < work.ends and explains(work, alert, self._fleet):
                return work
        return None

    def _read(self, now: float) -> bool:
        """Read the lines of the ledger, where it is another one; says whether it was."""
        lines = self._fleet.roster.roster.records
        if lines is self._plan.lines:
            return False
        works = sorted(work for line in lines if (work := work_of(line)) is not None and work.ends > now - BEFORE_SECONDS)
        self._plan = _Plan(lines, tuple(works[:WORKS_MAX]))
        return True


def explains(work: Work, alert: Alert, fleet: Fleet) -> bool:
    """Say whether a fault lies where and when work is done."""
    if not work.begins - BEFORE_SECONDS <= alert.t < work.ends:
        return False
    if work.school:
        return alert.school == work.school and work.device in ("", alert.device)
    school = fleet.roster.school(alert.school)
    return work.unit in fleet.roster.unit_path(school.unit if school is not None else alert.unit)


def _planned(work: Work, now: float) -> Fact:
    return Fact(What.PLANNED, now, ref=work.ref, t=work.ends)
