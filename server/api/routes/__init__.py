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
    health.add,
    kinds.add,
    login.add,
    schools.add,
    screens.add,
    stats.add,
    windows.add,
)
