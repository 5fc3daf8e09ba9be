"""The one place where the engine asks what is to be held back. It never sees a press."""

from server.core.alert import Alert, Flow
from server.core.book import Book
from server.core.effects import ActRefused, AlertChanged, Effect, NotificationDue
from server.core.events import ActRequested, ShelveRequested
from server.core.fleet import Fleet
from server.core.noise.consequences import Consequences
from server.core.noise.flaps import Flaps
from server.core.noise.floods import Floods
from server.core.noise.grouping import Grouping
from server.core.noise.holding import may_be_held, put_under
from server.core.noise.members import Members
from server.core.noise.planned import Planned
from server.core.noise.shelving import Shelves

FRESH_PER_TICK_MAX = 500  # Some milliseconds; of a city that is read back the rest waits for the next ticks.


class Noise:
    """Follows every change of the book; `after` and `tick` say what of it is held back or let go."""

    def __init__(self, book: Book, fleet: Fleet) -> None:
        self.leads = True
        self.members = Members()
        self._book = book
        self._grouping = Grouping(book, fleet, self.members)
        self._shelves = Shelves(book)
        self._planned = Planned(book, fleet)
        self._consequences = Consequences(book, fleet, self.members)
        self._flaps = Flaps(book, fleet, self.members)
        self._floods = Floods(book, fleet)
        self._fresh: dict[str, None] = {}  # Faults that were raised, by whichever server, and not looked at yet.
        book.watch = self._seen

    def after(self, effects: list[Effect], now: float) -> list[Effect]:
        """Hold back what was just raised and belongs to something known: it is shown there, and nobody is called for it."""
        begun = [one for each in effects if (one := _begun(each))] if self.leads else []
        held: set[str] = set()
        more: list[Effect] = []
        for key in begun:
            self._fresh.pop(key, None)
            alert = self._book.alerts[key]
            holding = [] if alert.held else self._at_birth(alert, now)
            if holding or alert.held or self._consequences.expects_cause(alert, now):
                held.add(key)
                more += holding
        if not held:
            return effects
        kept = [each for each in effects if not (isinstance(each, NotificationDue) and each.alert.id in held)]
        return [*kept, *more]

    def refuses(self, request: ActRequested) -> ActRefused | None:
        """Refuse to close what others stand under: they would all ring at once, or nobody would know of them any more."""
        if request.act != "close" or not self.members.of(request.alert):
            return None
        return ActRefused("illegal_move", "alerts still stand under it", self._book.alerts.get(request.alert))

    def tick(self, now: float) -> list[Effect]:
        """Let time pass."""
        if not self.leads:
            return []
        effects: list[Effect] = []
        for key in list(self._fresh)[:FRESH_PER_TICK_MAX]:
            del self._fresh[key]
            alert = self._book.alerts.get(key)
            if alert is not None and not alert.held:
                effects += self._at_birth(alert, now)
        effects += [*self._shelves.tick(now), *self._planned.tick(now), *self._grouping.tick(now)]
        effects += self._consequences.tick(now)
        return [*effects, *self._flaps.tick(now), *self._floods.tick(now)]

    def shelve(self, asked: ShelveRequested, now: float) -> list[Effect]:
        """Put a fault aside as a person asks, or give it back."""
        return self._shelves.request(asked, now)

    def _at_birth(self, alert: Alert, now: float) -> list[Effect]:
        if not may_be_held(alert) or not alert.open:
            return []
        effects = [*self._shelves.at_birth(alert, now), *self._planned.at_birth(alert, now)]
        group = self._grouping.joined_at_birth(alert) or self._consequences.cause_of(alert)
        if group:
            return [*effects, put_under(self._book, alert, group, now)]
        return [*effects, *self._flaps.at_birth(alert, now)]

    def _seen(self, before: Alert | None, after: Alert | None) -> None:
        one = after or before
        assert one is not None, "something has changed"
        if before is None and after is not None and after.flow is Flow.FAULT and after.open:
            self._fresh[after.id] = None
        elif after is None or not after.open:
            self._fresh.pop(one.id, None)
        self.members.seen(before, after)
        self._grouping.seen(before, after)
        self._consequences.seen(before, after)
        self._shelves.seen(before, after, one.id)
        self._planned.seen(before, after, one.id)
        self._flaps.seen(before, after)
        self._floods.seen(before, after)


def _begun(effect: Effect) -> str:
    """Name the fault that an effect raises; empty where it raises none."""
    if type(effect) is not AlertChanged or effect.fact is None or effect.alert.version != 1:
        return ""
    return effect.alert.id if effect.alert.flow is Flow.FAULT else ""
