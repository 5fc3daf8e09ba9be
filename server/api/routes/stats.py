"""The counters of the data-health view."""

from fastapi import APIRouter, Response

from server.api import views
from server.api.parts import Parts
from server.api.problems import Code
from server.api.replies import answers, reply


def add(router: APIRouter, parts: Parts) -> None:
    """Add the route."""

    @router.get("/api/v1/stats", responses=answers(views.Stats, Code.UNAUTHENTICATED, Code.FORBIDDEN))
    async def stats() -> Response:
        """Say how the server does."""
        hub, ingest = parts.hub, parts.ingest
        return reply(
            views.Stats(
                ingest=dict(ingest.counters()),
                dead_letters=ingest.dead_letters(),
                lag_ms=ingest.lag_ms(),
                streams=views.StreamStats(
                    clients=hub.clients, channels=hub.channels, sent=hub.sent, resets=hub.resets, replays=hub.replays
                ),
                history=views.HistoryStats(
                    behind=ingest.history_behind(), store=parts.history.name if parts.history else "none"
                ),
                audit=_audit(parts),
                build=parts.build,
            )
        )


def _audit(parts: Parts) -> views.AuditStats | None:
    if parts.auditor is None:
        return None
    standing = parts.auditor.standing
    return views.AuditStats(
        ended=standing.last_ended_ms,
        passed=standing.last_passed,
        differences=standing.last_differences,
        running=bool(standing.running),
    )
