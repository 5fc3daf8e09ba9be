"""Facts of the small city, with verdicts that a test gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from server.core.roster import RosterIndex
from server.core.verdict import Judgement, Verdict
from server.gaps.model import Gap
from server.registry.model import Scope
from server.reports.facts import Facts, Pair, branch
from tests.registry.city import CITY, roster

TODAY = date(2026, 11, 24)
AS_OF_MS = 1_795_500_000_000
WHOLE = Scope("unit", CITY)


@dataclass(frozen=True)
class Asked:
    """One indicator."""

    name: str
    headline: bool = True
    label: str = "指标"
    label_en: str = "Indicator"
    formula: str = "达标/应达标"
    formula_en: str = "met/required"
    source: str = "GB/T 29315"
    source_en: str = "GB/T 29315 (in English)"


def pair(ledger: str, live: str, *reasons: str) -> Pair:
    """Judge twice, the live figure with reasons."""
    return Verdict(Judgement(ledger)), Verdict(Judgement(live), reasons, 1_000.0)


def facts(
    judged: Mapping[str, Mapping[str, Pair]],
    scope: Scope = WHOLE,
    gaps: tuple[Gap, ...] | None = None,
    index: RosterIndex | None = None,
) -> Facts:
    """Make the facts of a branch."""
    whole = index or RosterIndex(roster())
    verdicts = {school: judged[school] for school in branch(whole, scope) if school in judged}
    indicators = (Asked("t1"), Asked("t2", headline=False, label="另一指标"))
    return Facts(TODAY, AS_OF_MS, "", scope, whole, indicators, verdicts, gaps)
