"""The one table of who may do what, and the one question of who sees which school.

`ROUTES` names what each request needs, `GRANTS` what each role has. A route that is in no table is refused at start.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from contract.identity import SchoolId
from contract.orders import Op
from server.core.alert import Alert, Flow
from server.core.escalation import is_silent
from server.drills.window import WindowMove
from server.gaps.model import Move
from server.registry.model import Role, Scope, User
from server.registry.tree import Tree


class Permission(StrEnum):
    """What a request can need."""

    PUBLIC = "public"  # Nobody has to be signed in.
    MACHINE = "machine"  # A key of its own, which the route checks.
    SIGNED_IN = "signed_in"
    WATCH = "watch"  # The live picture: bootstrap, stream, alerts, schools.
    COVERAGE = "coverage"
    ACT = "act"
    SHELVE = "shelve"  # Put faults aside for some hours, with a reason. Nothing of a press can be.
    EVIDENCE = "evidence"  # See an alert's evidence and its attachments; each view is audited. Attaching is `act`.
    TAKE_EVIDENCE = "take_evidence"  # Take it out as a bundle.
    HOLD_EVIDENCE = "hold_evidence"  # Keep it from any removal; two people lift a hold.
    CONTACT = "contact"  # Telephone numbers of schools and stations.
    WINDOWS = "windows"  # See declared tests and drills.
    REHEARSE = "rehearse"  # Ask for them, and take them back.
    DECLARE = "declare"  # Approve or refuse what another asked for; what one asks for oneself is declared at once.
    WITNESS = "witness"  # Say that a screen of the police has drawn a press.
    CHECK_IN = "check_in"
    STATS = "stats"
    AUDIT = "audit"
    METRICS = "metrics"
    PROVE = "prove"  # Start an audit of everything derived, and read its report.
    EXPORT = "export"  # Take readings and incidents out, in bulk.
    REPORT = "report"  # Make reports, and see which were given.
    VISIT = "visit"  # Draw and plan visits, begin them, and write down what they find.
    PLANNED = "planned"  # See visits that have not begun. Never granted to whoever could warn the school.
    RECTIFY = "rectify"  # Ask for moves of gaps, each role within its own list. Seeing them is `coverage`.
    LEDGER = "ledger"  # Read the sheets of the registry within reach, and take them out as files.
    TRY_RULES = "try_rules"  # Replay the last days of a branch under other settings of a rule.
    EDIT_LEDGER = "edit_ledger"  # Edit them, each role its own sheets: server/security/editing.py.
    NOTIFIED = "notified"  # See who was told of alerts by which channel, and how the channels do.
    TRY_CHANNEL = "try_channel"
    HANDOVER = "handover"  # Take over a post from a colleague, with what is open.
    COMMAND = "command"  # Order gateways and their devices about, each role within its own list.


class Act(StrEnum):
    """The moves of an alert's lifecycle that a person can ask for."""

    ACKNOWLEDGE = "acknowledge"
    DISPATCH = "dispatch"
    ARRIVE = "arrive"
    RESOLVE = "resolve"
    REVIEW = "review"
    REOPEN = "reopen"
    WORK_ORDER = "work_order"
    CLOSE = "close"
    NOTE = "note"
    ESCALATE = "escalate"


ROUTES: dict[tuple[str, str], Permission] = {
    ("POST", "/api/v1/login"): Permission.PUBLIC,
    ("POST", "/api/v1/logout"): Permission.SIGNED_IN,
    ("GET", "/api/v1/me"): Permission.SIGNED_IN,
    ("GET", "/api/v1/kinds"): Permission.SIGNED_IN,
    ("POST", "/api/v1/screens/health"): Permission.SIGNED_IN,
    ("GET", "/api/v1/bootstrap"): Permission.WATCH,
    ("GET", "/api/v1/stream"): Permission.WATCH,
    ("GET", "/api/v1/alerts"): Permission.WATCH,
    ("GET", "/api/v1/alerts/{alert_id}"): Permission.WATCH,
    ("POST", "/api/v1/alerts/{alert_id}/acts"): Permission.ACT,
    ("POST", "/api/v1/alerts/{alert_id}/shelf"): Permission.SHELVE,
    ("GET", "/api/v1/alerts/{alert_id}/notifications"): Permission.NOTIFIED,
    ("GET", "/api/v1/alerts/{alert_id}/police"): Permission.WATCH,
    ("POST", "/api/v1/police/{channel}/receipts"): Permission.MACHINE,
    ("GET", "/api/v1/notifications"): Permission.NOTIFIED,
    ("GET", "/api/v1/channels"): Permission.NOTIFIED,
    ("GET", "/api/v1/handovers"): Permission.HANDOVER,
    ("POST", "/api/v1/handovers"): Permission.HANDOVER,
    ("POST", "/api/v1/channels/{channel}/try"): Permission.TRY_CHANNEL,
    ("POST", "/api/v1/receipts/{channel}"): Permission.MACHINE,
    ("GET", "/api/v1/alerts/{alert_id}/evidence"): Permission.EVIDENCE,
    ("GET", "/api/v1/alerts/{alert_id}/evidence.zip"): Permission.TAKE_EVIDENCE,
    ("POST", "/api/v1/alerts/{alert_id}/attachments"): Permission.ACT,
    ("GET", "/api/v1/alerts/{alert_id}/attachments/{attachment_id}"): Permission.EVIDENCE,
    ("POST", "/api/v1/alerts/{alert_id}/attachments/{attachment_id}/remove"): Permission.ACT,
    ("POST", "/api/v1/alerts/{alert_id}/hold"): Permission.HOLD_EVIDENCE,
    ("GET", "/api/v1/evidence/holds"): Permission.EVIDENCE,
    ("GET", "/api/v1/schools/{school_id}"): Permission.WATCH,
    ("GET", "/api/v1/schools/{school_id}/history"): Permission.WATCH,
    ("GET", "/api/v1/schools/{school_id}/risk"): Permission.COVERAGE,
    ("POST", "/api/v1/outside"): Permission.MACHINE,
    ("GET", "/api/v1/risk/warned"): Permission.COVERAGE,
    ("GET", "/api/v1/coverage"): Permission.COVERAGE,
    ("GET", "/api/v1/coverage/changes"): Permission.COVERAGE,
    ("GET", "/api/v1/coverage/items"): Permission.COVERAGE,
    ("GET", "/api/v1/coverage/pace"): Permission.COVERAGE,
    ("GET", "/api/v1/days"): Permission.COVERAGE,
    ("GET", "/api/v1/coverage/gaps"): Permission.COVERAGE,
    ("GET", "/api/v1/coverage/gaps.csv"): Permission.COVERAGE,
    ("GET", "/api/v1/league"): Permission.COVERAGE,
    ("GET", "/api/v1/reports"): Permission.REPORT,
    ("GET", "/api/v1/reports/{report}"): Permission.REPORT,
    ("GET", "/api/v1/gaps"): Permission.COVERAGE,
    ("GET", "/api/v1/gaps.csv"): Permission.COVERAGE,
    ("GET", "/api/v1/gaps/summary"): Permission.COVERAGE,
    ("GET", "/api/v1/gaps/{gap_id}"): Permission.COVERAGE,
    ("POST", "/api/v1/gaps/{gap_id}/moves"): Permission.RECTIFY,
    ("GET", "/api/v1/sheets"): Permission.LEDGER,
    ("GET", "/api/v1/sheets/{sheet}/lines"): Permission.LEDGER,
    ("POST", "/api/v1/sheets/{sheet}/lines"): Permission.EDIT_LEDGER,
    ("POST", "/api/v1/sheets/{sheet}/retire"): Permission.EDIT_LEDGER,
    ("GET", "/api/v1/sheets/{sheet}/history"): Permission.LEDGER,
    ("GET", "/api/v1/ledger/template"): Permission.LEDGER,
    ("GET", "/api/v1/ledger/export"): Permission.LEDGER,
    ("POST", "/api/v1/imports"): Permission.EDIT_LEDGER,
    ("GET", "/api/v1/imports/{import_id}"): Permission.EDIT_LEDGER,
    ("POST", "/api/v1/imports/{import_id}/apply"): Permission.EDIT_LEDGER,
    ("POST", "/api/v1/imports/{import_id}/discard"): Permission.EDIT_LEDGER,
    ("POST", "/api/v1/schools/{school_id}/reorganise"): Permission.EDIT_LEDGER,
    ("GET", "/api/v1/rules"): Permission.LEDGER,
    ("POST", "/api/v1/rules/{rule}/whatif"): Permission.TRY_RULES,
    ("GET", "/api/v1/whatif/{job_id}"): Permission.TRY_RULES,
    ("POST", "/api/v1/whatif/{job_id}/cancel"): Permission.TRY_RULES,
    ("GET", "/api/v1/calendar"): Permission.LEDGER,
    ("GET", "/api/v1/escalation"): Permission.LEDGER,
    ("POST", "/api/v1/calendar"): Permission.EDIT_LEDGER,
    ("GET", "/api/v1/visits"): Permission.COVERAGE,
    ("POST", "/api/v1/visits"): Permission.VISIT,
    ("GET", "/api/v1/visits/draws"): Permission.PLANNED,
    ("POST", "/api/v1/visits/draws"): Permission.VISIT,
    ("GET", "/api/v1/visits/{visit_id}"): Permission.COVERAGE,
    ("POST", "/api/v1/visits/{visit_id}/acts"): Permission.VISIT,
    ("POST", "/api/v1/visits/{visit_id}/findings"): Permission.VISIT,
    ("GET", "/api/v1/windows"): Permission.WINDOWS,
    ("POST", "/api/v1/windows"): Permission.REHEARSE,
    ("GET", "/api/v1/windows/{window_id}"): Permission.WINDOWS,
    ("POST", "/api/v1/windows/{window_id}/moves"): Permission.REHEARSE,
    ("GET", "/api/v1/tests"): Permission.WINDOWS,
    ("GET", "/api/v1/test-plan"): Permission.WINDOWS,
    ("POST", "/api/v1/test-plan/moves"): Permission.DECLARE,
    ("POST", "/api/v1/screens/shown"): Permission.WITNESS,
    ("GET", "/api/v1/commands"): Permission.COMMAND,
    ("POST", "/api/v1/commands"): Permission.COMMAND,
    ("POST", "/api/v1/commands/{command_id}/confirm"): Permission.COMMAND,
    ("POST", "/api/v1/checkins"): Permission.CHECK_IN,
    ("POST", "/api/v1/phone"): Permission.CHECK_IN,
    ("GET", "/api/v1/stats"): Permission.STATS,
    ("GET", "/api/v1/noise"): Permission.STATS,
    ("GET", "/api/v1/noise.csv"): Permission.STATS,
    ("GET", "/api/v1/audit"): Permission.AUDIT,
    ("GET", "/api/v1/audits"): Permission.AUDIT,
    ("POST", "/api/v1/audits"): Permission.PROVE,
    ("GET", "/api/v1/audits/{audit_id}"): Permission.AUDIT,
    ("GET", "/api/v1/export/readings"): Permission.EXPORT,
    ("GET", "/api/v1/export/incidents"): Permission.EXPORT,
    ("GET", "/api/v1/openapi.json"): Permission.PUBLIC,
    ("GET", "/docs/problems"): Permission.PUBLIC,
    ("GET", "/healthz"): Permission.PUBLIC,
    ("GET", "/readyz"): Permission.PUBLIC,
    ("GET", "/metrics"): Permission.METRICS,  # Also open to this very machine, where a collector runs without a login.
}

_WATCHING = frozenset({Permission.PUBLIC, Permission.SIGNED_IN, Permission.WATCH})
_INCIDENT_WORK = frozenset(set(Act) - {Act.WORK_ORDER, Act.CLOSE})
_FAULT_WORK = frozenset({Act.ACKNOWLEDGE, Act.WORK_ORDER, Act.CLOSE, Act.REOPEN, Act.NOTE, Act.ESCALATE})
_NOTES = frozenset({Act.NOTE})
_NOTHING: frozenset[Act] = frozenset()
_ANSWERS_GAPS = frozenset({Move.RECTIFY, Move.NOTE})
_RULES_GAPS = frozenset({Move.ASSIGN, Move.SEND_BACK, Move.CLOSE, Move.REOPEN, Move.NOTE})
_POLICE_ORDERS = frozenset({Op.SIREN, Op.LOCK, Op.UNLOCK, Op.TEST_ALARM})
_UPKEEP_ORDERS = frozenset({Op.SIREN, Op.SET, Op.REBOOT, Op.RESEND_BIRTH, Op.TEST_ALARM, Op.REPLAY_FROM})


@dataclass(frozen=True, slots=True)
class Grant:
    """What one role has: permissions, and the acts it may ask for on incidents (presses) and on device faults."""

    permissions: frozenset[Permission]
    incidents: frozenset[Act] = _NOTHING
    faults: frozenset[Act] = _NOTHING
    orders: frozenset[Op] = frozenset()
    gaps: frozenset[Move] = frozenset()

    @property
    def acts(self) -> frozenset[Act]:
        """Every act this role may ask for on anything."""
        return self.incidents | self.faults


GRANTS: dict[Role, Grant] = {
    Role.POLICE_LIAISON: Grant(
        _WATCHING
        | {
            Permission.EVIDENCE,
            Permission.TAKE_EVIDENCE,
            Permission.HOLD_EVIDENCE,
            Permission.COVERAGE,
            Permission.NOTIFIED,
            Permission.HANDOVER,
            Permission.LEDGER,
            Permission.REPORT,
            Permission.ACT,
            Permission.SHELVE,
            Permission.CONTACT,
            Permission.WINDOWS,
            Permission.REHEARSE,
            Permission.DECLARE,
            Permission.WITNESS,
            Permission.STATS,
            Permission.COMMAND,
            Permission.RECTIFY,
        },
        _INCIDENT_WORK,
        _FAULT_WORK,
        _POLICE_ORDERS,
        _ANSWERS_GAPS,
    ),
    Role.COMMAND_CENTRE: Grant(
        _WATCHING
        | {
            Permission.EVIDENCE,
            Permission.TAKE_EVIDENCE,
            Permission.HOLD_EVIDENCE,
            Permission.COVERAGE,
            Permission.NOTIFIED,
            Permission.HANDOVER,
            Permission.LEDGER,
            Permission.REPORT,
            Permission.ACT,
            Permission.SHELVE,
            Permission.CONTACT,
            Permission.WINDOWS,
            Permission.REHEARSE,
            Permission.DECLARE,
            Permission.WITNESS,
            Permission.STATS,
            Permission.COMMAND,
        },
        _INCIDENT_WORK,
        _FAULT_WORK,
        _POLICE_ORDERS,
    ),
    Role.EDUCATION_OFFICER: Grant(
        _WATCHING
        | {
            Permission.EVIDENCE,
            Permission.COVERAGE,
            Permission.NOTIFIED,
            Permission.LEDGER,
            Permission.EDIT_LEDGER,
            Permission.TRY_RULES,
            Permission.REPORT,
            Permission.ACT,
            Permission.SHELVE,
            Permission.CONTACT,
            Permission.WINDOWS,
            Permission.STATS,
            Permission.RECTIFY,
            Permission.VISIT,
            Permission.PLANNED,
        },
        _NOTES,  # The police work an incident; the bureau can add what it knows.
        _FAULT_WORK,
        gaps=_RULES_GAPS,  # Whoever assigns and verifies does not rectify.
    ),
    Role.SCHOOL_DIRECTOR: Grant(
        _WATCHING
        | {
            Permission.EVIDENCE,
            Permission.COVERAGE,
            Permission.NOTIFIED,
            Permission.LEDGER,
            Permission.EDIT_LEDGER,
            Permission.REPORT,
            Permission.ACT,
            Permission.CONTACT,
            Permission.WINDOWS,
            Permission.REHEARSE,
            Permission.RECTIFY,
        },
        _NOTES,  # A school's word never closes its own press.
        frozenset({Act.ACKNOWLEDGE, Act.WORK_ORDER, Act.NOTE}),
        gaps=_ANSWERS_GAPS,
    ),
    Role.GUARD: Grant(_WATCHING | {Permission.CHECK_IN}),
    Role.MAINTAINER: Grant(
        _WATCHING
        | {
            Permission.COVERAGE,
            Permission.LEDGER,
            Permission.ACT,
            Permission.WINDOWS,
            Permission.STATS,
            Permission.COMMAND,
            Permission.RECTIFY,
        },
        _NOTHING,
        frozenset({Act.ACKNOWLEDGE, Act.WORK_ORDER, Act.CLOSE, Act.NOTE}),
        _UPKEEP_ORDERS,
        _ANSWERS_GAPS,
    ),
    Role.ADMINISTRATOR: Grant(  # Runs the service and works no alarm: no one person both keeps the log and closes presses.
        _WATCHING
        | {
            Permission.COVERAGE,
            Permission.NOTIFIED,
            Permission.TRY_CHANNEL,
            Permission.LEDGER,
            Permission.EDIT_LEDGER,
            Permission.TRY_RULES,
            Permission.REPORT,
            Permission.WINDOWS,
            Permission.STATS,
            Permission.AUDIT,
            Permission.METRICS,
            Permission.EXPORT,
            Permission.COMMAND,
            Permission.PROVE,
        },
        orders=_UPKEEP_ORDERS | _POLICE_ORDERS,
    ),
    Role.WALL: Grant(_WATCHING | {Permission.COVERAGE}),
    Role.SUPERVISOR: Grant(
        _WATCHING
        | {
            Permission.EVIDENCE,
            Permission.TAKE_EVIDENCE,
            Permission.COVERAGE,
            Permission.NOTIFIED,
            Permission.REPORT,
            Permission.LEDGER,
            Permission.WINDOWS,
            Permission.STATS,
            Permission.AUDIT,
            Permission.PLANNED,
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Reach:
    """What a user's stream and lists are cut to: a branch of the tree, and whether alarms without a place are in it."""

    scope: Scope
    unplaced: bool  # A press of a gateway that no school owns must be seen by somebody.
    covert: bool  # Duress alarms, of which nothing may show at the school itself.


# Who stands in a school while it works, whatever branch the account has: somebody may be looking over their shoulder.
AT_SCHOOLS = frozenset({Role.SCHOOL_DIRECTOR, Role.GUARD, Role.MAINTAINER})
TELLING_STEPS = frozenset({"confirmed", "proposed"})  # Entries by which a watched screen would betray a second, silent call.


def reach(user: User, tree: Tree) -> Reach:
    """Say what a user reaches: command centres and the roots of both trees also see alarms that have no school."""
    unplaced = user.role is Role.COMMAND_CENTRE or tree.is_root(user.scope)
    return Reach(user.scope, unplaced, covert=user.scope.kind != "school" and user.role not in AT_SCHOOLS)


def sees(seen: Reach, tree: Tree, school: str) -> bool:
    """Say whether a school lies within reach; what lies in no known school is judged as unplaced."""
    return school in tree.branch(seen.scope) or (seen.unplaced and school not in tree.schools)


def sees_alert(seen: Reach, tree: Tree, alert: Alert) -> bool:
    """Say whether an alert lies within reach; a duress alarm is never shown at the school that raised it.

    What befalls an area is seen by all who mind any school of it: they could not see its one row otherwise.
    """
    if alert.unit:
        return seen.scope in tree.around(alert.unit) or (seen.unplaced and alert.unit not in tree.units)
    return sees(seen, tree, alert.school) and (seen.covert or not is_covert(alert))


def is_covert(alert: Alert) -> bool:
    """Say whether an alert was raised under threat, so that no screen at the school may tell of it."""
    return is_silent(alert)


def as_seen(seen: Reach, alert: Alert) -> Alert:
    """Give an alert as whoever has this reach may see it."""
    return alert if seen.covert else discreet(alert)


def discreet(alert: Alert) -> Alert:
    """Give an alert as it shows at the school: not that a second signal confirmed it, for that may be a silent call."""
    if not (alert.confirmed or alert.proposed_by):
        return alert
    history = tuple(step for step in alert.history if step.what not in TELLING_STEPS)
    return replace(alert, confirmed=False, proposed_by="", proposed_cause="", history=history)


def may(user: User, permission: Permission) -> bool:
    """Say whether a user's role has a permission."""
    return permission in GRANTS[user.role].permissions


def may_have_phone(user: User, school: SchoolId, tree: Tree) -> bool:
    """Say whether a user's telephone may speak for a school: whoever checks in there may also call for help there."""
    return may(user, Permission.CHECK_IN) and school in tree.branch(user.scope)


def may_act(user: User, alert: Alert, act: Act) -> bool:
    """Say whether a user's role may ask for this move of this alert; whether it is legal now, the core decides."""
    grant = GRANTS[user.role]
    return act in (grant.incidents if alert.flow is Flow.INCIDENT else grant.faults)


def may_work(user: User, tree: Tree, alert: Alert, act: Act) -> bool:
    """Say whether a user may ask for this move of this alert: of an area's row only notes, unless all of it is within reach.

    Whoever minds three schools sees the row of a county, and must not answer for the county.
    """
    if not may_act(user, alert, act):
        return False
    return act is Act.NOTE or not alert.unit or covers(tree, user.scope, alert.unit)


def covers(tree: Tree, scope: Scope, unit: str) -> bool:
    """Say whether every school of a unit lies below a scope."""
    branch = tree.branch(scope)
    return all(school in branch for school in tree.branch_of_unit(unit).schools)


def may_move(user: User, move: Move) -> bool:
    """Say whether a user's role may ask for this move of a gap; whether it is legal now, the lifecycle decides."""
    return move in GRANTS[user.role].gaps


def may_move_window(user: User, move: WindowMove, asked_by: str) -> bool:
    """Say whether a user may ask for this move of a test or drill: nobody rules on what they asked for themselves."""
    if move in (WindowMove.APPROVE, WindowMove.REFUSE):
        return may(user, Permission.DECLARE) and user.name != asked_by
    return may(user, Permission.REHEARSE)


def may_command(user: User, op: Op) -> bool:
    """Say whether a user's role may give this order, alone or as the second person."""
    return op in GRANTS[user.role].orders
