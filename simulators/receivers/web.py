"""The receivers by HTTP: one real server with all services, their delivery reports, and a page that shows what came."""

import asyncio
import contextlib
import html
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import httpx
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from shell.web import WebServer
from simulators.receivers.manner import Manner, Receiver, stall
from simulators.receivers.services import SERVICES, Asked, Service, Told

BODY_BYTES_MAX = 65_536
SHOWN_MAX = 200


class BrokenOff(Exception):
    """The connection ends without an answer."""


@dataclass
class Reports:
    """Where and how a text message gateway reports deliveries: after a while, so many times; none where `url` is empty."""

    url: str = ""
    key: str = ""
    after_seconds: float = 0.05
    times: int = 1
    state: str = "DELIVRD"
    held: bool = False  # Kept back, to be let go in whatever order a test likes.
    waiting: list[dict[str, str]] = field(default_factory=list)

    async def tell(self, rows: list[dict[str, str]]) -> int:
        """Post some reports, and give the status of the answer."""
        async with httpx.AsyncClient(trust_env=False) as client:
            headers = {"Authorization": f"Bearer {self.key}"}
            answer = await client.post(self.url, json={"reports": rows}, headers=headers)
        return answer.status_code


@dataclass
class Web:
    """All receivers by HTTP on one port."""

    port: int
    receivers: dict[str, Receiver] = field(default_factory=lambda: {name: Receiver(name) for name in SERVICES})
    reports: Reports = field(default_factory=Reports)
    others: list[Receiver] = field(default_factory=list)  # Of other protocols, for the page.
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Give the address."""
        return f"http://127.0.0.1:{self.port}"

    def __getitem__(self, name: str) -> Receiver:
        """Give a receiver by its name."""
        return self.receivers[name]

    def app(self) -> Starlette:
        """Build the application."""
        routes = [Route(one.path, self._handler(one), methods=["POST"]) for one in SERVICES.values()]
        return Starlette(
            routes=[*routes, Route("/", self._page), Route("/got", self._got), Route("/manner", self._set, methods=["POST"])]
        )

    def _handler(self, service: Service) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            raw = (await request.body())[:BODY_BYTES_MAX]
            receiver = self.receivers[service.name]
            told = _read(service, request, raw)
            manner = receiver.next_manner()
            if told.wrong:
                status, body = service.refusal(told.wrong)
                return JSONResponse(body, status)
            receiver.take(manner, told.to, told.text, told.id)
            return await self._answer(service, manner)

        return handle

    async def _answer(self, service: Service, manner: Manner) -> Response:
        match manner:
            case Manner.STALL:
                await stall()
            case Manner.BREAK:
                raise BrokenOff
            case Manner.NONSENSE:
                return HTMLResponse("<html>login</html>")
            case Manner.TAKE | Manner.LIE:
                number = f"{service.name}-{next(self._numbers)}"
                if service.name == "sms" and manner is Manner.TAKE:
                    self._report(number)
                return JSONResponse(service.took(number))
            case _:
                status, body = service.answers[manner]
                return JSONResponse(body, status)
        return Response(status_code=500)

    def _report(self, number: str) -> None:
        row = {"msgid": number, "status": self.reports.state}
        if self.reports.held:
            self.reports.waiting.append(row)
        elif self.reports.url:
            task = asyncio.create_task(self._report_later(row))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _report_later(self, row: dict[str, str]) -> None:
        for _ in range(self.reports.times):
            await asyncio.sleep(self.reports.after_seconds)
            with contextlib.suppress(httpx.HTTPError):
                await self.reports.tell([row])

    async def _got(self, _request: Request) -> Response:
        every = [one for receiver in (*self.receivers.values(), *self.others) for one in receiver.got]
        rows = sorted(every, key=lambda one: one.at, reverse=True)[:SHOWN_MAX]
        return Response(msgspec.json.encode(rows), media_type="application/json")

    async def _set(self, request: Request) -> Response:
        form = dict(part.partition("=")[::2] for part in (await request.body()).decode().split("&"))
        receiver = self.receivers.get(form.get("service", ""))
        if receiver is not None and form.get("manner") in set(Manner):
            receiver.manner = Manner(form["manner"])
        return RedirectResponse("/", 303)

    async def _page(self, _request: Request) -> Response:
        return HTMLResponse(render([*self.receivers.values(), *self.others]))


def _read(service: Service, request: Request, raw: bytes) -> Told:
    try:
        body = msgspec.json.decode(raw)
        return service.read(
            Asked(request.url.path, dict(request.query_params), dict(request.headers), body, raw, time.time())
        )
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
        return Told(wrong="not understood")


def render(receivers: list[Receiver]) -> str:
    """Draw the page: what came, the newest first, and how each receiver behaves."""
    rows = sorted((one for receiver in receivers for one in receiver.got), key=lambda one: one.at, reverse=True)
    lines = "".join(
        f"<tr><td>{time.strftime('%H:%M:%S', time.localtime(one.at))}<td>{html.escape(one.service)}<td>{html.escape(one.to)}"
        f"<td><pre>{html.escape(one.text)}</pre><td>{'' if one.kept else '未送达 not delivered'}"
        for one in rows[:SHOWN_MAX]
    )
    forms = "".join(
        f'<form method="post" action="/manner"><input type="hidden" name="service" value="{one.service}">'
        f"<b>{one.service}</b> <select name=manner aria-label={one.service}>"
        + "".join(f"<option{' selected' if one.manner is manner else ''}>{manner.value}</option>" for manner in Manner)
        + "</select> <button>设定 Set</button></form>"
        for one in receivers
        if one.service in SERVICES
    )
    return PAGE.format(forms=forms, lines=lines or '<tr><td colspan="5">尚无 Nothing yet')


PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>通知接收端 Receivers</title><style>
body{{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;margin:1.5rem;max-width:70rem;color-scheme:light dark}}
table{{border-collapse:collapse;width:100%}}td,th{{text-align:left;vertical-align:top;padding:.35rem .6rem;
border-bottom:1px solid #8884}}pre{{margin:0;white-space:pre-wrap;font:inherit}}
form{{display:inline-block;margin:0 1rem .5rem 0}}
</style><h1>通知接收端 Receivers</h1><p>模拟的短信网关、群机器人、邮箱和警笛；这里显示服务器发来的每一条。
Simulated gateways, robots, mailboxes and sirens: everything the server sends is here.</p>{forms}
<table><tr><th>时间 Time<th>渠道 Service<th>对象 To<th>内容 Text<th>{{}}</tr>{lines}</table></html>""".replace("{{}}", "")


class Served(Protocol):
    """Receivers on a port."""

    port: int

    def app(self) -> Starlette:
        """Build the application."""
        ...


S = TypeVar("S", bound=Served)


@contextlib.asynccontextmanager
async def serving(web: S) -> AsyncIterator[S]:
    """Serve the receivers for a while; ended, they are down as a machine is that is switched off."""
    config = uvicorn.Config(
        _breaking_off(web.app()),
        host="127.0.0.1",
        port=web.port,
        log_config=None,
        timeout_graceful_shutdown=0,
        lifespan="off",
    )
    server = WebServer(config)
    task = asyncio.create_task(server.serve())
    while not server.started and not task.done():  # noqa: ASYNC110  # Uvicorn tells nobody.
        await asyncio.sleep(0.01)
    if task.done():
        await task
    try:
        yield web
    finally:
        server.should_exit = server.force_exit = True
        await task


def _breaking_off(app: Any) -> Any:
    """End the connection without an answer where the application says so."""

    async def wrapped(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        with contextlib.suppress(BrokenOff):
            await app(scope, receive, send)

    return wrapped
