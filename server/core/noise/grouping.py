"""One row for one cause: many schools of an area that go dark together stand under one alert, as long as that lasts.

A group is an alert like any other. Its members are open alerts that do not ring while it does; each join and each leaving is
a fact of the member. A group may stand under the group of a larger area. Incidents are no members, whatever happens.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

from contract.mode import Mode
from server.core.alert import Alert, State
from server.core.book import Book, Subject
from server.core.effects import Effect
from server.core.fact import Fact, What
from server.core.fleet import Fleet
from server.core.lifecycle import RECOVERED
from server.core.noise.area import TOGETHER_SECONDS, Area
from server.core.noise.causes import CAUSES, GROUP_RULES, Cause, Place, place_of, powerless
from server.core.noise.holding import may_be_held, put_under, take_out
from server.core.noise.members import Members
from server.core.rule import Finding, Rule, View

JOINS_PER_TICK_MAX = 250  # Some 30 ms of facts; the rest of a city joins with the next looks.
LOOK_SECONDS = 1.0
PARTS_PER_SECOND = 500  # A city that is silent as a whole takes some 30 ms to look at: once in so many seconds.
SELDOM_SECONDS = 10.0  # Where nothing changes and only time may end a group.
COUNT_SECONDS = 5.0  # How often a growing group says how many stand under it.


@dataclass(slots=True)
class _Heap:
    """What is found at one place: the gateways in trouble, each since when."""

    since: dict[str, float] = field(default_factory=dict)
    below: dict[str, list[str]] = field(default_factory=dict)  # The unit or school directly below -> gateways.


class Grouping:
    """Forms groups, lets alerts join and leave them, and ends them. Only the server that leads does."""

    def __init__(self, book: Book, fleet: Fleet, members: Members) -> None:
        self._book = book
        self._fleet = fleet
        self._members = members
        self._parts: dict[str, dict[str, None]] = {cause.name: {} for cause in CAUSES}
        self._groups: dict[tuple[str, Place], str] = {}  # (cause, place) -> the open group.
        self._cause_of: dict[str, Cause] = {}  # Open group -> its cause.
        self._ending: dict[str, float] = {}  # Group -> since when it is held to be over.
        self._counted: dict[str, float] = {}
        self._totals: tuple[object, dict[str, int]] = (None, {})
        self._without_mains: dict[str, bool] = {}  # Gateways as they were found in this look.
        self._dirty = self._more = False  # Whether something has changed, and whether the last look left something over.
        self._looked_at = 0.0

    def seen(self, before: Alert | None, after: Alert | None) -> None:
        """Follow one change of an alert."""
        alert = after or before
        if alert is None or not may_be_held(alert):
            return
        is_open = after is not None and after.open
        for cause in CAUSES:
            if cause.is_part(alert):
                self._dirty = True
                if is_open:
                    self._parts[cause.name][alert.id] = None
                else:
                    self._parts[cause.name].pop(alert.id, None)
        if alert.rule in GROUP_RULES:
            self._dirty = True
            self._note_group(alert, is_open=is_open)

    def _note_group(self, group: Alert, *, is_open: bool) -> None:
        cause = next((one for one in CAUSES if one.name == dict(group.detail).get("cause")), CAUSES[0])
        key = (cause.name, place_of(group))
        if is_open:
            self._groups[key] = group.id
            self._cause_of[group.id] = cause
            return
        if self._groups.get(key) == group.id:
            del self._groups[key]
        for kept in (self._cause_of, self._ending, self._counted):
            kept.pop(group.id, None)

    def joined_at_birth(self, alert: Alert) -> str:
        """Name the open group that a new alert belongs to; empty where it rings for itself."""
        for cause in CAUSES:
            if cause.is_part(alert):
                return self._group_for(cause, alert)
        return ""

    def tick(self, now: float) -> list[Effect]:
        """Look at what may have one cause; at most once a second, and only where something has changed or ends."""
        parts = sum(map(len, self._parts.values()))
        pause = LOOK_SECONDS * (1 + parts / PARTS_PER_SECOND) if self._dirty else SELDOM_SECONDS
        pause = LOOK_SECONDS if self._more else pause
        if now < self._looked_at + pause or not (self._dirty or self._groups):
            return []
        self._looked_at = now
        self._dirty = self._more = False
        self._without_mains.clear()
        effects: list[Effect] = []
        for cause in CAUSES:
            heaps = self._heaps(cause)
            effects += self._form(cause, heaps, now)
            effects += self._join(cause, now)
            effects += self._end(cause, heaps, now)
        return effects + self._count(now)

    # ---------------------------------------------------------------- what there is

    def _heaps(self, cause: Cause) -> dict[Place, _Heap]:
        heaps: dict[Place, _Heap] = {}
        for key in self._parts[cause.name]:
            alert = self._book.alerts[key]
            if alert.held in ("shelved", "planned") or alert.state is State.RECOVERED:
                continue
            below = alert.school
            for place in cause.places(alert, self._fleet):
                heap = heaps.setdefault(place, _Heap())
                known = heap.since.get(alert.gateway)
                heap.since[alert.gateway] = alert.t if known is None else min(known, alert.t)
                if known is None:
                    heap.below.setdefault(below, []).append(alert.gateway)
                below = place.unit
        return heaps

    def _area(self, place: Place, heap: _Heap | None) -> Area:
        places = self._gateways_under().get(place.unit, 0)
        whole = self._fleet.roster.unit_path(place.unit)[-1:] == (place.unit,)
        if heap is None or not heap.since:
            return Area(place.unit, 0, 0, places, 0, 0, 0.0, whole, place.path)
        times = sorted(heap.since.values())
        first = times[bisect_left(times, times[-1] - TOGETHER_SECONDS)]
        together = {gateway for gateway, since in heap.since.items() if since >= first}
        largest = max(sum(gateway in together for gateway in mine) for mine in heap.below.values())
        dark = sum(self._powerless(gateway) for gateway in together)
        return Area(place.unit, len(together), len(times), places, largest, dark, first, whole, place.path)

    def _powerless(self, gateway: str) -> bool:
        """Say whether a gateway told of lost mains; asked of any of its alerts, for they all say the same."""
        known = self._without_mains.get(gateway)
        if known is None:
            about = self._book.open(Subject("gateway_offline", gateway, "", Mode.REAL.value, ""))
            known = self._without_mains[gateway] = about is None or powerless(about, self._fleet)
        return known

    def _gateways_under(self) -> Mapping[str, int]:
        roster = self._fleet.roster
        if self._totals[0] is not roster.gateways:
            counts: dict[str, int] = {}
            for gateway in roster.gateways.values():
                school = roster.school(gateway.school)
                for unit in roster.unit_path(school.unit) if school is not None else ():
                    counts[unit] = counts.get(unit, 0) + 1
            self._totals = (roster.gateways, counts)
        return self._totals[1]

    # ---------------------------------------------------------------- forming and joining

    def _form(self, cause: Cause, heaps: Mapping[Place, _Heap], now: float) -> list[Effect]:
        """Form the groups of the largest areas that have a cause of their own; the smaller ones inside are not asked."""
        effects: list[Effect] = []
        depth = {place: len(self._fleet.roster.unit_path(place.unit)) for place in heaps}
        areas = {place: self._area(place, heap) for place, heap in heaps.items()}
        found = {place: self._finding(cause, area, now) for place, area in areas.items()}
        for place in sorted(heaps, key=lambda one: (depth[one], one)):
            named = found[place]
            if named is None or self._covered(cause, place):
                continue
            if self._lies_below(place, heaps, areas, found):
                continue
            effects += self._open(cause, place, *named, now)
        return effects

    def _finding(self, cause: Cause, area: Area, now: float) -> tuple[Rule, Finding] | None:
        view = View(self._fleet.roster.calendar, area=area)
        for rule in cause.rules:
            finding = rule.evaluate(view, now)
            if finding is not None:
                return rule, finding
        return None

    def _lies_below(
        self,
        place: Place,
        heaps: Mapping[Place, _Heap],
        areas: Mapping[Place, Area],
        found: Mapping[Place, tuple[Rule, Finding] | None],
    ) -> bool:
        """Say whether nearly all of it lies in one smaller area that is found as well: that one is the cause."""
        smaller = (Place(below, place.path) for below in heaps[place].below)
        return any(
            one in areas and found[one] is not None and 10 * areas[one].together >= 9 * areas[place].together
            for one in smaller
        )

    def _covered(self, cause: Cause, place: Place) -> bool:
        return any(
            (cause.name, Place(unit, place.path)) in self._groups for unit in self._fleet.roster.unit_path(place.unit)
        )

    def _open(self, cause: Cause, place: Place, rule: Rule, finding: Finding, now: float) -> list[Effect]:
        begun = Alert(
            id=f"{rule.name}:{place.unit}:{round(now * 1_000)}",
            rule=rule.name,
            severity=finding.severity,
            state=State.RAISED,
            mode=Mode.REAL.value,
            school="",
            gateway="",
            device="",
            t=finding.since,
            rx=now,
            version=1,
            updated=now,
            detail=(("cause", cause.name), *finding.detail),
            code=finding.code,
            children=finding.children,
            unit=place.unit,
        )
        open_already = self._book.open(Subject(rule.name, place.unit, "", begun.mode, begun.code))
        if open_already is not None:  # People ordered work on it, and it is back before they closed it.
            relapsed = Fact(What.RELAPSED, now, detail=begun.detail)
            return [self._book.record(open_already.id, relapsed)] if open_already.state is State.RECOVERED else []
        return self._book.raise_alert(begun, now)

    def _join(self, cause: Cause, now: float) -> list[Effect]:
        """Let alerts join the group of the smallest area that they lie in, and groups that of a larger one."""
        effects: list[Effect] = []
        if not any(name == cause.name for name, _ in self._groups):
            return effects
        for key in list(self._parts[cause.name]):
            alert = self._book.alerts[key]
            group = "" if alert.group in self._cause_of else self._group_for(cause, alert)
            if group and group != alert.group:
                effects.append(put_under(self._book, alert, group, now))
                if len(effects) >= JOINS_PER_TICK_MAX:
                    self._more = True
                    break
        for (name, place), key in list(self._groups.items()):
            smaller, larger = self._book.alerts[key], self._larger(name, place)
            if larger and not smaller.group and smaller.state is not State.RECOVERED:
                effects.append(put_under(self._book, smaller, larger, now))
        return effects

    def _group_for(self, cause: Cause, alert: Alert) -> str:
        if alert.state is State.RECOVERED:
            return ""
        for place in cause.places(alert, self._fleet):
            key = self._groups.get((cause.name, place))
            group = self._book.alerts[key] if key is not None else None
            if group is not None and group.state is not State.RECOVERED and alert.t >= group.t - TOGETHER_SECONDS:
                return group.id
        return ""

    def _larger(self, name: str, place: Place) -> str:
        for unit in self._fleet.roster.unit_path(place.unit)[1:]:
            key = self._groups.get((name, Place(unit, place.path)))
            if key is not None and self._book.alerts[key].state is not State.RECOVERED:
                return key
        return ""

    # ---------------------------------------------------------------- coming apart

    def _end(self, cause: Cause, heaps: Mapping[Place, _Heap], now: float) -> list[Effect]:
        """End groups of which few members are left: those ring for themselves, for they outlast the cause."""
        effects: list[Effect] = []
        for (name, place), key in list(self._groups.items()):
            group = self._book.alerts[key]
            if name != cause.name or group.state is State.RECOVERED:
                continue
            rule = GROUP_RULES[group.rule][0]
            area = self._area(place, heaps.get(place))
            if not rule.cleared(View(self._fleet.roster.calendar, area=area), now):
                self._ending.pop(key, None)
                continue
            since = self._ending.setdefault(key, now)
            if now < since + rule.clear_seconds and self._members.of(key):
                continue
            effects += self._release(key, now)
            effects += self._book.recover(self._book.alerts[key], now, RECOVERED)
        return effects

    def _release(self, group: str, now: float) -> list[Effect]:
        """Let all that stands under a group ring, or stand under what the group itself stands under."""
        effects: list[Effect] = []
        above = self._book.alerts[group].group
        for key in self._members.of(group):
            member = self._book.alerts[key]
            if above in self._cause_of:
                effects.append(put_under(self._book, member, above, now))
            else:
                effects += take_out(self._book, member, now)
        return effects

    def _count(self, now: float) -> list[Effect]:
        effects: list[Effect] = []
        for key in list(self._cause_of):
            group, count = self._book.alerts[key], self._members.count(key)
            if count == group.children or group.state is State.RECOVERED:
                self._counted.pop(key, None)
            elif now >= self._counted.get(key, 0.0):
                effects.append(self._book.record(key, Fact(What.COUNTED, now, count=count)))
                self._counted[key] = now + COUNT_SECONDS
        return effects
