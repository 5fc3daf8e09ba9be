"""The items of which one figure is made, in a unit and each below it: so many schools have each, lack it, cannot say."""

from collections.abc import Container, Iterable, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from server.api import views
from server.api.gate import caller_of
from server.api.parts import Parts
from server.api.past import Told, is_today, past_day, reach_then, unit_then
from server.api.places import unit_within
from server.api.problems import ApiError, Code
from server.api.replies import answers, reply
from server.api.show import counts
from server.api.tallies import Book, Place
from server.core.indicator import Indicator
from server.core.indicators import INDICATORS
from server.core.items import tally_items
from server.registry.sheets.declaration import ITEMS

Short = Annotated[str | None, Query(max_length=32)]


def add(router: APIRouter, parts: Parts) -> None:
    """Add the route."""
    problems = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.UNAVAILABLE)

    @router.get("/api/v1/coverage/items", responses=answers(views.Items, *problems))
    async def items(
        request: Request,
        indicator: Annotated[str, Query(max_length=40)],
        unit: Short = None,
        on: Annotated[str | None, Query(max_length=10)] = None,
        known: Literal["then", "now"] = "then",
    ) -> Response:
        """Count the schools by each item of an indicator's ledger, in a unit and in those directly below it."""
        chosen = next((one for one in INDICATORS if one.name == indicator and one.items), None)
        if chosen is None:
            raise ApiError(Code.INVALID, f"indicator: {indicator!r} is not made of items")
        if is_today(parts, on):
            return reply(_today(parts, request, chosen, await unit_within(parts, request, unit)))
        told = await past_day(parts, on or "", known)
        return reply(_then(parts, request, chosen, await unit_then(parts, request, unit, told), told))


def _today(parts: Parts, request: Request, indicator: Indicator, parent: str) -> views.Items:
    tree, scope = parts.registry.tree, caller_of(request).reach.scope
    visible = {one.id for one in tree.visible(scope)[0]}
    places = [tree.units[parent], *(one for one in tree.roster.units if one.parent == parent and one.id in visible)]
    below = [(place, tree.branch_of_unit(place.id).schools) for place in places]
    return _items(parts.now_ms(), parent, indicator, _rows(parts.engine, below, tree.branch(scope), indicator), None)


def _then(parts: Parts, request: Request, indicator: Indicator, parent: str, told: Told) -> views.Items:
    day = told.day
    if day is None or indicator.name not in day.names:
        return _items(parts.now_ms(), parent, indicator, [], told.basis)
    places = [day.units[parent], *(one for one in day.frozen.units if one.parent == parent)]
    mine = reach_then(parts, caller_of(request), day)
    below = [(place, day.under[place.id]) for place in places]
    seen = [(place, schools) for place, schools in below if place.id == parent or any(one in mine for one in schools)]
    return _items(day.frozen.taken_ms, parent, indicator, _rows(day, seen, mine, indicator), told.basis)


def _rows(
    book: Book, below: Iterable[tuple[Place, Sequence[str]]], mine: Container[str], indicator: Indicator
) -> list[views.ItemRow]:
    rows: list[views.ItemRow] = []
    for place, schools in below:
        pairs = [book.verdicts(school).get(indicator.name) for school in schools if school in mine]
        tallies = tally_items([pair[0] for pair in pairs if pair is not None], indicator.items)
        rows.append(
            views.ItemRow(
                unit=place.id,
                name=place.name,
                name_en=place.name_en,
                counts=[counts(tallies[item]) for item in indicator.items],
            )
        )
    return rows


def _items(
    as_of: int, parent: str, indicator: Indicator, rows: list[views.ItemRow], basis: views.CoverageBasis | None
) -> views.Items:
    names = [views.ItemName(id=item, label=ITEMS[item][0], label_en=ITEMS[item][1]) for item in indicator.items]
    return views.Items(as_of=as_of, parent=parent, indicator=indicator.name, items=names, rows=rows, basis=basis)
