"""What the API says, as types: the one definition of answers, of the OpenAPI document and of the dashboard's TypeScript.

Instants are milliseconds UTC. One file for each subject, and its names here.
"""

from server.api.views.access import Me, ScopeView
from server.api.views.alerts import Alert, AlertDetail, AlertPage, Contact, HistoryStep, PressView, RelatedDevice
from server.api.views.audits import AuditCheck, AuditEntry, AuditPage, AuditReport, AuditRun, AuditRuns, AuditStarted
from server.api.views.checkins import CheckInResult, CheckIns
from server.api.views.commands import CommandAnswer, Commands, CommandView
from server.api.views.common import Figure, Letter, Liveness, View
from server.api.views.coverage import (
    Counts,
    Coverage,
    CoverageCell,
    CoverageLetters,
    CoverageRow,
    Gap,
    GapPage,
    GapStanding,
    IndicatorView,
    SchoolCoverage,
    VerdictView,
)
from server.api.views.events import AlertsEvent, CoverageEvent, HelloEvent, LivenessEvent, ResetEvent, ResetReason
from server.api.views.gaps import GapCounts, GapDetail, GapEntry, GapEvidence, GapLine, GapLines, GapSummary
from server.api.views.health import AuditStats, Health, HistoryStats, Stats, StreamStats
from server.api.views.kinds import Kinds, KindView, MetricKind, Series
from server.api.views.picture import Bootstrap, Summary
from server.api.views.problems import Problem
from server.api.views.schools import (
    DeclarationView,
    DeviceView,
    ExemptionView,
    GatewayView,
    MetricView,
    SchoolPage,
    SchoolView,
)
from server.api.views.units import SchoolColumns, StationView, UnitView
from server.api.views.windows import Windows, WindowView

__all__ = [
    "Alert",
    "AlertDetail",
    "AlertPage",
    "AlertsEvent",
    "AuditCheck",
    "AuditEntry",
    "AuditPage",
    "AuditReport",
    "AuditRun",
    "AuditRuns",
    "AuditStarted",
    "AuditStats",
    "Bootstrap",
    "CheckInResult",
    "CheckIns",
    "CommandAnswer",
    "CommandView",
    "Commands",
    "Contact",
    "Counts",
    "Coverage",
    "CoverageCell",
    "CoverageEvent",
    "CoverageLetters",
    "CoverageRow",
    "DeclarationView",
    "DeviceView",
    "ExemptionView",
    "Figure",
    "Gap",
    "GapCounts",
    "GapDetail",
    "GapEntry",
    "GapEvidence",
    "GapLine",
    "GapLines",
    "GapPage",
    "GapStanding",
    "GapSummary",
    "GatewayView",
    "Health",
    "HelloEvent",
    "HistoryStats",
    "HistoryStep",
    "IndicatorView",
    "KindView",
    "Kinds",
    "Letter",
    "Liveness",
    "LivenessEvent",
    "Me",
    "MetricKind",
    "MetricView",
    "PressView",
    "Problem",
    "RelatedDevice",
    "ResetEvent",
    "ResetReason",
    "SchoolColumns",
    "SchoolCoverage",
    "SchoolPage",
    "SchoolView",
    "ScopeView",
    "Series",
    "StationView",
    "Stats",
    "StreamStats",
    "Summary",
    "UnitView",
    "VerdictView",
    "View",
    "WindowView",
    "Windows",
]
