"""What people may do with an alert, as one table, and what each request becomes: a fact or a refusal."""

from dataclasses import dataclass

from server.core.alert import Alert, Flow, State
from server.core.escalation import chain_of, due_after, next_due
from server.core.events import ActRequested
from server.core.fact import Fact, What

# (state, act) -> what happens. A press never leaves `raised` without a person, and closes only by one.
INCIDENT_MOVES: dict[tuple[State, str], What] = {
    (State.RAISED, "acknowledge"): What.ACKNOWLEDGED,
    (State.ACKNOWLEDGED, "dispatch"): What.DISPATCHED,
    (State.ACKNOWLEDGED, "arrive"): What.ARRIVED,
    (State.DISPATCHED, "arrive"): What.ARRIVED,
    (State.ACKNOWLEDGED, "resolve"): What.RESOLVED,
    (State.DISPATCHED, "resolve"): What.RESOLVED,
    (State.ON_SCENE, "resolve"): What.RESOLVED,
    (State.RESOLVED, "review"): What.REVIEWED,
    (State.RESOLVED, "reopen"): What.REOPENED,
}
FAULT_MOVES: dict[tuple[State, str], What] = {
    (State.RAISED, "acknowledge"): What.ACKNOWLEDGED,
    (State.ACKNOWLEDGED, "work_order"): What.WORK_ORDERED,
    (State.ACKNOWLEDGED, "close"): What.CLOSED,
    (State.WORK_ORDER, "close"): What.CLOSED,
    (State.RECOVERED, "close"): What.CLOSED,
}
MOVES = {Flow.INCIDENT: INCIDENT_MOVES, Flow.FAULT: FAULT_MOVES}

INCIDENT_CAUSES = frozenset({"real", "false_human", "false_device", "test", "drill", "duplicate"})
FAULT_CAUSES = frozenset({"fixed", "false_device", "planned", "duplicate", "test", "drill"})
CAUSES = {What.RESOLVED: INCIDENT_CAUSES, What.CLOSED: FAULT_CAUSES}
RECOVERED = "recovered"  # The cause of a fault that ended before anybody had made a work order of it.

FREE_ACTS = frozenset({"note", "escalate"})  # They overwrite nobody's move, so they need no fresh version.


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request cannot be granted; `fact` is what it leaves behind all the same."""

    code: str
    detail: str
    fact: Fact | None = None


def legal_acts(alert: Alert) -> tuple[str, ...]:
    """List what people may do with an alert as it stands, in the order of the table."""
    moves = tuple(act for (state, act) in MOVES[alert.flow] if state is alert.state)
    return (*moves, "note", "escalate") if alert.open else (*moves, "note")


def judge(alert: Alert, request: ActRequested, now: float) -> Fact | Refusal:  # noqa: PLR0911  # One line for each answer.
    """Turn a request into the fact it makes, or say why not.

    A request must have seen the last move of a person and the last press; what the service itself changed since
    (stored, escalated) is nobody's decision and does not turn an acknowledgement down.
    """
    if request.act in FREE_ACTS:
        return _free(alert, request, now)
    if not alert.moved_version <= request.version <= alert.version:
        return Refusal("version_conflict", f"seen {request.version}; moved at {alert.moved_version}")
    what = MOVES[alert.flow].get((alert.state, request.act))
    if what is None:
        return Refusal("illegal_move", f"{request.act[:40]!r} in {alert.state}; allowed: {', '.join(legal_acts(alert))}")
    causes = CAUSES.get(what)
    if causes and request.cause not in causes:
        return Refusal("cause_required", f"cause {request.cause[:40]!r}; allowed: {', '.join(sorted(causes))}")
    if what is What.RESOLVED and alert.confirmed and request.cause != "real":
        return _two_people(alert, request, now)
    if what is What.REOPENED:
        chain = chain_of(alert)
        return _fact(what, request, now, next_at=due_after(chain, 0, now))
    return _fact(what, request, now)


def _two_people(alert: Alert, request: ActRequested, now: float) -> Fact | Refusal:
    """Close a confirmed incident as not real only when a second person says the same as the first."""
    if alert.proposed_by and alert.proposed_by != request.by and alert.proposed_cause == request.cause:
        return _fact(What.RESOLVED, request, now, note=f"{request.note} ({alert.proposed_by} + {request.by})".strip())
    if alert.proposed_by == request.by and alert.proposed_cause == request.cause:
        return Refusal("second_person_required", f"proposed by {request.by} already; another person must agree")
    fact = _fact(What.PROPOSED, request, now)
    return Refusal("second_person_required", "a confirmed incident; another person must agree", fact)


def _free(alert: Alert, request: ActRequested, now: float) -> Fact | Refusal:
    if request.act == "note":
        return _fact(What.NOTED, request, now)
    if not alert.open:
        return Refusal("illegal_move", f"'escalate' in {alert.state}; allowed: {', '.join(legal_acts(alert))}")
    chain = chain_of(alert)
    if alert.escalation + 1 >= len(chain):
        return Refusal("illegal_move", "the last step of the chain is reached already")
    step = alert.escalation + 1
    waiting = alert.state is State.RAISED
    return _fact(What.ESCALATED, request, now, step=step, next_at=next_due(chain, step, now) if waiting else None)


def _fact(
    what: What, request: ActRequested, now: float, *, note: str = "", step: int = 0, next_at: float | None = None
) -> Fact:
    return Fact(
        what,
        now,
        by=request.by,
        role=request.role,
        note=note or request.note,
        cause=request.cause if what in (What.RESOLVED, What.CLOSED, What.PROPOSED) else "",
        key=request.key,
        step=step,
        next_at=next_at,
    )
