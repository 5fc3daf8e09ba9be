"""Certificates of guards on the roll that have expired or are about to."""

from datetime import timedelta

from server.core.risk.factor import Factor, Group, Judged, Level, Link, View, many
from server.core.schedule import local_date
from server.registry.sheets.guard import Guard

WATCH_DAYS = 30
SHEET = (Link("sheet", "guard"),)


def judge(view: View, now: float) -> Judged:
    """Judge by the guards who are on the roll today."""
    today = local_date(now)
    on_roll = [
        guard
        for guard in view.dossier.of(Guard)
        if (guard.on_roll_from is None or guard.on_roll_from <= today)
        and (guard.on_roll_to is None or today <= guard.on_roll_to)
    ]
    if not on_roll:
        return Judged(Level.UNKNOWN, "台账中无在册保安", "no guard on the roll stands in the ledger", SHEET)
    expired = [guard for guard in on_roll if guard.certificate_expires is not None and guard.certificate_expires < today]
    soon = today + timedelta(days=WATCH_DAYS)
    expiring = [
        guard.certificate_expires
        for guard in on_roll
        if guard.certificate_expires is not None and today <= guard.certificate_expires <= soon
    ]
    if expired:
        return Judged(
            Level.WARN,
            f"{len(on_roll)}名在册保安中{len(expired)}人证书已过期",
            f"the certificates of {len(expired)} of {len(on_roll)} guards have expired",
            SHEET,
        )
    if expiring:
        return Judged(
            Level.WATCH,
            f"{len(expiring)}人证书30天内到期，最早{min(expiring)}",
            f"{many(len(expiring), 'certificate expires', 'certificates expire')} within 30 days,"
            f" the first on {min(expiring)}",
            SHEET,
        )
    return Judged(
        Level.NONE, f"{len(on_roll)}名在册保安无证书到期", f"no certificate of {len(on_roll)} guards expires soon", SHEET
    )


FACTOR = Factor(
    "guard_certificates",
    "保安证书",
    "Guard certificates",
    Group.PEOPLE,
    "证书30天内到期为关注，已过期为预警",
    "watch: a certificate expires within 30 days; warn: one has expired",
    judge,
)
