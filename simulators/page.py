"""The simulator's own page: find a school, press its button, cut its power. Loopback only; works without scripts."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlencode

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId
from contract.records import ALERT_CODES
from simulators.fleet import CLEAR_SECONDS, Fleet, Happening
from simulators.page_texts import LANGUAGES
from simulators.page_view import render
from simulators.school_agent import NotRunning
from simulators.site import ORDERS, Site

LISTED_MAX = 100
OWN_DEVICE = DeviceId("gw")
BODY_BYTES_MAX = 4_096
_PRESSES = {"press": "real", "test_press": "test", "drill_press": "drill"}
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Pressed(msgspec.Struct, frozen=True):
    """What a press came to."""

    id: str
    gateway: str
    device: str
    school: str
    mode: str


class PressWish(msgspec.Struct, frozen=True):
    """What the command line asks for; an empty site is any running one."""

    site: str = ""
    device: str = ""
    mode: str = "real"
    press: str = "short"
    clear_after: float = CLEAR_SECONDS


class ActWish(msgspec.Struct, frozen=True):
    """What a story asks for: an action of the page, at a site, for one device or all of its kind."""

    gateway: str
    what: str
    device: str = ""


def make_page(fleet: Fleet) -> Starlette:
    """Build the page of one fleet."""
    page = _Page(fleet)
    return Starlette(
        routes=[
            Route("/", _guarded(page.show)),
            Route("/act", _guarded(page.act), methods=["POST"]),
            Route("/api/status", _guarded(page.status)),
            Route("/api/schools", _guarded(page.schools)),
            Route("/api/press", _guarded(page.press), methods=["POST"]),
            Route("/api/act", _guarded(page.act_as_asked), methods=["POST"]),
        ]
    )


def _guarded(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Refuse requests that another site's page could make a browser send: foreign host names and foreign origins."""

    async def answer(request: Request) -> Response:
        host = request.headers.get("host", "")
        if host.rsplit(":", 1)[0] not in _LOOPBACK:
            return Response("loopback only", status_code=403)
        if request.headers.get("origin", f"http://{host}") != f"http://{host}":
            return Response("foreign origin", status_code=403)
        return await handler(request)

    return answer


class _Page:
    """The handlers of one fleet's page."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    async def show(self, request: Request) -> Response:
        """Draw the list."""
        language = request.query_params.get("lang", "zh")
        language = language if language in LANGUAGES else "zh"
        query = request.query_params.get("q", "")[:60]
        note = request.query_params.get("note", "")
        return HTMLResponse(render(self._fleet, query, language, note, LISTED_MAX))

    async def act(self, request: Request) -> Response:
        """Do what a button of the page says, then show the list again."""
        fields = await _form(request)
        site = self._fleet.sites.get(GatewayId(fields.get("gateway", "")))
        if site is None:
            return Response("no such gateway", status_code=404)
        try:
            note = await self._do(site, fields.get("what", ""), None)
        except (NotRunning, StorageError):
            note = "gateway_off"
        back = {"q": fields.get("q", ""), "lang": fields.get("lang", "zh"), "note": note}
        return RedirectResponse("/?" + urlencode({key: value for key, value in back.items() if value}), status_code=303)

    async def act_as_asked(self, request: Request) -> Response:
        """Do what a story asks."""
        try:
            wish = msgspec.json.decode(await _body(request), type=ActWish)
        except msgspec.DecodeError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        site = self._fleet.sites.get(GatewayId(wish.gateway))
        if site is None:
            return JSONResponse({"error": f"no gateway {wish.gateway!r}"}, status_code=404)
        try:
            done = await self._do(site, wish.what, DeviceId(wish.device) if wish.device else None)
        except (NotRunning, StorageError) as error:
            return JSONResponse({"error": str(error)}, status_code=409)
        return JSONResponse({"done": done}) if done else JSONResponse({"error": f"no act {wish.what!r}"}, status_code=404)

    async def _do(self, site: Site, what: str, device: DeviceId | None) -> str:
        """Do one action and give its name, or nothing where there is no such action."""
        if what in _PRESSES:
            await self._fleet.press(site, device, mode=_PRESSES[what])
        elif what in ("kill_gateway", "start_gateway"):
            self._fleet.kill(site, what == "kill_gateway")
        elif what in ("power_cut", "power_back"):
            self._fleet.cut_power(site.school.unit, what == "power_cut")
        elif what in ALERT_CODES:
            await site.agent.alert(device or OWN_DEVICE, what)
        elif what in ORDERS:
            self._fleet.order(site, what, device)
        else:
            return ""
        return what

    async def status(self, _request: Request) -> Response:
        """Tell how the fleet is."""
        fleet = self._fleet
        return JSONResponse(
            {
                "schools": len(fleet.sites),
                "running": fleet.running(),
                "presses": fleet.counts.presses,
                "presses_failed": fleet.counts.presses_failed,
                "falls": fleet.counts.falls,
                "recent": [_happening(item) for item in list(fleet.counts.recent)[:20]],
            }
        )

    async def schools(self, request: Request) -> Response:
        """List schools by search."""
        found = self._fleet.search(request.query_params.get("q", ""), LISTED_MAX)
        return JSONResponse(
            [
                {
                    "gateway": site.gateway.id,
                    "school": site.school.id,
                    "name": site.school.name,
                    "name_en": site.school.name_en,
                    "unit": site.school.unit,
                    "running": site.running,
                    "buttons": site.agent.buttons(),
                    "extras": bool(site.agent.of_kind("fire_detector")),
                }
                for site in found
            ]
        )

    async def press(self, request: Request) -> Response:
        """Press one button, as the command line asks."""
        try:
            wish = msgspec.json.decode(await _body(request), type=PressWish)
        except msgspec.DecodeError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        site = self._fleet.find(wish.site) if wish.site else self._fleet.any_running()
        if site is None:
            return JSONResponse({"error": f"no school like {wish.site!r}"}, status_code=404)
        buttons = site.agent.buttons()
        device = DeviceId(wish.device) if wish.device else buttons[0]
        if device not in buttons:
            return JSONResponse({"error": f"no button {device!r}; allowed: {', '.join(buttons)}"}, status_code=404)
        try:
            made = await self._fleet.press(site, device, mode=wish.mode, press=wish.press, clear_after=wish.clear_after)
        except (NotRunning, StorageError) as error:
            return JSONResponse({"error": str(error)}, status_code=409)
        pressed = Pressed(made, site.gateway.id, device, site.school.name, wish.mode)
        return Response(msgspec.json.encode(pressed), media_type="application/json")


def _happening(item: Happening) -> dict[str, object]:
    return {"at": item.at, "what": item.what, "gateway": item.gateway, "device": item.device, "press": item.press}


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES_MAX:
            return b""
    return body


async def _form(request: Request) -> dict[str, str]:
    fields = parse_qs((await _body(request)).decode(errors="replace"))
    return {name: values[0] for name, values in fields.items()}
