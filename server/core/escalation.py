"""Who is told of an alert, and who next when nobody answers. This is data: a region may have other chains.

The times of the first level follow the practice of monitored hold-up alarms (action begun within 30 to 60 s); a press
is told to all levels of police at once and not relayed from one to the next.
"""

from dataclasses import dataclass

from contract.mode import Mode
from server.core.alert import Alert, Flow, Severity

MINUTE, HOUR = 60.0, 3_600.0


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a chain: so long after the alert rang, these are told."""

    after_seconds: float
    audiences: tuple[str, ...]


Chain = tuple[Hop, ...]

CRITICAL: Chain = (
    Hop(0, ("school", "station", "sub_bureau", "command_centre")),
    Hop(30, ("station_phone",)),
    Hop(60, ("sub_bureau_duty",)),
    Hop(120, ("command_centre_duty", "education_on_call")),
)
SILENT: Chain = (  # Under duress nothing may sound at the school, and nobody there may be called.
    Hop(0, ("station", "sub_bureau", "command_centre")),
    Hop(30, ("station_phone",)),
    Hop(60, ("sub_bureau_duty",)),
    Hop(120, ("command_centre_duty",)),
)
HIGH: Chain = (
    Hop(0, ("school", "maintainer")),
    Hop(3 * MINUTE, ("station",)),
    Hop(10 * MINUTE, ("sub_bureau",)),
    Hop(30 * MINUTE, ("education",)),
)
ROUTINE: Chain = (
    Hop(0, ("school", "maintainer")),
    Hop(24 * HOUR, ("education",)),
    Hop(72 * HOUR, ("county",)),
)
ADVICE: Chain = (  # Nothing has happened and nothing is broken: the bureau looks into it by day.
    Hop(0, ("education",)),
    Hop(72 * HOUR, ("county",)),
)
AREA: Chain = (  # One cause over many schools: nobody calls each of them, and the centre knows at once.
    Hop(0, ("maintainer", "education", "command_centre")),
    Hop(10 * MINUTE, ("county",)),
    Hop(30 * MINUTE, ("command_centre_duty",)),
)
REHEARSAL: Chain = (Hop(0, ("tester",)),)  # A test or a drill is told to those who hold it, and goes no further.

ADVISING_RULES = frozenset({"early_warning"})
SILENT_CODES = frozenset({"duress"})


def chain_of(alert: Alert, severity: Severity | None = None) -> Chain:  # noqa: PLR0911  # One line for each chain.
    """Choose the chain of an alert, of its own severity or of the one it is about to have."""
    if alert.flow is Flow.INCIDENT and alert.mode != Mode.REAL:
        return REHEARSAL
    if alert.rule in ADVISING_RULES:
        return ADVICE
    if alert.unit:
        return AREA
    if alert.code in SILENT_CODES:
        return SILENT
    match severity or alert.severity:
        case Severity.CRITICAL:
            return CRITICAL
        case Severity.HIGH:
            return HIGH
        case _:
            return ROUTINE


def due_after(chain: Chain, step: int, rang_at: float) -> float | None:
    """Say when the hop after `step` is due for an alert that rang at an instant; None after the last."""
    return rang_at + chain[step + 1].after_seconds if step + 1 < len(chain) else None


def next_due(chain: Chain, step: int, reached_at: float) -> float | None:
    """Say when the hop after `step` is due, counted from the instant at which `step` itself was due."""
    if step + 1 >= len(chain):
        return None
    return reached_at + chain[step + 1].after_seconds - chain[step].after_seconds
