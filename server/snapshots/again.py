"""A frozen day held against the same day judged anew: what is the same, what differs, and what nobody can judge again. Pure.

The engine hears heartbeats, which no journal keeps. So a gateway whose records do not prove that it was there at the instant
of the freeze is judged both ways, as heard and as silent. A live cell that hangs on which of them is true counts neither as
the same nor as a difference; one that is neither of both differs.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from contract.limits import PATH_SILENT_SECONDS
from server.core.liveness import RECORDS_APART_SECONDS
from server.core.verdict import Verdict
from server.journal.raw import RawBatch
from server.snapshots.frozen import Frozen, FrozenDay, Pair

SHOWN_MAX = 20  # Differences told in words; all are counted.
NEAR_MS = 5_000  # So close to the freeze, a batch may have come before or after its school was judged.
NOTED = frozenset({"tested", "patrolled", "peak_manned", "answered"})  # Of notes and presses that are added to later.
COUNTED = frozenset({"rectified", "gaps_in_time"})  # Of the ledger of gaps, which is counted every few minutes.


class Doubt(StrEnum):
    """Why the live cells of a school may honestly be judged otherwise anew."""

    NONE = ""
    NEAR = "near"  # Something came in the seconds around the freeze, or was committed only after it.
    HEARTBEATS = "heartbeats"  # Its gateway told no record in the last seconds: only heartbeats knew whether it was there.
    SILENT = "silent"  # No record in the last minutes, but some within the last day.


class Around:
    """What the journal has of each gateway just before and after an instant."""

    def __init__(self, until: float, known: int) -> None:
        self._until_ms = until * 1_000
        self._known = known  # The last batch that was committed then.
        self._before: dict[str, int] = {}
        self._after: dict[str, int] = {}
        self._near: set[str] = set()

    def take(self, raw: RawBatch) -> bool:
        """Note one batch; says whether it was known then."""
        known = raw.sequence <= self._known and raw.rx_ms <= self._until_ms
        if abs(raw.rx_ms - self._until_ms) <= NEAR_MS or (raw.rx_ms <= self._until_ms and not known):
            self._near.add(raw.gateway)
        if raw.rx_ms <= self._until_ms:
            self._before[raw.gateway] = max(raw.rx_ms, self._before.get(raw.gateway, 0))
        else:
            self._after[raw.gateway] = min(raw.rx_ms, self._after.get(raw.gateway, raw.rx_ms))
        return known

    def doubt(self, gateways: Iterable[str], reach_seconds: float) -> Doubt:
        """Say what can be doubted of a school with these gateways."""
        found = [self._of(gateway, reach_seconds) for gateway in gateways]
        if Doubt.SILENT in found or found.count(Doubt.HEARTBEATS) > 1:
            return Doubt.SILENT
        if Doubt.HEARTBEATS in found:
            return Doubt.HEARTBEATS if Doubt.NEAR not in found else Doubt.SILENT
        return Doubt.NEAR if Doubt.NEAR in found else Doubt.NONE

    def _of(self, gateway: str, reach_seconds: float) -> Doubt:
        before, after = self._before.get(gateway), self._after.get(gateway)
        if before is None or before < self._until_ms - reach_seconds * 1_000:
            return Doubt.NEAR if gateway in self._near else Doubt.NONE
        silent = self._until_ms - before
        bridged = after is not None and after - before <= RECORDS_APART_SECONDS * 1_000
        if silent >= RECORDS_APART_SECONDS * 1_000:
            return Doubt.SILENT
        if silent >= PATH_SILENT_SECONDS * 1_000 and not bridged:
            return Doubt.SILENT if gateway in self._near else Doubt.HEARTBEATS
        return Doubt.NEAR if gateway in self._near else Doubt.NONE


class Comparison(msgspec.Struct):
    """What came of it; counts are of cells, one for each school, indicator and figure."""

    compared: int = 0
    differences: int = 0
    shown: list[str] = []  # The first differences in words.
    apart: dict[str, int] = {}  # Cells that cannot be judged anew, by why.
    skipped: list[str] = []  # Indicators that are judged by another rule today.

    def differs(self, words: str) -> None:
        """Count a difference, and tell it as long as there is room."""
        self.differences += 1
        if len(self.shown) < SHOWN_MAX:
            self.shown.append(words)


def held_against(
    frozen: Frozen, again: Frozen, otherwise: Mapping[str, Mapping[str, Pair]], doubts: Mapping[str, Doubt]
) -> Comparison:
    """Compare.

    `otherwise` has the verdicts that a school would have if its gateways had been silent where they were heard, and heard
    where they were silent; `doubts` what is in doubt, which is nothing of a day frozen from the journal.
    """
    found = Comparison()
    was, now = FrozenDay(frozen), FrozenDay(again)
    mine = {one.name: one for one in again.indicators}
    found.skipped = [one.name for one in frozen.indicators if mine.get(one.name) != one]
    same = {one.name for one in frozen.indicators} - {*found.skipped}
    lost = next((note for note in again.notes if note not in frozen.notes), "")  # The journal is kept no more.
    for school in was.schools.keys() | now.schools.keys():
        if school not in was.schools or school not in now.schools:
            found.differs(f"{school}: frozen {school in was.schools}, judged anew {school in now.schools}")
            continue
        pairs, anew, other = was.verdicts(school), now.verdicts(school), otherwise.get(school, {})
        for name in same:
            doubt = lost or doubts.get(school, Doubt.NONE)
            _cell(found, school, name, (pairs.get(name), anew.get(name), other.get(name)), doubt)
    return found


Three = tuple[Pair | None, Pair | None, Pair | None]


def _cell(found: Comparison, school: str, name: str, three: Three, doubt: str) -> None:
    was, anew, other = three
    if was is None or anew is None:
        if was is not anew and name in COUNTED:
            found.apart["counted"] = found.apart.get("counted", 0) + 2
        elif was is not anew:
            found.differs(f"{school} {name}: frozen {_told(was)}, judged anew {_told(anew)}")
        return
    found.compared += 2
    if name in COUNTED and _seen(was[0]) != _seen(anew[0]):
        found.compared -= 2
        found.apart["counted"] = found.apart.get("counted", 0) + 2
        return
    if _seen(was[0]) != _seen(anew[0]):
        found.differs(f"{school} {name} ledger: frozen {_words(was[0])}, judged anew {_words(anew[0])}")
    why = _why(name, _seen(was[1]), _seen(anew[1]), None if other is None else _seen(other[1]), doubt)
    if why == DIFFERENT:
        found.differs(f"{school} {name} live: frozen {_words(was[1])}, judged anew {_words(anew[1])}")
    elif why:
        found.compared -= 1
        found.apart[why] = found.apart.get(why, 0) + 1


DIFFERENT = "different"


def _why(name: str, was: object, anew: object, other: object, doubt: str) -> str:
    """Say why a live cell cannot be judged anew; nothing where it is the same, `DIFFERENT` where it is not."""
    if was == anew:
        hangs = doubt in (Doubt.HEARTBEATS, Doubt.SILENT) and other is not None and other != anew
        return doubt if hangs else ""
    if name in NOTED:
        return "noted"
    if doubt not in (Doubt.NONE, Doubt.HEARTBEATS):
        return doubt
    return Doubt.HEARTBEATS if other is not None and was == other else DIFFERENT


def _seen(verdict: Verdict) -> object:
    proof_ms = None if verdict.proof_at is None else round(verdict.proof_at * 1_000)
    return verdict.judgement, verdict.reasons, verdict.units, proof_ms


def _words(verdict: Verdict) -> str:
    proof = "" if verdict.proof_at is None else f" proof {round(verdict.proof_at * 1_000)}"
    units = "" if verdict.units is None else f" {verdict.units}"
    return f"{verdict.judgement.value} {' '.join(verdict.reasons)}{units}{proof}".replace("  ", " ").strip()


def _told(pair: Pair | None) -> str:
    return "not asked" if pair is None else " / ".join(_words(verdict) for verdict in pair)
