"""What a guard's telephone needs before it can do anything: its posts, our clock, and the key of its call for help."""

from fastapi import APIRouter, Request, Response

from server.api import asks, views
from server.api.gate import caller_of, read_body
from server.api.parts import Parts
from server.api.problems import Code
from server.api.replies import answers, body, reply
from server.registry.model import User
from server.registry.phones import phone_id, phone_key

HOMES_MAX = 20  # A guard has one school, a relief guard a few; nobody patrols a county with one telephone.


def add(router: APIRouter, parts: Parts) -> None:
    """Add the route."""

    @router.post(
        "/api/v1/phone",
        responses=answers(views.PhoneView, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.INVALID),
        openapi_extra=body(asks.AskPhone),
    )
    async def phone(request: Request) -> Response:
        """Give a telephone its posts and keys; the same telephone gets the same again."""
        asked = await read_body(request, asks.AskPhone)
        caller = caller_of(request)
        schools = parts.registry.tree.branch(caller.reach.scope).schools
        return reply(
            views.PhoneView(
                guard=caller.user.name,
                server_ms=parts.now_ms(),
                homes=[_home(parts, caller.user, school, asked.mark) for school in schools[:HOMES_MAX]],
                more=max(0, len(schools) - HOMES_MAX),
            )
        )


def _home(parts: Parts, user: User, school: str, mark: str) -> views.PhoneHome:
    tree = parts.registry.tree
    name, known = phone_id(school, user.name, mark), tree.schools[school]
    return views.PhoneHome(
        school=school,
        name=known.name,
        name_en=known.name_en,
        gateway=name,
        key=phone_key(user, name),
        posts=[
            views.PhonePost(gateway=post.gateway, device=post.id, name=post.name, place=post.place)
            for post in tree.devices_of(school)
            if post.kind == "guard_post"
        ],
    )
