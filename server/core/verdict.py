"""A judged indicator: one of three values or exempt, with reasons and the proof's age."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Judgement(StrEnum):
    """Unknown is a value of its own: it is never drawn as good, and it stays in the denominator."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one indicator says of one school; `reasons` are stable codes the screens translate, `proof_at` seconds UTC."""

    judgement: Judgement
    reasons: tuple[str, ...] = ()
    proof_at: float | None = None
    # Where an indicator counts heads, devices, rounds or alarms: how many of the school's are met, not met, unknown, exempt.
    units: tuple[int, int, int, int] | None = None

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Give what this adds to a figure, in the order of `Judgement`: one school, or its units."""
        return self.units if self.units is not None else _ONE[self.judgement]


_ONE = {
    Judgement.MET: (1, 0, 0, 0),
    Judgement.NOT_MET: (0, 1, 0, 0),
    Judgement.UNKNOWN: (0, 0, 1, 0),
    Judgement.EXEMPT: (0, 0, 0, 1),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one indicator over a set of schools, or their units; met + not_met + unknown + exempt = required, always."""

    met: int = 0
    not_met: int = 0
    unknown: int = 0
    exempt: int = 0

    @property
    def required(self) -> int:
        """Count the schools the indicator asks about, or what it counts of them."""
        return self.met + self.not_met + self.unknown + self.exempt

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> "Tally":
        """Count verdicts one by one."""
        found = [0, 0, 0, 0]
        for verdict in verdicts:
            found = [one + more for one, more in zip(found, verdict.counts, strict=True)]
        return cls(*found)

    @property
    def basis_points(self) -> int | None:
        """Give met / (required - exempt) in hundredths of a percent, rounded down; None where nothing is required.

        Rounding down means that 100 % is shown only when every required school has met it.
        """
        basis = self.required - self.exempt
        return None if basis == 0 else self.met * 10_000 // basis
