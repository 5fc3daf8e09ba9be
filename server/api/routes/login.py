"""Signing in and out, and who one is."""

import math

from fastapi import APIRouter, Request, Response

from server.api import asks, views
from server.api.gate import COOKIE, caller_of, read_body
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.registry.model import User
from server.security.access import GRANTS
from server.security.sessions import LIFE_SECONDS
from server.security.tokens import csrf_token


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.post(
        "/api/v1/login",
        responses=answers(views.Me, Code.BAD_CREDENTIALS, Code.LOCKED_OUT, Code.INVALID, Code.CSRF),
        openapi_extra=body(asks.Login),
    )
    async def login(request: Request) -> Response:
        """Sign in; the session's cookie comes with the answer."""
        asked = await read_body(request, asks.Login)
        user = await _checked(parts, request, asked)
        token = await parts.sessions.open(user.name, parts.clock())
        await parts.registry.audit.append(parts.clock(), user.name, "signed_in", detail=_address(request))
        answer = reply(me(parts, user, token))
        answer.set_cookie(
            COOKIE, token, max_age=int(LIFE_SECONDS), path="/", secure=parts.secure, httponly=True, samesite="strict"
        )
        return answer

    @router.post("/api/v1/logout", status_code=204, responses=answers(None, Code.UNAUTHENTICATED, Code.CSRF, status=204))
    async def logout(request: Request) -> Response:
        """Sign out; the session's streams end too."""
        caller = caller_of(request)
        await parts.sessions.close(caller.session.digest)
        await parts.registry.audit.append(parts.clock(), caller.user.name, "signed_out")
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, path="/", secure=parts.secure, httponly=True, samesite="strict")
        return answer

    @router.get("/api/v1/me", responses=answers(views.Me, Code.UNAUTHENTICATED))
    async def who_am_i(request: Request) -> Response:
        """Say who is signed in."""
        caller = caller_of(request)
        return reply(me(parts, caller.user, caller.token))


async def _checked(parts: Parts, request: Request, asked: asks.Login) -> User:
    """Give the user of a right name and password; a wrong one costs the same time whether or not the name exists."""
    now, address = parts.clock(), _address(request)
    wait = max(parts.lockout.refused_for(asked.username, now), parts.addresses.refused_for(address, now))
    if wait > 0:
        await parts.registry.audit.append(now, asked.username, "locked_out", detail=address)
        raise ApiError(Code.LOCKED_OUT, headers={"Retry-After": str(math.ceil(wait))})
    user = parts.registry.accounts.find(asked.username)
    if not await parts.passwords.matches(asked.password, user.password_hash if user else None) or user is None:
        parts.lockout.wrong(asked.username, now)
        parts.addresses.wrong(address, now)
        await parts.registry.audit.append(now, asked.username, "wrong_password", detail=address)
        raise ApiError(Code.BAD_CREDENTIALS)
    parts.lockout.right(asked.username)
    return user


def me(parts: Parts, user: User, token: str) -> views.Me:
    """Show a user to themselves."""
    grant = GRANTS[user.role]
    name, name_en = parts.registry.tree.names(user.scope)
    return views.Me(
        name=user.name,
        display=user.display,
        role=user.role,
        scope=views.ScopeView(kind=user.scope.kind, id=user.scope.id, name=name, name_en=name_en),  # type: ignore[arg-type]
        csrf=csrf_token(token),
        server_ms=parts.now_ms(),
        build=parts.build,
        acts=sorted(grant.acts),
        orders=sorted(grant.orders),
        permissions=sorted(grant.permissions),
        city=parts.city,
        city_en=parts.city_en,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
