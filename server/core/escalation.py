"""Who is told of an alert, and who next when nobody answers: the chains of the ledger, and our own where it says nothing.

The times of the first level follow the practice of monitored hold-up alarms (action begun within 30 to 60 s); a press
is told to all levels of police at once and not relayed from one to the next.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from contract.mode import Mode
from server.core.alert import Alert, Flow, Severity
from server.core.chain import Chain, Hop, Plan
from server.core.schedule import class_began, is_school_day, local_date, minute_of_day, peak_began
from server.registry.escalations import POLICE, POLICE_AT_ONCE, parse_hops, parse_minute
from server.registry.model import Calendar
from server.registry.sheets.escalation import Context, Escalation

MINUTE, HOUR = 60.0, 3_600.0

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
REPAIR: Chain = (  # The alarm of a school may not reach the police: those mend it who can, and nobody drives out.
    Hop(0, ("school", "maintainer")),
    Hop(4 * HOUR, ("education", "station")),
    Hop(24 * HOUR, ("county",)),
)

UNTOLD: Chain = (  # Somebody relies on being told and is not: those above see to it, by whichever way works.
    Hop(0, ("command_centre_duty", "education_on_call")),
    Hop(10 * MINUTE, ("command_centre", "education")),
)
# By what they are for, the most urgent first.
BUILT_IN: Mapping[str, Chain] = MappingProxyType(
    {
        "silent": SILENT,
        "critical": CRITICAL,
        "high": HIGH,
        "repair": REPAIR,
        "routine": ROUTINE,
        "advice": ADVICE,
        "untold": UNTOLD,
        "area": AREA,
        "rehearsal": REHEARSAL,
    }
)

TESTING_RULES = frozenset({"test_failed"})
ADVISING_RULES = frozenset({"early_warning"})
UNTOLD_RULES = frozenset({"unreached", "dead_channel"})
SILENT_CODES = frozenset({"duress"})

# How long an acknowledgement holds on which nobody acts. A call for help is answered in minutes; a fault in its own time.
CALL_ACK: Mapping[Severity, float] = MappingProxyType(
    {Severity.CRITICAL: 5 * MINUTE, Severity.HIGH: 30 * MINUTE, Severity.MEDIUM: 4 * HOUR, Severity.LOW: 24 * HOUR}
)
FAULT_ACK: Mapping[Severity, float] = MappingProxyType(
    {Severity.CRITICAL: 30 * MINUTE, Severity.HIGH: 4 * HOUR, Severity.MEDIUM: 24 * HOUR, Severity.LOW: 72 * HOUR}
)


def built_in(alert: Alert) -> Plan:  # noqa: PLR0911  # One line for each chain.
    """Give the plan that holds for an alert where the ledger has none."""
    if rehearsed(alert):
        return Plan("rehearsal", "", REHEARSAL, 0)
    ack = (CALL_ACK if alert.flow is Flow.INCIDENT else FAULT_ACK)[alert.severity]
    if alert.rule in TESTING_RULES:
        return Plan("repair", "", REPAIR, ack)
    if alert.rule in ADVISING_RULES:
        return Plan("advice", "", ADVICE, ack)
    if alert.rule in UNTOLD_RULES:
        return Plan("untold", "", UNTOLD, ack)
    if alert.unit:
        return Plan("area", "", AREA, ack)
    if is_silent(alert):
        return Plan("silent", "", SILENT, ack)
    match alert.severity:
        case Severity.CRITICAL:
            return Plan("critical", "", CRITICAL, ack)
        case Severity.HIGH:
            return Plan("high", "", HIGH, ack)
        case _:
            return Plan("routine", "", ROUTINE, ack)


def plan_of(alert: Alert) -> Plan:
    """Give the plan by which an alert rang last; one of before plans were kept goes by our own."""
    return alert.plan or built_in(alert)


def chain_of(alert: Alert) -> Chain:
    """Give the steps by which an alert rang last."""
    return plan_of(alert).chain


def choose(alert: Alert, lines: Sequence[Escalation], path: Sequence[str], calendar: Calendar, now: float) -> Plan:
    """Choose the plan of an alert that rings now, from the lines that hold for its school; `path` is that of its units.

    The nearest unit wins; of its lines that which says most. A line that would leave the police out of a call of danger to
    life is passed over, and nobody but the police is told of a silent call, whatever the line says.
    """
    own = built_in(alert)
    contexts = contexts_of(calendar, now)
    fitting = [line for line in lines if _fits(line, alert, contexts, minute_of_day(now))]
    for line in sorted(fitting, key=lambda line: _rank(line, path)):
        chain = tuple(Hop(after, audiences) for after, audiences in parse_hops(line.hops))
        if is_silent(alert) and not rehearsed(alert):
            chain = _police_only(chain)
        if not chain or (_calls_for_life(alert) and not _police_at_once(chain[0])):
            continue
        ack = own.ack_seconds if line.ack_minutes is None else line.ack_minutes * MINUTE
        return Plan(line.id, line.unit, chain, ack)
    return own


def contexts_of(calendar: Calendar, now: float) -> frozenset[Context]:
    """Say what an instant is by the calendar of the schools; a day of examinations is a school day too."""
    day = local_date(now)
    if not is_school_day(calendar, day):
        found = {Context.HOLIDAY}
    elif class_began(calendar, now) is not None or peak_began(calendar, now) is not None:
        found = {Context.CLASS_HOURS}
    else:
        found = {Context.OUT_OF_HOURS}
    return frozenset(found | {Context.EXAM} if day in calendar.exam_days else found)


def is_silent(alert: Alert) -> bool:
    """Say whether an alert was raised under threat: nothing of it may sound or show at the school."""
    return alert.code in SILENT_CODES


def rehearsed(alert: Alert) -> bool:
    """Say whether an alert is a call in a test or a drill."""
    return alert.flow is Flow.INCIDENT and alert.mode != Mode.REAL


def _calls_for_life(alert: Alert) -> bool:
    return alert.flow is Flow.INCIDENT and alert.severity is Severity.CRITICAL and not rehearsed(alert)


def _police_at_once(hop: Hop) -> bool:
    return hop.after_seconds == 0 and not POLICE_AT_ONCE.isdisjoint(hop.audiences)


def _police_only(chain: Chain) -> Chain:
    kept = (Hop(hop.after_seconds, tuple(one for one in hop.audiences if one in POLICE)) for hop in chain)
    return tuple(hop for hop in kept if hop.audiences)


def _fits(line: Escalation, alert: Alert, contexts: frozenset[Context], minute: float) -> bool:
    mode = alert.mode if rehearsed(alert) else Mode.REAL.value
    return (
        line.mode == mode
        and line.severity in (None, alert.severity)
        and (line.rule == alert.rule or not (line.rule or alert.unit))  # Of an area there is no school to be told.
        and (line.context is None or line.context in contexts)
        and _on_shift(line, minute)
    )


def _on_shift(line: Escalation, minute: float) -> bool:
    start, end = parse_minute(line.from_time), parse_minute(line.until_time)
    if start is None or end is None:
        return True
    return start <= minute < end if start < end else minute >= start or minute < end


def _rank(line: Escalation, path: Sequence[str]) -> tuple[int, bool, bool, bool, bool, bool, str]:
    """Order lines: nearest first, then by what they say; the name settles the rest, so that the choice is the same again."""
    distance = path.index(line.unit) if line.unit in path else len(path)
    examined = line.context is Context.EXAM
    return distance, not line.rule, line.severity is None, not examined, line.context is None, not line.from_time, line.id
