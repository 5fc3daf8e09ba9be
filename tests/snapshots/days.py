"""Frozen days of plain words, for tests."""

from collections.abc import Mapping, Sequence

from server.core.indicators import INDICATORS
from server.core.roster import RosterIndex
from server.core.verdict import Judgement, Verdict
from server.registry.model import Roster
from server.snapshots.frozen import Basis, Frozen, Pair, freeze
from tests.registry.city import FIRST, SECOND, THIRD, roster

DAY = 20_781  # 2026-11-24.
MET, NOT_MET, UNKNOWN, EXEMPT = (Verdict(one, () if one is Judgement.MET else (f"why.{one.value}",)) for one in Judgement)
BASIS = Basis(taken_ms=1_795_536_003_000, source="engine", listening_ms=5, registry_sequence=7, journal_sequence=9)


def frozen(
    day: int = DAY,
    pairs: Mapping[str, Sequence[Verdict]] | None = None,
    *,
    basis: Basis = BASIS,
    of: Roster | None = None,
) -> Frozen:
    """Freeze the small city; `pairs` is school -> the ledger's and the live verdict, the same for every indicator."""
    told = pairs or {FIRST: (MET, MET), SECOND: (NOT_MET, UNKNOWN), THIRD: (EXEMPT, EXEMPT)}
    verdicts: dict[str, dict[str, Pair]] = {
        school: {one.name: (pair[0], pair[1]) for one in INDICATORS[:2]} for school, pair in told.items()
    }
    return freeze(day, RosterIndex(of or roster()), INDICATORS[:2], verdicts, basis)
