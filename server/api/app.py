"""The API as one ASGI app, put together from parts that are passed by hand."""

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp

from server.api.dashboard import dashboard_routes
from server.api.gate import Gate
from server.api.handlers import add_handlers
from server.api.openapi import describe
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.routes import ADD
from server.api.shield import Shield
from server.security.access import ROUTES


def build_routes(parts: Parts) -> APIRouter:
    """Collect every route behind the gate; a route that the table of access does not name is a mistake of ours."""
    router = APIRouter(dependencies=[Depends(Gate(parts))])
    for add in ADD:
        add(router, parts)
    for route in router.routes:
        assert isinstance(route, APIRoute)
        for method in route.methods or ():
            assert (method, route.path) in ROUTES, f"{method} {route.path} is in no table"
    return router


def build_app(parts: Parts, *doors: ASGIApp) -> FastAPI:
    """Build the app; `doors` are apps mounted at `/v1`, such as the gateways' HTTPS door."""
    app = FastAPI(title="Anxiao", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    router = build_routes(parts)
    app.include_router(router)
    document = describe(app)

    async def openapi(_request: Request) -> Response:
        return JSONResponse(document)

    app.router.add_route("/api/v1/openapi.json", openapi, methods=["GET"])
    for door in doors:
        app.mount("/v1", door)

    async def nothing_here(request: Request) -> Response:
        """Keep the dashboard's page, which answers for every other address, away from the API's."""
        other = [route for route in router.routes if route.matches(request.scope)[0] is Match.PARTIAL]
        if other:
            allowed = {method for route in other if isinstance(route, APIRoute) for method in route.methods or ()}
            raise ApiError(Code.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(sorted(allowed))})
        raise ApiError(Code.NOT_FOUND)

    for place in ("/api/{path:path}", "/v1/{path:path}"):
        app.router.add_route(place, nothing_here, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    app.router.routes.extend(dashboard_routes(parts.static))
    add_handlers(app)
    app.add_middleware(Shield, secure=parts.secure)
    return app
