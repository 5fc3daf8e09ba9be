"""What parts of the service find wrong with it, or with its figures: told once for each thing, and ended when it is over."""

from contract.mode import Mode
from server.core.alert import Alert, State
from server.core.book import Book, Subject
from server.core.effects import Effect
from server.core.events import ServiceJudged
from server.core.fleet import Fleet
from server.core.lifecycle import RECOVERED
from server.core.rule import View
from server.core.rules import coverage_dropped, dead_channel, door_refusals

RULES = {rule.name: rule for rule in (coverage_dropped.RULE, dead_channel.RULE, door_refusals.RULE)}


class Judgements:
    """Turns such words into alerts; told again and again, the same word says the same once."""

    def __init__(self, book: Book, fleet: Fleet) -> None:
        self._book = book
        self._fleet = fleet

    def judged(self, event: ServiceJudged, now: float) -> list[Effect]:
        """Take in one word; one of a rule that this version does not know is no word."""
        rule = RULES.get(event.rule)
        if rule is None:
            return []
        place = "" if event.unit not in self._fleet.roster.units else event.unit
        alert = self._book.open(Subject(rule.name, place, "", Mode.REAL.value, event.code))
        finding = rule.evaluate(View(self._fleet.roster.calendar, signal=event), now)
        if finding is None:
            return self._book.recover(alert, now, RECOVERED) if alert is not None else []
        if alert is not None:
            return []
        minute = int(event.rx // 60)  # Two servers that find the same make one alert of it.
        key = ":".join(part for part in (rule.name, place, event.code, str(minute)) if part)
        if key in self._book.alerts:
            return []  # People have closed it within the minute.
        begun = Alert(
            id=key,
            rule=rule.name,
            severity=finding.severity,
            state=State.RAISED,
            mode=Mode.REAL.value,
            school="",
            gateway="",
            device="",
            t=finding.since,
            rx=event.rx,
            version=1,
            updated=now,
            detail=finding.detail,
            flow=finding.flow,
            code=event.code,
            unit=place,
        )
        return self._book.raise_alert(begun, now)
