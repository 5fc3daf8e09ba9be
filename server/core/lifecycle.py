"""What people may do with an alert, as one table, and what each request becomes: a fact or a refusal."""

from dataclasses import dataclass

from server.core.alert import Alert, Flow, State
from server.core.escalation import plan_of
from server.core.events import ActRequested
from server.core.fact import Fact, What

# (state, act) -> what happens. A press leaves `raised` only by a person, and comes back to it by itself: nobody acted.
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
    (State.CLOSED, "reopen"): What.REOPENED,
}
MOVES = {Flow.INCIDENT: INCIDENT_MOVES, Flow.FAULT: FAULT_MOVES}

INCIDENT_CAUSES = frozenset({"real", "false_human", "false_device", "test", "drill", "duplicate"})
FAULT_CAUSES = frozenset({"fixed", "false_device", "planned", "duplicate", "test", "drill"})
CAUSES = {What.RESOLVED: INCIDENT_CAUSES, What.CLOSED: FAULT_CAUSES}
RECOVERED = "recovered"  # The cause of a fault that ended before anybody had made a work order of it.

# What the service does by itself, and where an alert must stand for it; presses, notes and the like come anywhere.
ANYWHERE = frozenset(State)
BY_ITSELF: dict[Flow, dict[What, frozenset[State]]] = {
    Flow.INCIDENT: {
        What.ESCALATED: frozenset({State.RAISED}),
        What.ACK_EXPIRED: frozenset({State.ACKNOWLEDGED}),
        What.PROVEN: frozenset(State) - {State.RESOLVED, State.REVIEWED},  # Of a test alone: `fact` sees to that.
        What.CONFIRMED: frozenset(State) - {State.RESOLVED, State.REVIEWED},
        What.RECOVERED: frozenset(),
        What.RELAPSED: frozenset(),
        What.SHIFTED: frozenset(),
        What.ENDED: frozenset(),
        What.CLOSED: frozenset(),
    },
    Flow.FAULT: {
        What.ESCALATED: frozenset({State.RAISED}),
        What.ACK_EXPIRED: frozenset({State.ACKNOWLEDGED}),
        What.PROVEN: frozenset(),
        What.RECOVERED: frozenset({State.RAISED, State.ACKNOWLEDGED, State.WORK_ORDER}),
        What.CLOSED: frozenset({State.RAISED, State.ACKNOWLEDGED, State.WORK_ORDER, State.RECOVERED}),
        What.RELAPSED: frozenset({State.RECOVERED}),
        What.ENDED: frozenset({State.CLOSED}),
        What.SHIFTED: frozenset({State.RAISED, State.ACKNOWLEDGED, State.WORK_ORDER}),
    },
}
# Whose word keeps an acknowledged call in hand. Others may note what they know, but it is not theirs to answer.
ANSWERING_ROLES = frozenset({"police_liaison", "command_centre"})

FREE_ACTS = frozenset({"note", "escalate"})  # They overwrite nobody's move, so they need no fresh version.


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request cannot be granted; `fact` is what it leaves behind all the same."""

    code: str
    detail: str
    fact: Fact | None = None


def legal_acts(alert: Alert) -> tuple[str, ...]:
    """List what people may do with an alert as it stands, in the order of the table."""
    moves = tuple(act for (state, act) in MOVES[alert.flow] if state is alert.state and _has_cause(alert, act))
    return (*moves, "note", "escalate") if alert.open else (*moves, "note")


def happens(alert: Alert, what: What) -> bool:
    """Say whether the service may do something by itself to an alert as it stands."""
    return alert.state in BY_ITSELF[alert.flow].get(what, ANYWHERE)


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
    if what is None or not _has_cause(alert, request.act):
        return Refusal("illegal_move", f"{request.act[:40]!r} in {alert.state}; allowed: {', '.join(legal_acts(alert))}")
    causes = CAUSES.get(what)
    if causes and request.cause not in causes:
        return Refusal("cause_required", f"cause {request.cause[:40]!r}; allowed: {', '.join(sorted(causes))}")
    if what is What.RESOLVED and alert.confirmed and request.cause != "real":
        return _two_people(alert, request, now)
    if what is What.ACKNOWLEDGED:
        return _fact(what, request, now, expires_at=plan_of(alert).ack_expires(now))
    return _fact(what, request, now)


def _has_cause(alert: Alert, act: str) -> bool:
    """Say whether there is something to reopen: a fault that is over begins anew by itself if it comes back."""
    return act != "reopen" or alert.flow is Flow.INCIDENT or alert.ended_at is None


def _two_people(alert: Alert, request: ActRequested, now: float) -> Fact | Refusal:
    """Close a confirmed incident as not real only when a second person says the same as the first."""
    agreed = alert.proposed_by and alert.proposed_cause == request.cause
    same = alert.proposed_by == request.by or alert.proposed_by in request.also
    if agreed and not same:
        return _fact(What.RESOLVED, request, now, note=f"{request.note} ({alert.proposed_by} + {request.by})".strip())
    if agreed:
        return Refusal("second_person_required", f"proposed by {alert.proposed_by} already; another person must agree")
    fact = _fact(What.PROPOSED, request, now, expires_at=_held_until(alert, request, now))
    return Refusal("second_person_required", "a confirmed incident; another person must agree", fact)


def _free(alert: Alert, request: ActRequested, now: float) -> Fact | Refusal:
    if request.act == "note":
        return _fact(What.NOTED, request, now, expires_at=_held_until(alert, request, now))
    if not alert.open:
        return Refusal("illegal_move", f"'escalate' in {alert.state}; allowed: {', '.join(legal_acts(alert))}")
    plan = plan_of(alert)
    if alert.escalation + 1 >= len(plan.chain):
        return Refusal("illegal_move", "the last step of the chain is reached already")
    step = alert.escalation + 1
    waiting = alert.state is State.RAISED
    following = plan.next_due(step, now) if waiting else None
    return _fact(What.ESCALATED, request, now, step=step, next_at=following, expires_at=_held_until(alert, request, now))


def _held_until(alert: Alert, request: ActRequested, now: float) -> float | None:
    """Say until when an acknowledgement holds on which somebody acts who answers such alerts; None: as it is."""
    answers = alert.flow is Flow.FAULT or request.role in ANSWERING_ROLES
    waits = alert.state is State.ACKNOWLEDGED and alert.ack_expires_at is not None
    return plan_of(alert).ack_expires(now) if waits and answers else None


def _fact(  # Each is a field of the fact.
    what: What,
    request: ActRequested,
    now: float,
    *,
    note: str = "",
    step: int = 0,
    next_at: float | None = None,
    expires_at: float | None = None,
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
        expires_at=expires_at,
    )
