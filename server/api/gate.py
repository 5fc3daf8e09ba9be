"""The gate before every route: session, CSRF and role are checked here by one table, and nowhere else."""

from dataclasses import dataclass
from typing import TypeVar

import msgspec
from fastapi import Request

from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.core.alert import Alert
from server.registry.model import School, User
from server.security.access import ROUTES, Permission, Reach, may, reach, sees, sees_alert
from server.security.sessions import Session
from server.security.tokens import csrf_matches

COOKIE = "anxiao_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK = frozenset({"127.0.0.1", "::1"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, in which session, and how far they see."""

    user: User
    session: Session
    token: str
    reach: Reach

    def may(self, permission: Permission) -> bool:
        """Say whether the caller's role has a permission."""
        return may(self.user, permission)


class Gate:
    """Lets a request through or raises the refusal; `caller` then says who it is."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, request: Request) -> None:
        """Check one request against the table; a route the table does not name is closed."""
        needed = ROUTES[request.method, request.scope["route"].path]
        if needed in (Permission.PUBLIC, Permission.MACHINE):
            check_origin(request)
            return
        if needed is Permission.METRICS and is_local(request):
            return
        caller = await self._caller(request)
        if request.method not in SAFE_METHODS:
            check_origin(request)
            if not csrf_matches(caller.token, request.headers.get("x-csrf-token", "")):
                raise ApiError(Code.CSRF, "the header X-CSRF-Token is missing or not this session's")
        if not caller.may(needed):
            raise ApiError(Code.FORBIDDEN, f"{caller.user.role.value} has no permission {needed.value!r}")
        request.state.caller = caller

    async def _caller(self, request: Request) -> Caller:
        parts, now = self._parts, self._parts.clock()
        token = request.cookies.get(COOKIE, "")
        session = (parts.sessions.find(token, now) or await parts.sessions.seek(token, now)) if token else None
        user = parts.registry.accounts.find(session.user) if session else None
        if session is None or user is None:
            raise ApiError(Code.UNAUTHENTICATED)
        parts.sessions.use(session.digest, now)
        return Caller(user, session, token, reach(user, parts.registry.tree))


def caller_of(request: Request) -> Caller:
    """Give the caller whom the gate let through."""
    caller: Caller = request.state.caller
    return caller


def is_local(request: Request) -> bool:
    """Say whether a request comes from this machine itself and not through a proxy on it."""
    return request.client is not None and request.client.host in LOOPBACK and "x-forwarded-for" not in request.headers


def check_origin(request: Request) -> None:
    """Refuse a write that a foreign page makes in the user's browser."""
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none") or (
        origin is not None and origin.partition("://")[2] != request.headers.get("host")
    ):
        raise ApiError(Code.CSRF, "the request comes from another site")


async def read_body(request: Request, kind: type[T]) -> T:
    """Read a body of the expected type or raise the refusal, which names the place."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":  # A form of a foreign page cannot send this type without asking first.
        raise ApiError(Code.INVALID, f"content type {media[:40]!r}; allowed: application/json")
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(Code.INVALID, "the body is not as the API has it", errors=[str(error)]) from None


async def school_within(parts: Parts, request: Request, school: str) -> School:
    """Give a school within the caller's reach; anything else answers 404 and is audited."""
    caller = caller_of(request)
    known = parts.registry.tree.schools.get(school)
    if known is None or not sees(caller.reach, parts.registry.tree, school):
        raise await crossing(parts, request, "school", school)
    return known


async def alert_within(parts: Parts, request: Request, alert_id: str) -> Alert:
    """Give an alert within the caller's reach; anything else answers 404 and is audited."""
    alert = parts.engine.alerts.get(alert_id)
    if alert is None or not sees_alert(caller_of(request).reach, parts.registry.tree, alert):
        raise await crossing(parts, request, "alert", alert_id)
    return alert


async def crossing(parts: Parts, request: Request, kind: str, target: str) -> ApiError:
    """Write down that somebody asked for what is outside their branch, or nowhere; both get the same answer."""
    who = caller_of(request).user.name
    await parts.registry.audit.append(parts.clock(), who, "outside_scope", f"{kind}:{target[:100]}", request.url.path)
    return ApiError(Code.NOT_FOUND)
