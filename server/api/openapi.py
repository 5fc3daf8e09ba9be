"""The OpenAPI document: FastAPI's view of the routes, with the schemas of our structs: `python -m server.api.openapi`."""

import inspect
import sys
from typing import Any, cast

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from server.api import asks, views

TITLE = "Anxiao"
VERSION = "1"
REF = "#/components/schemas/{name}"
STREAM_EVENTS: dict[str, type[msgspec.Struct]] = {
    "hello": views.HelloEvent,
    "alerts": views.AlertsEvent,
    "coverage": views.CoverageEvent,
    "liveness": views.LivenessEvent,
    "summary": views.Summary,
    "reset": views.ResetEvent,
}


def structs() -> list[type[msgspec.Struct]]:
    """List every struct the API says or is asked."""
    found: list[type[msgspec.Struct]] = []
    for module in (views, asks):
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, msgspec.Struct) and member.__module__.startswith(module.__name__):
                found.append(member)
    return [struct for struct in found if struct not in (views.View, asks.Ask)]


def describe(app: FastAPI) -> dict[str, Any]:
    """Build the document of an app."""
    document = get_openapi(
        title=TITLE, version=VERSION, routes=app.routes, description="The API of Anxiao; see docs/api.md."
    )
    _, schemas = msgspec.json.schema_components(structs(), ref_template=REF)
    document["components"] = {"schemas": dict(sorted(schemas.items()))}
    document["x-stream-events"] = {name: {"$ref": REF.format(name=one.__name__)} for name, one in STREAM_EVENTS.items()}
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None) if _is_fastapis(operation["responses"].get("422")) else None
    return document


def document() -> dict[str, Any]:
    """Build the document without a running server."""
    from server.api.app import build_routes  # noqa: PLC0415  # The app serves this document, and this builds the app's routes.
    from server.api.parts import Parts  # noqa: PLC0415

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(build_routes(cast("Parts", None)))  # Routes read their parts only when they are called.
    return describe(app)


def _is_fastapis(response: dict[str, Any] | None) -> bool:
    """Say whether a response is FastAPI's own shape of a refusal, which our handlers replace."""
    return response is not None and "HTTPValidationError" in str(response)


def main() -> None:
    """Write the document to the standard output."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n")


if __name__ == "__main__":
    main()
