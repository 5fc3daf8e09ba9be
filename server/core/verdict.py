"""A judged indicator: one of three values or exempt, with reasons and the proof's age."""

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


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one indicator over a set of schools; met + not_met + unknown + exempt = required, always."""

    met: int = 0
    not_met: int = 0
    unknown: int = 0
    exempt: int = 0

    @property
    def required(self) -> int:
        """Count the schools the indicator asks about."""
        return self.met + self.not_met + self.unknown + self.exempt

    @property
    def basis_points(self) -> int | None:
        """Give met / (required - exempt) in hundredths of a percent, rounded down; None where nothing is required.

        Rounding down means that 100 % is shown only when every required school has met it.
        """
        basis = self.required - self.exempt
        return None if basis == 0 else self.met * 10_000 // basis
