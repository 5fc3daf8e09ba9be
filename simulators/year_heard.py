"""What is heard of a simulated city at the end of one day of its year, so that its live figures are judged too.

Nothing is journaled: only what the day's last judgement rests on is told. Every device is sampled twice, 15 minutes and
5 seconds before its end, so that one that cannot be reached is surely silent; the guards' check-ins of eight days are told
as to a server that starts again, and the rounds of the last school day. Whether peaks were manned stays unknown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from contract.identity import DeviceId, EpochId, GatewayId
from contract.records import Reading
from server.core.daybook import DAYS_KEPT
from server.core.effects import GuardSeen
from server.core.engine import Engine
from server.core.events import CheckInArrived, GuardsRestored, ReadingsArrived, Ticked
from server.core.guards import guard_posts
from server.core.liveness import Home
from server.core.roster import RosterIndex
from server.core.schedule import DAY_SECONDS, is_school_day, local_date, start_of_day
from simulators.behaviour import (
    Conduct,
    Orders,
    conduct_of,
    escorts_on_post,
    guards_by_name,
    guards_on_post,
    outage_seconds,
    patrols_due,
)
from simulators.day import moment
from simulators.samples import Scene, sample, thing
from simulators.staff import ESCORT_READER

BEFORE_SECONDS = (900.0, 5.0)  # Longer and shorter than any device may be silent.
HEARD_SECONDS = DAYS_KEPT * DAY_SECONDS
ROUND_STEP_SECONDS = 1_800.0
HOLIDAYS_DAYS_MAX, ESCORT_DAYS = 80, 2
ESCORT_HOURS = (7.5, 17.5)  # Both peaks.
SEEN_DAYS = 8  # The guards' figures look back a week.
SEEN_HOURS = (7.5, 13.0, 17.5, 23.0)  # Both peaks, the noon and the night.


def hear(engine: Engine, index: RosterIndex, seed: int, listening_since: float, now: float) -> None:
    """Tell an engine that has the day's roster what is heard until `now`, seconds UTC, of a city heard since an instant."""
    began = now - HEARD_SECONDS
    schools = {gateway.id: gateway.school for gateway in index.roster.gateways}
    heard = [
        _Heard(home, gateway, conduct_of(home.school, index.dossier(school), gateway, seed))
        for gateway, school in schools.items()
        if (home := engine.home(school)) is not None
    ]
    seen = [one for place in heard for one in _seen(place, index, listening_since, now)]
    seen += _escorted(heard, index, listening_since, now)
    engine.step(GuardsRestored(sorted(seen, key=lambda one: one.at), listening_since), began)
    for round_walked in _rounds(heard, index, listening_since, now):
        engine.step(round_walked, round_walked.rx)
    for before in BEFORE_SECONDS:
        for place in heard:
            told = _told(place, index, now - before)
            if told is not None:
                engine.step(told, now - before)
    engine.step(Ticked(), now)


@dataclass(frozen=True, slots=True)
class _Heard:
    """One school, its gateway, and how it behaves."""

    home: Home
    gateway: GatewayId
    conduct: Conduct

    @property
    def post(self) -> DeviceId | None:
        """Name the reader at which its guards check in."""
        posts = guard_posts(self.home)
        return posts[0].device.id if posts else None


def _rounds(heard: Sequence[_Heard], index: RosterIndex, since: float, now: float) -> Iterator[CheckInArrived]:
    """Walk the rounds of the last whole school day, which the figures count."""
    calendar = index.roster.calendar
    days = (local_date(now) - timedelta(days=number) for number in range(1, DAYS_KEPT))
    midnight = next((start_of_day(day) for day in days if is_school_day(calendar, day)), None)
    if midnight is None or midnight < since:
        return
    steps = int(DAY_SECONDS / ROUND_STEP_SECONDS)
    moments = [moment(calendar, midnight + step * ROUND_STEP_SECONDS) for step in range(steps)]
    for last, here in pairwise(moments):
        for place in heard:
            due, post = patrols_due(place.conduct, here, last), place.post
            there = guards_on_post(place.conduct, here, Orders())
            if due and there and post is not None:
                guard = min(guards_by_name(place.home.school.id, place.conduct, here, there))
                name = f"{place.gateway}-{here.now:.0f}"
                yield CheckInArrived(name, place.gateway, post, here.now, here.now, guard, "patrol")


def _told(place: _Heard, index: RosterIndex, now: float) -> ReadingsArrived | None:
    """Sample every device behind a gateway; None where the power has been away for longer than its battery lasts."""
    outage = outage_seconds(place.conduct, now)
    if outage is not None and outage > place.conduct.ups_seconds:
        return None
    scene = Scene(place.conduct, moment(index.roster.calendar, now), Orders(), outage)
    readings = [
        Reading(d=device.id, t=round(now * 1_000), m=metrics)
        for device in index.devices_of(place.gateway)
        if (metrics := sample(thing(device), scene)) is not None
    ]
    first = round(now)  # Later ones stand behind earlier ones.
    return ReadingsArrived(place.gateway, EpochId("year"), now, range(first, first + len(readings)), readings)


def _seen(place: _Heard, index: RosterIndex, since: float, now: float) -> Iterator[GuardSeen]:
    """Name who stood on the school's post in the last days."""
    for number in range(SEEN_DAYS):
        midnight = start_of_day(local_date(now) - timedelta(days=number))
        for hour in SEEN_HOURS:
            at = midnight + hour * 3_600
            if not since <= at <= now:
                continue
            here = moment(index.roster.calendar, at)
            if place.post is not None:
                there = guards_on_post(place.conduct, here, Orders())
                for guard in guards_by_name(place.home.school.id, place.conduct, here, there):
                    yield GuardSeen(place.gateway, place.post, guard, at, present=True)


def _escorted(heard: Sequence[_Heard], index: RosterIndex, since: float, now: float) -> Iterator[GuardSeen]:
    """Say where somebody stood on the 护学岗 on the last school days, however long the holidays since."""
    calendar, today = index.roster.calendar, local_date(now)
    days = [today - timedelta(days=number) for number in range(HOLIDAYS_DAYS_MAX)]
    for day in [day for day in days if is_school_day(calendar, day)][:ESCORT_DAYS]:
        for hour in ESCORT_HOURS:
            at = start_of_day(day) + hour * 3_600
            here = moment(calendar, at)
            for place in heard:
                readers = {device.device.id for device in place.home.kind("guard_post")}
                if since <= at <= now and ESCORT_READER in readers and escorts_on_post(place.conduct, here):
                    yield GuardSeen(place.gateway, DeviceId(ESCORT_READER), "", at, present=True)
