"""The audit log, and the audits of everything derived."""

from typing import Literal

from server.api.views.common import View


class AuditEntry(View, frozen=True, kw_only=True):
    """One line of the audit log; `hash` covers the line and the `prev` one's hash."""

    seq: int
    at: int
    actor: str
    what: str
    target: str
    detail: str
    prev: str
    hash: str


class AuditPage(View, frozen=True, kw_only=True):
    """One page of the audit log, newest first."""

    items: list[AuditEntry]
    next: str | None


class AuditRun(View, frozen=True, kw_only=True):
    """One audit of everything derived: over the instants [`start`, `end`), asked for by a user or, empty, by the night."""

    id: str
    asked_by: str
    begun: int
    ended: int
    start: int
    end: int
    passed: bool
    differences: int


class AuditRuns(View, frozen=True, kw_only=True):
    """The newest audits, newest first."""

    items: list[AuditRun]


class AuditStarted(View, frozen=True, kw_only=True):
    """An audit that was taken up."""

    id: str


class AuditCheck(View, frozen=True, kw_only=True):
    """One comparison: how much was compared, what differs, and what could not be compared."""

    name: str
    about: str
    compared: int
    differences: int
    unchecked: int
    why_unchecked: str
    notes: list[str]
    shown: list[str]


class AuditReport(View, frozen=True, kw_only=True):
    """How far an audit has got, or what it found; `trouble` says why it could not come to an end."""

    id: str
    state: Literal["running", "ended", "failed"]
    stage: str
    done: int
    total: int
    trouble: str
    run: AuditRun | None
    batches: int
    readings: int
    values: int
    events: int
    checks: list[AuditCheck]
