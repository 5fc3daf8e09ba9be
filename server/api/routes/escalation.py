"""Who is told of an alert and when: the chains of the ledger, and those that are built in where it says nothing."""

from fastapi import APIRouter, Request, Response

from server.api import views
from server.api.gate import caller_of
from server.api.parts import Parts
from server.api.problems import Code
from server.api.replies import answers, reply
from server.api.show import hop_view
from server.core.alert import Severity
from server.core.chain import Chain, Hop
from server.core.escalation import BUILT_IN, CALL_ACK, FAULT_ACK
from server.registry.escalations import AUDIENCES, POLICE, parse_hops
from server.registry.sheets.escalation import Escalation


def add(router: APIRouter, parts: Parts) -> None:
    """Add the route."""

    @router.get("/api/v1/escalation", responses=answers(views.Escalations, Code.UNAUTHENTICATED, Code.FORBIDDEN))
    async def show_escalation(request: Request) -> Response:
        """List the chains that may hold for schools within reach, of the units above and below, and those built in."""
        tree, roster = parts.registry.tree, parts.engine.roster
        paths = [roster.unit_path(unit.id) for unit in tree.visible(caller_of(request).reach.scope)[0]]
        units = {unit: len(roster.unit_path(unit)) for path in paths for unit in path}
        lines = [line for line in roster.unit_lines if isinstance(line, Escalation) and line.unit in units]
        lines.sort(key=lambda line: (-units[line.unit], line.unit, line.severity or 0, line.rule, line.id))
        return reply(
            views.Escalations(
                chains=[*(_line(line) for line in lines), *(_built_in(name, chain) for name, chain in BUILT_IN.items())],
                acks=[
                    views.AckView(severity=one, call_s=round(CALL_ACK[one]), fault_s=round(FAULT_ACK[one]))
                    for one in Severity
                ],
                audiences=[
                    views.AudienceView(name=name, label=words[0], label_en=words[1], police=name in POLICE)
                    for name, words in AUDIENCES.items()
                ],
            )
        )


def _line(line: Escalation) -> views.ChainView:
    return views.ChainView(
        name=line.id,
        unit=line.unit,
        severity=line.severity,
        rule=line.rule,
        mode=line.mode,
        context=line.context or "",
        from_time=line.from_time,
        until_time=line.until_time,
        hops=[hop_view(Hop(after, audiences)) for after, audiences in parse_hops(line.hops)],
        ack_s=None if line.ack_minutes is None else line.ack_minutes * 60,
        document=line.document,
    )


def _built_in(name: str, chain: Chain) -> views.ChainView:
    return views.ChainView(
        name=name,
        unit="",
        severity=None,
        rule="",
        mode="",
        context="",
        from_time="",
        until_time="",
        hops=[hop_view(hop) for hop in chain],
        ack_s=0 if name == "rehearsal" else None,
        document="",
    )
