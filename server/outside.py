"""Outside events as they are delivered: checked, matched to schools, and turned into lines of the ledger. All pure."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Any

from contract.errors import ConfigurationError
from contract.identity import UnitId
from server.api.asks import OutsideEvent
from server.core.risk.factor import local_time
from server.core.roster import RosterIndex
from server.registry.changes import Edit, put
from server.registry.coordinates import converted
from server.registry.outside import check_text
from server.registry.sheets.outside_area import OutsideArea
from server.registry.sheets.outside_gate import OutsideGate
from server.registry.sheets.outside_source import OutsideSource

LASTS_MAX = timedelta(days=30)
SCHOOLS_MAX = 50  # Matched by one event near a place: the nearest ones.
LINES_MAX = 2_000  # Of one source at any time.
KEPT_AFTER = timedelta(days=1)  # How long a line stays in the ledger after its event; its history stays for ever.
REQUESTS_PER_MINUTE = 6  # Of one source: each of them is an edit of the whole registry.
SOURCES_COUNTED_MAX = 1_000
EARTH_M = 6_371_000.0
SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Give the distance of two places in WGS-84, metres along the ground."""
    (north_a, east_a), (north_b, east_b) = ((radians(north), radians(east)) for north, east in (a, b))
    half = sin((north_b - north_a) / 2) ** 2 + cos(north_a) * cos(north_b) * sin((east_b - east_a) / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(half)))


class Pace:
    """Counts the requests of each source within a minute."""

    def __init__(self) -> None:
        self._recent: OrderedDict[str, list[float]] = OrderedDict()

    def refused_for(self, source: str, now: float) -> float:
        """Say for how many seconds a source must wait; 0 when it may come, which is counted."""
        recent = [at for at in self._recent.pop(source, []) if at > now - 60.0]
        self._recent[source] = recent
        while len(self._recent) > SOURCES_COUNTED_MAX:
            self._recent.popitem(last=False)
        if len(recent) >= REQUESTS_PER_MINUTE:
            return recent[0] + 60.0 - now
        recent.append(now)
        return 0.0


def delivered(source: OutsideSource, events: Sequence[OutsideEvent], index: RosterIndex, now: float) -> list[Edit]:
    """Turn one delivery into edits of the ledger; the same delivery again makes none that differs.

    An event told again takes the place of what it was; one that is over, or gone, leaves, and so do lines whose event
    ended a day ago. Raises `ConfigurationError` naming the event and what is wrong with it.
    """
    today = local_time(now)
    mine = {
        (line.sheet, line.home, line.id): line
        for line in index.roster.records
        if isinstance(line, OutsideArea | OutsideGate) and line.source == source.id
    }
    kept = {key: line for key, line in mine.items() if line.ends + KEPT_AFTER > today}
    for event in events:
        id_ = f"{source.id}:{event.id}"
        kept = {key: line for key, line in kept.items() if line.id != id_}
        if not event.gone:
            kept.update(((line.sheet, line.home, line.id), line) for line in _lines(source, id_, event, index, today))
    if len(kept) > LINES_MAX:
        raise ConfigurationError(f"{len(kept)} lines of source {source.id}; allowed: {LINES_MAX}")
    gone = [Edit(sheet, (home, id_)) for sheet, home, id_ in mine if (sheet, home, id_) not in kept]
    return gone + [put(line) for key, line in kept.items() if mine.get(key) != line]


def _lines(
    source: OutsideSource, id_: str, event: OutsideEvent, index: RosterIndex, today: datetime
) -> list[OutsideArea | OutsideGate]:
    begins, ends = local_time(event.begins / 1_000), local_time(event.ends / 1_000)
    if not begins < ends <= begins + LASTS_MAX:
        raise ConfigurationError(f"{event.id}: begins and ends; allowed: a span of up to {LASTS_MAX.days} days")
    if ends <= today:
        return []
    if (fault := check_text(event.text)) is not None:
        raise ConfigurationError(f"{event.id}: text: {fault[1]}")
    said: dict[str, Any] = {
        "source": source.id,
        "kind": event.kind,
        "level": event.level,
        "begins": begins,
        "ends": ends,
        "text": event.text,
    }
    below = index.schools_under(source.unit)
    if event.near is not None and not event.unit:
        at = converted(event.near.lat, event.near.lon, event.near.datum, "WGS-84")
        found: list[tuple[float, str]] = []
        for school in (index.schools[one] for one in below):
            place = converted(school.latitude, school.longitude, school.datum, "WGS-84")
            away = distance_m(at, place)
            if away <= event.near.radius_m:
                found.append((away, school.id))
        return [
            OutsideGate(school=index.schools[school].id, id=id_, distance_m=round(away), **said)
            for away, school in sorted(found)[:SCHOOLS_MAX]
        ]
    if event.near is not None or source.unit not in index.unit_path(event.unit):
        raise ConfigurationError(f"{event.id}: unit or near; allowed: one of the two, a unit within {source.unit}")
    return [OutsideArea(unit=UnitId(event.unit), id=id_, **said)]
