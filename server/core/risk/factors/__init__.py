"""Every factor of the risk profile, one file each, in the order of the page; a new one is one file and one line here."""

from server.core.risk.factor import Factor
from server.core.risk.factors import (
    disputes_open,
    drills_overdue,
    false_presses,
    figures_not_met,
    gaps_overdue,
    gate_devices,
    guard_certificates,
    hazards_open,
    incidents,
    kit_expiring,
    outside,
    papers_lapsed,
)

FACTORS: tuple[Factor, ...] = (
    gate_devices.FACTOR,
    figures_not_met.FACTOR,
    gaps_overdue.FACTOR,
    incidents.FACTOR,
    false_presses.FACTOR,
    guard_certificates.FACTOR,
    kit_expiring.FACTOR,
    drills_overdue.FACTOR,
    papers_lapsed.FACTOR,
    hazards_open.FACTOR,
    disputes_open.FACTOR,
    outside.FACTOR,
)
