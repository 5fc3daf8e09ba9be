"""Every route of the API, one file for each subject; `ADD` adds them all to one router."""

from server.api.routes import (
    alerts,
    audit,
    audits,
    bootstrap,
    checkins,
    commands,
    coverage,
    export,
    gaps,
    gaps_moves,
    health,
    kinds,
    login,
    schools,
    screens,
    stats,
    windows,
)

ADD = (
    alerts.add,
    audit.add,
    audits.add,
    bootstrap.add,
    checkins.add,
    commands.add,
    coverage.add,
    export.add,
    gaps.add,
    gaps_moves.add,  # After them: its addresses take whatever name they have not.
    health.add,
    kinds.add,
    login.add,
    schools.add,
    screens.add,
    stats.add,
    windows.add,
)
