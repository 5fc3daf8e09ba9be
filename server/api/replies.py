"""How answers are written: msgspec structs to bytes, and the same structs named in the OpenAPI document."""

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

from server.api.problems import MEDIA_TYPE, STATUS, Code

_encoder = msgspec.json.Encoder()
NO_STORE = {"Cache-Control": "no-store"}  # A shared computer must not keep yesterday's alarms.


def reply(view: msgspec.Struct, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with a view."""
    return Response(_encoder.encode(view), status, {**NO_STORE, **(headers or {})}, "application/json")


def ref(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Point at a struct's schema in the OpenAPI document."""
    return {"$ref": f"#/components/schemas/{struct.__name__}"}


def answers(struct: type[msgspec.Struct] | None, *codes: Code, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Describe a route's answers: its struct, and the problems it can end in."""
    good: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if struct is not None:
        good["content"] = {"application/json": {"schema": ref(struct)}}
    found: dict[int | str, dict[str, Any]] = {status: good}
    for code in codes:
        text = str(int(STATUS[code]))
        known = found.get(text)
        words = f"{known['description']}, {code.value}" if known else code.value
        found[text] = {"description": words, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return found


def body(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Describe a route's body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": ref(struct)}}}}
