"""The league table: places of one level by the rate of one indicator, as far as they can be told apart."""

from collections.abc import Container
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from server.api import views
from server.api.gate import caller_of
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, reply
from server.api.show import counts
from server.core.league import COUNTED_LEAST, league
from server.core.verdict import Tally
from server.registry.model import Scope
from server.reports.facts import FIGURE_NAMES

By = Literal["county", "township", "sub_bureau", "station"]
UNITS = frozenset({"county", "township"})


def add(router: APIRouter, parts: Parts) -> None:
    """Add the route."""

    @router.get("/api/v1/league", responses=answers(views.League, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.INVALID))
    async def table(
        request: Request,
        indicator: Annotated[str, Query(max_length=40)],
        by: By = "county",
        figure: views.Figure = "live",
    ) -> Response:
        """Rank the places of one level that lie wholly within reach; those with few schools are listed without a rank."""
        if all(indicator != one.name for one in parts.engine.indicators):
            raise ApiError(Code.INVALID, "indicator: not one of ours")
        mine = parts.registry.tree.branch(caller_of(request).reach.scope)
        tallies = {
            id_: found for id_, found in _tallies(parts, mine.places, by, indicator, figure).items() if found.required
        }
        rows = []
        for place in league(tallies):
            name, name_en = parts.registry.tree.names(Scope("unit" if by in UNITS else "station", place.id))
            rows.append(
                views.LeagueRow(
                    id=place.id,
                    name=name,
                    name_en=name_en,
                    counts=counts(place.tally),
                    counted=place.counted,
                    low=place.low,
                    high=place.high,
                    band=place.band,
                    best=place.best,
                    worst=place.worst,
                )
            )
        return reply(
            views.League(as_of=parts.now_ms(), by=by, indicator=indicator, figure=figure, least=COUNTED_LEAST, rows=rows)
        )


def _tallies(parts: Parts, mine: Container[str], by: By, indicator: str, figure: views.Figure) -> dict[str, Tally]:
    """Count the schools of every place of a level; one that lies only partly within reach is no place of the caller's."""
    tree, which = parts.registry.tree, FIGURE_NAMES.index(figure)
    places = tree.roster.units if by in UNITS else tree.roster.stations
    found: dict[str, Tally] = {}
    for place in places:
        if place.kind.value != by:
            continue
        below = tree.branch(Scope("unit" if by in UNITS else "station", place.id)).schools
        if below and all(school in mine for school in below):
            pairs = (parts.engine.verdicts(school).get(indicator) for school in below)
            found[place.id] = Tally.of(pair[which] for pair in pairs if pair is not None)
    return found
