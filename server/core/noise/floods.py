"""Floods: more alerts ring in a county than an officer can answer. The alert that says so holds nothing back."""

from server.core.alert import Alert, Flow, State
from server.core.book import Book, Subject
from server.core.effects import Effect
from server.core.fleet import Fleet
from server.core.lifecycle import RECOVERED
from server.core.noise.area import Load
from server.core.rule import View
from server.core.rules import alert_flood
from server.registry.model import UnitKind

TIMES_MAX = 1_000  # Rings of one county that are remembered: a flood is one long before.


class Floods:
    """Counts what rings, by county; only the server that leads tells what follows."""

    def __init__(self, book: Book, fleet: Fleet) -> None:
        self._book = book
        self._fleet = fleet
        self._rang: dict[str, dict[str, float]] = {}  # County -> what rang there, and when; the oldest first.

    def seen(self, before: Alert | None, after: Alert | None) -> None:
        """Follow one change of an alert."""
        if after is None or after.rule == alert_flood.RULE.name or after.mode != "real":
            return
        rings = after.state is State.RAISED and not after.held
        rang = before is not None and before.state is State.RAISED and not before.held
        if (rings and not rang) or after.held == "grouped":  # What joined a group in the end is one with it.
            self._note(after, rings=rings)

    def _note(self, alert: Alert, *, rings: bool) -> None:
        unit = self._county(alert)
        mine = self._rang.setdefault(unit, {}) if unit else {}
        mine.pop(alert.id, None)
        if rings:
            mine[alert.id] = alert.updated
            if len(mine) > TIMES_MAX:
                del mine[next(iter(mine))]

    def tick(self, now: float) -> list[Effect]:
        """Tell which counties have more than can be answered, and which no longer do."""
        effects: list[Effect] = []
        for unit, rang in list(self._rang.items()):
            for key in [one for one, at in rang.items() if at <= now - alert_flood.SPAN_SECONDS]:
                del rang[key]
            view = View(self._fleet.roster.calendar, load=Load(len(rang), min(rang.values(), default=now)))
            known = self._book.open(Subject(alert_flood.RULE.name, unit, "", "real", ""))
            if known is not None and known.state is not State.RECOVERED:
                if alert_flood.RULE.cleared(view, now):
                    effects += self._book.recover(known, now, RECOVERED)
            elif known is None and (found := alert_flood.RULE.evaluate(view, now)) is not None:
                begun = Alert(
                    id=f"{alert_flood.RULE.name}:{unit}:{round(now * 1_000)}",
                    rule=alert_flood.RULE.name,
                    severity=found.severity,
                    state=State.RAISED,
                    mode="real",
                    school="",
                    gateway="",
                    device="",
                    t=found.since,
                    rx=now,
                    version=1,
                    updated=now,
                    detail=found.detail,
                    flow=Flow.FAULT,
                    unit=unit,
                )
                effects += self._book.raise_alert(begun, now)
            if not rang and known is None:
                del self._rang[unit]
        return effects

    def _county(self, alert: Alert) -> str:
        school = self._fleet.roster.school(alert.school)
        path = self._fleet.roster.unit_path(school.unit if school is not None else alert.unit)
        units = self._fleet.roster.units
        return next((unit for unit in path if units[unit].kind is UnitKind.COUNTY), path[-1] if path else "")
