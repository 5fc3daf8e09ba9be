"""Orders to gateways and their devices: asked by one person, confirmed by a second where something opens, and listed."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from contract.errors import Refused
from contract.identity import GatewayId, parse_press_id
from server.api import asks, views
from server.api.gate import caller_of, crossing, read_body, school_within
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX, read_cursor, write_cursor
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.commands.model import Asked, Given, NotGiven
from server.security.access import sees

_REFUSALS = (
    *(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.NOT_FOUND, Code.INVALID, Code.ILLEGAL_MOVE),
    *(Code.SECOND_PERSON_REQUIRED, Code.TOO_MANY, Code.UNAVAILABLE),
)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get(
        "/api/v1/commands",
        responses=answers(views.Commands, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID),
    )
    async def list_commands(
        request: Request,
        school: Annotated[str | None, Query(max_length=10)] = None,
        gateway: Annotated[str | None, Query(max_length=40)] = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    ) -> Response:
        """List the orders within reach, newest first."""
        tree, caller = parts.registry.tree, caller_of(request)
        if school is not None:
            await school_within(parts, request, school)
        schools = [school] if school is not None else list(tree.branch(caller.reach.scope).schools)
        start = read_cursor(cursor) if cursor else None
        before = None if start is None else (int(start[0]), start[1])
        page = await parts.commands.page(schools, gateway, before, limit)
        last = page[-1] if len(page) == limit else None
        return reply(
            views.Commands(
                items=[_view(parts, given) for given in page],
                next=None if last is None else write_cursor(last.asked_ms, last.asked.id),
            )
        )

    @router.post(
        "/api/v1/commands",
        status_code=201,
        responses=answers(views.CommandView, *_REFUSALS, status=201),
        openapi_extra=body(asks.AskCommand),
    )
    async def give(request: Request) -> Response:
        """Give an order, or ask for a second person's word where something opens; the same `id` again changes nothing."""
        asked = await read_body(request, asks.AskCommand)
        caller, tree = caller_of(request), parts.registry.tree
        known = tree.gateways.get(asked.gateway)
        if known is None or not sees(caller.reach, tree, known.school):
            raise await crossing(parts, request, "gateway", asked.gateway)
        order = Asked(_id(asked.id), GatewayId(asked.gateway), asked.device, known.school, asked.op, asked.arguments)
        try:
            return reply(_view(parts, await parts.commands.ask(order, caller.user)), 201)
        except NotGiven as error:
            raise ApiError(Code(error.code), error.detail) from None

    @router.post("/api/v1/commands/{command_id}/confirm", responses=answers(views.CommandView, *_REFUSALS))
    async def confirm(command_id: str, request: Request) -> Response:
        """Confirm another person's order: it is signed and sent now."""
        caller = caller_of(request)
        given = await parts.commands.find(_id(command_id))
        if given is None or not sees(caller.reach, parts.registry.tree, given.asked.school):
            raise await crossing(parts, request, "command", command_id)
        try:
            return reply(_view(parts, await parts.commands.confirm(given, caller.user)))
        except NotGiven as error:
            raise ApiError(Code(error.code), error.detail) from None


def _id(text: str) -> str:
    try:
        return parse_press_id(text)
    except Refused as refusal:
        raise ApiError(Code.INVALID, refusal.detail) from None


def _view(parts: Parts, given: Given) -> views.CommandView:
    asked, accounts = given.asked, parts.registry.accounts
    device = parts.registry.tree.devices.get((asked.gateway, asked.device))
    return views.CommandView(
        id=asked.id,
        op=asked.op,
        gateway=asked.gateway,
        device=asked.device,
        device_name=device.name if device is not None else "",
        school=asked.school,
        arguments=dict(asked.arguments),
        state=given.state(parts.now_ms()),
        asked_by=given.asked_by,
        asked_by_display=accounts.display(given.asked_by),
        asked=given.asked_ms,
        confirmed_by=given.confirmed_by,
        confirmed_by_display=accounts.display(given.confirmed_by) if given.confirmed_by else "",
        issued=given.issued_ms or None,
        ends=given.exp_ms or None,
        answers=[views.CommandAnswer(code=one.code, t=one.t_ms, rx=one.rx_ms, text=one.text) for one in given.answers],
    )
