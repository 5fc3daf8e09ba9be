"""Keeps every school's verdicts: judged again when something they depend on changed, or when time alone turns one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from server.core.deadlines import Deadlines
from server.core.effects import Effect, VerdictChanged
from server.core.fleet import Fleet
from server.core.indicator import Indicator, View, exempt, in_service, turn
from server.core.liveness import Home
from server.core.past import Past, past_of
from server.core.peaks import watch
from server.core.rollup import Rollup
from server.core.schedule import next_boundary
from server.core.verdict import Tally, Verdict

SCHOOLS_PER_TICK_MAX = 25  # Some 12 ms; after the turn of the hour a city is judged within half a minute.

Verdicts = dict[str, tuple[Verdict, Verdict]]
NONE: Mapping[str, tuple[Verdict, Verdict]] = {}


class Coverage:
    """The verdicts of every school. `mark` costs nothing; judging waits for the tick."""

    def __init__(self, fleet: Fleet, indicators: Iterable[Indicator]) -> None:
        self.indicators = tuple(indicators)
        self.kinds = frozenset(kind for indicator in self.indicators for kind in indicator.watches)
        self._fleet = fleet
        self._rollup = Rollup()
        self._verdicts: dict[str, Verdicts] = {}
        self._paths: dict[str, Sequence[str]] = {}  # Below which units each school is counted now.
        self._dirty: dict[str, None] = {}
        self._due: Deadlines[str] = Deadlines()
        self._due_at: dict[str, float] = {}
        self._boundary: float | None = None
        self._past = Past()
        self._looked_back = (0.0, Past())  # For a past instant.
        self._listening_since: float | None = None

    def of(self, school: str) -> Mapping[str, tuple[Verdict, Verdict]]:
        """Give a school's verdicts: of each indicator that asks about it, the ledger's and the live one."""
        return self._verdicts.get(school, NONE)

    def tally(self, unit: str, indicator: str) -> tuple[Tally, Tally]:
        """Give the ledger's and the live counts of an indicator over all schools below a unit."""
        return self._rollup.of(unit, indicator)

    @property
    def listening_since(self) -> float | None:
        """Say since when the city has been listened to; None before the first roster."""
        return self._listening_since

    def anew(self, school: str, at: float) -> Verdicts:
        """Judge a school by what is known now as of an instant; nothing that is kept changes, and nobody is told."""
        home = self._fleet.homes.get(school)
        if home is None or self._listening_since is None:
            return {}
        calendar = self._fleet.roster.calendar
        if self._looked_back[0] != at:  # The same for a whole city.
            self._looked_back = (at, past_of(calendar, at))
        return judged(self.indicators, View(home.school, home, calendar, self._listening_since, self._looked_back[1]), at)

    def load(self, now: float) -> None:
        """Judge everything anew for another roster; nobody is told, because every screen starts again."""
        if self._listening_since is None:
            self._listening_since = now
        self._verdicts, self._paths = {}, {}
        self._rollup = Rollup()
        self._dirty.clear()
        self._due_at.clear()
        self._turn(now)
        for home in self._fleet.homes.values():
            self._judge(home, now)

    def edited(self, schools: Iterable[str], now: float) -> None:
        """Judge some schools anew with the next ticks, for the roster speaks otherwise of them."""
        self._turn(now)
        self._dirty.update(dict.fromkeys(schools))

    def listens_since(self, at: float) -> None:
        """Take up since when the city has been listened to; every school is judged anew with the next ticks."""
        self._listening_since = at
        self._dirty.update(dict.fromkeys(self._fleet.homes))

    def mark(self, home: Home | None) -> None:
        """Note that something changed which a verdict of this school may depend on."""
        if home is not None:
            self._dirty[home.school.id] = None

    def behind(self, now: float) -> bool:
        """Say whether more schools wait to be judged than one tick takes."""
        return len(self._dirty) > SCHOOLS_PER_TICK_MAX or self._due.waits(now)

    def tick(self, now: float) -> list[Effect]:
        """Judge what is marked and what is due; at most so many schools in one tick, the longest waiting first."""
        if self._boundary is not None and now >= self._boundary:
            self._turn(now)
            self._dirty.update(dict.fromkeys(self._fleet.homes))
        for due, school in self._due.due(now, SCHOOLS_PER_TICK_MAX):
            if self._due_at.get(school) == due:
                del self._due_at[school]
                self._dirty[school] = None
        effects: list[Effect] = []
        for school in list(self._dirty)[:SCHOOLS_PER_TICK_MAX]:
            del self._dirty[school]
            home = self._fleet.homes.get(school)
            effects += self._judge(home, now) if home is not None else self._forget(school)
        return effects

    def _turn(self, now: float) -> None:
        """Take the calendar as it is now: until when nothing of the school day turns, and what lies behind."""
        self._boundary = next_boundary(self._fleet.roster.calendar, now)
        self._past = past_of(self._fleet.roster.calendar, now)

    def _forget(self, school: str) -> list[Effect]:
        before = self._verdicts.pop(school, NONE)
        self._rollup.moved(self._paths.pop(school, ()), before, NONE)
        return _changes(school, before, NONE)

    def _judge(self, home: Home, now: float) -> list[Effect]:
        school = home.school
        assert self._listening_since is not None
        calendar = self._fleet.roster.calendar
        view = View(school, home, calendar, self._listening_since, self._past)
        noted = watch(home, calendar, self._listening_since, now) if in_service(school, now) else []
        before = self._verdicts.get(school.id, NONE)
        after = judged(self.indicators, view, now)
        turns_at: list[float] = []
        for indicator in self.indicators:
            if indicator.name not in after:
                continue
            at = turn(indicator, view, after[indicator.name][1], now)
            if at is not None and at > now:
                turns_at.append(at)
        self._verdicts[school.id] = after
        path, was = self._fleet.roster.unit_path(school.unit), self._paths.get(school.id)
        if was is not None and was != path:  # It moved, or a unit above it did.
            self._rollup.moved(was, before, NONE)
        self._rollup.moved(path, before if was == path else NONE, after)
        self._paths[school.id] = path
        self._look_again(school.id, turns_at)
        return [*noted, *_changes(school.id, before, after)]

    def _look_again(self, school: str, turns_at: list[float]) -> None:
        due = min(turns_at, default=None)
        if due is not None and self._due_at.get(school) != due:
            self._due_at[school] = due
            self._due.add(due, school)


def judged(indicators: Iterable[Indicator], view: View, now: float) -> Verdicts:
    """Give the ledger's and the live verdict of each indicator that asks about a school; none of one out of service."""
    if not in_service(view.school, now):
        return {}
    return {
        indicator.name: _both(indicator, view, now)
        for indicator in indicators
        if indicator.asks(view.school, view.dossier) and (indicator.due is None or indicator.due(view, now))
    }


def _both(indicator: Indicator, view: View, now: float) -> tuple[Verdict, Verdict]:
    ledger, live = indicator.ledger(view, now), indicator.live(view, now)
    excused = exempt(view, indicator.name, now)
    return (ledger, live) if excused is None else (_excused(excused, ledger), _excused(excused, live))


def _excused(excused: Verdict, judged: Verdict) -> Verdict:
    """Excuse a school with all that is counted of it."""
    return excused if judged.units is None else replace(excused, units=(0, 0, 0, sum(judged.units)))


def _changes(
    school: str, before: Mapping[str, tuple[Verdict, Verdict]], after: Mapping[str, tuple[Verdict, Verdict]]
) -> list[Effect]:
    """Tell what a screen would draw or list differently; a younger proof of the same verdict is no change."""
    changed: list[Effect] = []
    for name in {**before, **after}:
        was, now = before.get(name), after.get(name)
        if _seen(was) != _seen(now):
            ledger, live = now or (None, None)
            changed.append(VerdictChanged(school, name, ledger, live))
    return changed


def _seen(pair: tuple[Verdict, Verdict] | None) -> object:
    return None if pair is None else tuple((verdict.judgement, verdict.reasons, verdict.units) for verdict in pair)
