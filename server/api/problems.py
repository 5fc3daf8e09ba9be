"""Errors as RFC 9457 problem documents: every refusal of the API has this one shape, whoever raised it."""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from server.api import views


class Code(StrEnum):
    """The stable codes; screens translate these and never the English beside them."""

    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    BAD_CREDENTIALS = "bad_credentials"
    LOCKED_OUT = "locked_out"
    CSRF = "csrf"
    INVALID = "invalid"
    VERSION_CONFLICT = "version_conflict"
    ILLEGAL_MOVE = "illegal_move"
    CAUSE_REQUIRED = "cause_required"
    SECOND_PERSON_REQUIRED = "second_person_required"
    UNAVAILABLE = "unavailable"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    INTERNAL = "internal"


STATUS: dict[Code, HTTPStatus] = {
    Code.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Code.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.BAD_CREDENTIALS: HTTPStatus.UNAUTHORIZED,
    Code.LOCKED_OUT: HTTPStatus.TOO_MANY_REQUESTS,
    Code.CSRF: HTTPStatus.FORBIDDEN,
    Code.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.VERSION_CONFLICT: HTTPStatus.CONFLICT,
    Code.ILLEGAL_MOVE: HTTPStatus.CONFLICT,
    Code.CAUSE_REQUIRED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.SECOND_PERSON_REQUIRED: HTTPStatus.CONFLICT,
    Code.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    Code.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Code.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Code.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
TITLES: dict[Code, str] = {
    Code.UNAUTHENTICATED: "Sign in first",
    Code.FORBIDDEN: "Your role may not do this",
    Code.NOT_FOUND: "There is no such thing within your reach",
    Code.BAD_CREDENTIALS: "The name or the password is wrong",
    Code.LOCKED_OUT: "Too many wrong passwords",
    Code.CSRF: "The request does not come from our own page",
    Code.INVALID: "The request is not as the API has it",
    Code.VERSION_CONFLICT: "Somebody else moved this alert first",
    Code.ILLEGAL_MOVE: "This move is not possible now",
    Code.CAUSE_REQUIRED: "A cause has to be given",
    Code.SECOND_PERSON_REQUIRED: "A second person has to confirm",
    Code.UNAVAILABLE: "The service cannot do this at the moment",
    Code.METHOD_NOT_ALLOWED: "This address does not know that method",
    Code.TOO_LARGE: "The request is too large",
    Code.TOO_MANY: "Too many requests",
    Code.INTERNAL: "The server failed; the failure was logged",
}
TITLES_ZH: dict[Code, str] = {
    Code.UNAUTHENTICATED: "请先登录",
    Code.FORBIDDEN: "您的角色无此权限",
    Code.NOT_FOUND: "您的辖区内没有此项",
    Code.BAD_CREDENTIALS: "用户名或密码错误",
    Code.LOCKED_OUT: "密码错误次数过多，已暂时锁定",
    Code.CSRF: "请求不是来自本系统页面",
    Code.INVALID: "请求不符合接口约定",
    Code.VERSION_CONFLICT: "他人已先处理此警情",
    Code.ILLEGAL_MOVE: "当前状态下不能这样处理",
    Code.CAUSE_REQUIRED: "须填写原因",
    Code.SECOND_PERSON_REQUIRED: "须由第二人确认",
    Code.UNAVAILABLE: "服务暂时无法办理",
    Code.METHOD_NOT_ALLOWED: "此地址不支持该方法",
    Code.TOO_LARGE: "请求过大",
    Code.TOO_MANY: "请求过于频繁",
    Code.INTERNAL: "服务器出错，已记入日志",
}
MEDIA_TYPE = "application/problem+json"
PAGE = "/docs/problems"  # Where a problem's type is explained.


class ApiError(Exception):
    """A refusal on its way to the client."""

    def __init__(
        self,
        code: Code,
        detail: str = "",
        *,
        errors: list[str] | None = None,
        current: views.AlertDetail | None = None,
        headers: Mapping[str, str] | None = None,
        status: HTTPStatus | None = None,
    ) -> None:
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail
        self.errors = errors or []
        self.current = current
        self.headers = dict(headers or {})
        self.status = status or STATUS[code]

    def answer(self) -> Response:
        """Write the problem document."""
        problem = views.Problem(
            type=f"{PAGE}#{self.code.value}",
            title=TITLES[self.code],
            status=int(self.status),
            code=self.code.value,
            detail=self.detail,
            errors=self.errors,
            current=self.current,
        )
        return Response(
            msgspec.json.encode(problem), int(self.status), {"Cache-Control": "no-store", **self.headers}, MEDIA_TYPE
        )
