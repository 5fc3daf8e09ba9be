"""The page of alarm quality: EEMUA 191 and ISA-18.2 over what the caller sees, with a spreadsheet behind each table."""

import asyncio
from collections.abc import Collection
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from server.api import views
from server.api.gate import Caller, caller_of
from server.api.parts import Parts
from server.api.problems import Code
from server.api.replies import NO_STORE, answers, reply
from server.noise import advice, quality
from server.noise.episodes import Episode
from server.registry.model import Scope, StationKind
from server.registry.tree import Tree
from server.security.access import sees_alert
from server.spreadsheet import csv_text

DAYS_MAX = 31
POSTS_MAX = 200
TABLES = ("actors", "pressers", "answers", "advice", "posts")
Days = Annotated[int, Query(ge=1, le=DAYS_MAX)]


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""
    problems = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.INVALID, Code.UNAVAILABLE)

    @router.get("/api/v1/noise", responses=answers(views.Quality, *problems))
    async def figures(request: Request, days: Days = 7) -> Response:
        """Give the load of officers, what rings most, how it is answered, and what a longer hold would have saved."""
        return reply(await _quality(parts, caller_of(request), days))

    @router.get(
        "/api/v1/noise.csv",
        responses={200: {"description": "UTF-8 with a byte order mark", "content": {"text/csv": {}}}},
    )
    async def spreadsheet(
        request: Request, table: Literal["actors", "pressers", "answers", "advice", "posts"] = "actors", days: Days = 7
    ) -> Response:
        """Give one of the tables for a spreadsheet."""
        found = await _quality(parts, caller_of(request), days)
        lines: list[views.View] = list(getattr(found, table))
        headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="noise-{table}.csv"'}
        return Response(_csv(lines).encode("utf-8-sig"), 200, headers, "text/csv; charset=utf-8")


async def _quality(parts: Parts, caller: Caller, days: int) -> views.Quality:
    episodes, whole = await parts.alarms.episodes(days)
    tree, now = parts.registry.tree, parts.clock()
    seen = await asyncio.to_thread(
        lambda: [one for one in episodes.values() if one.alert.mode == "real" and sees_alert(caller.reach, tree, one.alert)]
    )
    end = now - now % quality.BIN_SECONDS + quality.BIN_SECONDS  # With the ten minutes that have just begun.
    begin = end - days * 86_400.0
    opened = [
        alert
        for alert in parts.engine.alerts.values()
        if alert.open and alert.mode == "real" and sees_alert(caller.reach, tree, alert)
    ]
    standing = [alert for alert in opened if now - alert.rx > quality.STANDING_SECONDS and not alert.held]
    held = tuple(sum(alert.held == word for alert in opened) for word in ("grouped", "shelved", "planned"))

    def work() -> views.Quality:
        load = quality.load(quality.rung(seen, begin, end), begin, end)
        counted = quality.by_severity(seen, begin, end)
        return views.Quality(
            as_of=parts.now_ms(),
            days=days,
            whole=whole,
            load=views.LoadView(
                begin=round(begin * 1_000),
                bins=list(load.bins),
                total=load.total,
                average=round(load.average, 3),
                peak=load.peak,
                over_percent=round(load.over_percent, 2),
                flood_percent=round(load.flood_percent, 2),
                floods=[(round(one * 1_000), round(other * 1_000), count) for one, other, count in load.floods],
            ),
            posts=_posts(seen, tree, caller, begin, end),
            severities=[(severity, counted.get(severity, 0), share) for severity, share in quality.SHARES.items()],
            standing=len(standing),
            stale=sum(alert.acknowledged_at is None for alert in standing),
            held=(held[0], held[1], held[2]),
            chattering=quality.chattering(seen, begin, end),
            actors=[_actor(one, tree) for one in quality.actors(seen, begin, end)],
            pressers=[_presser(one, tree) for one in quality.pressers(seen, begin, end)],
            answers=[_answer(one) for one in quality.answers(seen, begin, end)],
            advice=[_advice(one) for one in advice.advise(seen, begin, end)],
        )

    return await asyncio.to_thread(work)


def _posts(seen: Collection[Episode], tree: Tree, caller: Caller, begin: float, end: float) -> list[views.PostLoad]:
    """Give the load of each police station within reach: what its officer alone is asked to answer."""
    stations = [one for one in tree.visible(caller.reach.scope)[1] if one.kind is StationKind.STATION]
    rings: dict[str, list[float]] = {station.id: [] for station in stations}
    for one in seen:
        scopes = tree.around(one.alert.unit) if one.alert.unit else tree.above(one.alert.school)
        for scope in scopes:
            if scope.kind == "station" and scope.id in rings:
                rings[scope.id] += [at for at in one.rings if begin <= at < end]
    loads = [(station, quality.load(rings[station.id], begin, end)) for station in stations]
    loads.sort(key=lambda each: (-each[1].total, each[0].id))
    return [
        views.PostLoad(
            station=station.id,
            name=tree.names(Scope("station", station.id))[0],
            name_en=tree.names(Scope("station", station.id))[1],
            total=load.total,
            average=round(load.average, 3),
            peak=load.peak,
            over_percent=round(load.over_percent, 2),
            floods=len(load.floods),
        )
        for station, load in loads[:POSTS_MAX]
    ]


def _actor(one: quality.Actor, tree: Tree) -> views.ActorView:
    alert = one.example.alert
    scope = Scope("unit", alert.unit) if alert.unit else Scope("school", alert.school)
    device = tree.device(alert.gateway, alert.device)
    return views.ActorView(
        rule=alert.rule,
        code=alert.code,
        school=alert.school,
        school_name=tree.names(scope)[0],
        school_name_en=tree.names(scope)[1],
        unit=alert.unit,
        gateway=alert.gateway,
        device=alert.device,
        device_name=device.name if device else "",
        times=one.times,
        share=round(one.share, 2),
        chatters=one.chatters,
    )


def _presser(one: quality.Presser, tree: Tree) -> views.PresserView:
    device = tree.device(one.gateway, one.device)
    name, name_en = tree.names(Scope("school", one.school))
    return views.PresserView(
        school=one.school,
        school_name=name,
        school_name_en=name_en,
        gateway=one.gateway,
        device=one.device,
        device_name=device.name if device else "",
        false=one.false,
        all=one.all,
        due=one.due,
    )


def _answer(one: quality.Answers) -> views.AnswerView:
    return views.AnswerView(
        sev=one.severity,
        target=quality.ACK_TARGETS[one.severity],
        rang=one.rang,
        answered=one.answered,
        within=one.within,
        p50=one.p50,
        p95=one.p95,
        longest=one.longest,
    )


def _advice(one: advice.Advice) -> views.AdviceView:
    return views.AdviceView(
        rule=one.rule,
        hold=one.hold,
        wanted=one.wanted,
        most=one.most,
        alerts=one.alerts,
        fleeting=one.fleeting,
        removed=one.removed,
        delayed=one.delayed,
    )


def _csv(lines: list[views.View]) -> str:
    columns = lines[0].__struct_fields__ if lines else ()
    return csv_text(columns, ((getattr(line, column) for column in columns) for line in lines)) if lines else ""
