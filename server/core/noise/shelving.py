"""Shelving (ISA-18.2): a person puts a fault aside for some hours, with a reason; it comes back by itself.

Either one alert is put aside, or whatever its rule says of that device until the shelf ends. Nothing of a press can be.
"""

from server.core.alert import Alert, State
from server.core.book import Book, Subject, subject_of
from server.core.effects import ActRefused, AlertChanged, Effect
from server.core.events import ShelveRequested
from server.core.fact import Fact, What
from server.core.noise.holding import may_be_held

HOURS_MAX = 24.0  # A shelf is for one shift and the next; what is longer is planned work or a repair.
SECONDS_LEAST = 60.0
SHELVED_BY_ONE_MAX = 20  # A person who puts more aside is silencing the city.
SHELVED_MAX = 500
NOTE_LEAST = 2
WHOLE = "device"  # The shelf holds for the rule and device, not for the one alert.


class Shelves:
    """The shelves that hold now, kept as the book tells of each change."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._shelved: dict[str, None] = {}
        self._whole: dict[Subject, str] = {}  # -> The alert with which it was put aside.

    def seen(self, _before: Alert | None, after: Alert | None, alert: str) -> None:
        """Follow one change of an alert."""
        if after is not None and after.open and after.shelved_until is not None:
            self._shelved[alert] = None
        else:
            self._shelved.pop(alert, None)
        if after is None:
            return
        subject = subject_of(after)
        if after.shelved_whole and after.shelved_until is not None:
            self._whole[subject] = alert
        elif self._whole.get(subject) == alert:
            del self._whole[subject]

    def at_birth(self, alert: Alert, now: float) -> list[Effect]:
        """Put a new fault aside whose rule and device are."""
        shelf = self._book.alerts.get(self._whole.get(subject_of(alert), ""))
        if shelf is None or shelf.shelved_until is None or shelf.shelved_until <= now:
            return []
        fact = Fact(What.SHELVED, now, by=shelf.shelved_by, t=shelf.shelved_until, ref=WHOLE, note=shelf.id)
        return [self._book.record(alert.id, fact)]

    def tick(self, now: float) -> list[Effect]:
        """Give back what has been aside for as long as was asked."""
        effects: list[Effect] = []
        for key in list(self._shelved):
            until = self._book.alerts[key].shelved_until
            if until is not None and until <= now:
                effects += self._book.release(key, Fact(What.UNSHELVED, now, cause="expired"), now)
        return effects

    def request(self, asked: ShelveRequested, now: float) -> list[Effect]:
        """Put an alert aside, or give it back; or say why not."""
        alert = self._book.alerts.get(asked.alert)
        if alert is None:
            return [ActRefused("not_found", f"alert {asked.alert[:60]!r}", None)]
        if asked.until is None:
            return self._give_back(alert, asked, now)
        if (alert.shelved_until, alert.shelved_by) == (asked.until, asked.by):
            return [AlertChanged(alert, None)]  # Asked again after a lost answer.
        wrong = self._wrong(alert, asked, now)
        if wrong:
            return [ActRefused("illegal_move", wrong, alert)]
        ref = WHOLE if asked.whole else ""
        fact = Fact(What.SHELVED, now, by=asked.by, role=asked.role, note=asked.reason, t=asked.until, ref=ref)
        return [self._book.record(alert.id, fact)]

    def _give_back(self, alert: Alert, asked: ShelveRequested, now: float) -> list[Effect]:
        if alert.shelved_until is None:
            return [ActRefused("illegal_move", "it is not shelved", alert)]
        fact = Fact(What.UNSHELVED, now, by=asked.by, role=asked.role, note=asked.reason)
        return self._book.release(alert.id, fact, now)

    def _wrong(self, alert: Alert, asked: ShelveRequested, now: float) -> str:
        assert asked.until is not None
        mine = sum(self._book.alerts[key].shelved_by == asked.by for key in self._shelved)
        checks = (
            (not may_be_held(alert), "this kind of alert is never shelved"),
            (not alert.open or alert.state is State.RECOVERED, "only what is open is shelved"),
            (alert.shelved_until is not None, "it is shelved already"),
            (len(asked.reason.strip()) < NOTE_LEAST, "a reason is needed"),
            (not SECONDS_LEAST <= asked.until - now <= HOURS_MAX * 3_600, f"for a minute to {HOURS_MAX:.0f} h"),
            (mine >= SHELVED_BY_ONE_MAX, f"you have {mine} alerts on the shelf; at most {SHELVED_BY_ONE_MAX}"),
            (len(self._shelved) >= SHELVED_MAX, f"{SHELVED_MAX} alerts are on the shelf already"),
        )
        return next((text for wrong, text in checks if wrong), "")
