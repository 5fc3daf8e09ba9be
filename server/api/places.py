"""Which part of the tree a request is about, cut to the caller's reach."""

from fastapi import Request

from server.api.gate import caller_of, crossing
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.registry.model import School


async def unit_within(parts: Parts, request: Request, unit: str | None) -> str:
    """Give a unit within reach: the asked one, or the highest that the caller sees."""
    visible = parts.registry.tree.visible(caller_of(request).reach.scope)[0]
    ids = {one.id for one in visible}
    if unit is None:
        top = next((one.id for one in visible if one.parent not in ids), None)
        if top is None:
            raise ApiError(Code.NOT_FOUND, "no unit within reach")
        return top
    if unit not in ids:
        raise await crossing(parts, request, "unit", unit)
    return unit


async def schools_below(parts: Parts, request: Request, unit: str | None) -> list[School]:
    """List the schools within reach: all of them, or those below a unit."""
    tree, reach = parts.registry.tree, caller_of(request).reach
    mine = tree.branch(reach.scope)
    if unit is None:
        return [tree.schools[school] for school in mine.schools]
    below = tree.branch_of_unit(await unit_within(parts, request, unit))
    return [tree.schools[school] for school in below.schools if school in mine]
