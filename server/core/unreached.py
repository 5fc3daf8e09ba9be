"""Tells of steps that reached nobody, and that they no longer are. Pure."""

from server.core.alert import Alert, State
from server.core.book import Book
from server.core.effects import Effect
from server.core.events import NotificationsJudged
from server.core.fleet import Fleet
from server.core.lifecycle import RECOVERED
from server.core.rule import Finding, View
from server.core.rules import unreached


class Unreached:
    """Turns the picture of what could not be told into alerts; told the same picture again, it changes nothing."""

    def __init__(self, book: Book, fleet: Fleet) -> None:
        self._book = book
        self._fleet = fleet

    def judged(self, event: NotificationsJudged, now: float) -> list[Effect]:
        """Raise what is new in the picture and end what is no longer in it. One alert for each school and audience."""
        found: dict[tuple[str, str], Finding] = {}
        for told in event.steps:
            finding = unreached.RULE.evaluate(View(self._fleet.roster.calendar, signal=told), now)
            assert finding is not None, "each is a finding"
            before = found.get((told.school, finding.code))
            if before is None or finding.severity < before.severity:
                found[told.school, finding.code] = finding
        effects: list[Effect] = []
        open_ = {(alert.school, alert.code): alert for alert in self._book.open_of({unreached.RULE.name})}
        for key, alert in open_.items():
            if key not in found and alert.state is not State.RECOVERED:
                effects += self._book.recover(alert, now, RECOVERED)
        for (place, code), finding in found.items():
            if (place, code) not in open_:
                effects += self._book.raise_alert(_begin(place, finding, event.rx), now)
        return effects


def _begin(school: str, finding: Finding, rx: float) -> Alert:
    return Alert(
        id=":".join(part for part in (unreached.RULE.name, school, finding.code, str(round(rx * 1_000))) if part),
        rule=unreached.RULE.name,
        severity=finding.severity,
        state=State.RAISED,
        mode="real",
        school=school,
        gateway="",
        device="",
        t=finding.since,
        rx=rx,
        version=1,
        updated=rx,
        detail=finding.detail,
        flow=finding.flow,
        code=finding.code,
    )
