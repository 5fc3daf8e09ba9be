"""The device kinds, so that screens need no table of their own."""

from fastapi import APIRouter, Response

from contract.kinds import KINDS
from server.api import views
from server.api.parts import Parts
from server.api.problems import Code
from server.api.replies import answers, reply


def add(router: APIRouter, _parts: Parts) -> None:
    """Add the route."""

    @router.get("/api/v1/kinds", responses=answers(views.Kinds, Code.UNAUTHENTICATED))
    async def list_kinds() -> Response:
        """List every device kind with labels, metrics and units."""
        return reply(kinds())


def kinds() -> views.Kinds:
    """Show every device kind."""
    return views.Kinds(
        items=[
            views.KindView(
                name=kind.name,
                label=kind.label,
                label_en=kind.label_en,
                pillar=kind.pillar.value,
                urgency=kind.urgency.value,
                metrics=[
                    views.MetricKind(
                        name=metric.name,
                        label=metric.label,
                        label_en=metric.label_en,
                        type=metric.type.value,
                        unit=metric.unit,
                        low=metric.low,
                        high=metric.high,
                        words=list(metric.words),
                    )
                    for metric in kind.metrics
                ],
            )
            for kind in KINDS.values()
        ]
    )
