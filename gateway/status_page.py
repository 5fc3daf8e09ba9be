"""The loopback page and JSON of one gateway, Chinese first. Only this machine can ask, and nothing can be changed here."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from contract.identity import Lane
from gateway.status import Status, trouble
from shell.web import WebServer

REFRESH_SECONDS = 3
STOP_SECONDS_MAX = 1
HOSTS = ["127.0.0.1", "localhost"]  # Any other name is a web page elsewhere that was pointed here.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
QUALITY = {3: "已同步 synced", 2: "硬件时钟 real-time clock", 1: "推算 interpolated", 0: "未知 unknown"}
CODES = {
    "accepted": "执行中 accepted",
    "done": "已执行 done",
    "failed": "失败 failed",
    "refused": "拒绝 refused",
    "expired": "过期 expired",
    "unknown_device": "无此设备 unknown device",
    "bad_sig": "签名无效 bad signature",
    "no_clock": "时钟未同步 no clock",
}
LANES = {Lane.ALARM.value: "报警 alarms", Lane.TELEMETRY.value: "数据 readings"}
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin-bottom: 1rem }
td, th { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #ccc }
.bad { background: #fde8e8; border-left: .4rem solid #b00; padding: .4rem .8rem }
.good { border-left: .4rem solid #2a7; padding: .4rem .8rem }
"""


def make_page(status: Callable[[], Status]) -> Starlette:
    """Make the application; `status` takes a fresh snapshot."""

    async def page(_: Request) -> Response:
        return HTMLResponse(render(status()), headers=HEADERS)

    async def json(_: Request) -> Response:
        return Response(msgspec.json.encode(status()), media_type="application/json", headers=HEADERS)

    return Starlette(
        routes=[Route("/", page, methods=["GET"]), Route("/status.json", json, methods=["GET"])],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)],
    )


async def serve_page(status: Callable[[], Status], listening: socket.socket) -> None:
    """Serve on a bound socket until cancelled."""
    config = uvicorn.Config(
        make_page(status),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=16,
        timeout_graceful_shutdown=STOP_SECONDS_MAX,
    )
    server = WebServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="status-page")
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


def render(status: Status) -> str:
    """Write the page; every value is escaped, for names and errors come from devices."""
    facts = [
        f"截至 as of {_at(status.now_ms)}",
        f"已运行 up {_seconds(status.up_seconds)}",
        status.software,
        f"纪元 epoch {status.epoch}",
    ]
    parts = [
        f"<h1>校园网关 {escape(status.gateway)}</h1>",
        f"<p>{escape(' · '.join(facts))}</p>",
        _troubles(status),
    ]
    if status.ready:
        parts += _tables(status)
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">'
        f"<title>校园网关 {escape(status.gateway)}</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def lines(status: Status) -> list[str]:
    """Write the snapshot for a terminal."""
    if not status.ready:
        return [f"{status.gateway}: 正在启动 starting"]
    clock = QUALITY.get(status.clock.quality, "") if status.clock else ""
    return [
        f"{status.gateway}  {status.software}  epoch {status.epoch}  up {_seconds(status.up_seconds)}",
        f"回执 last receipt: {_seconds(status.receipt_seconds_ago)}   时钟 clock: {clock}",
        *(f"待发 waiting  {LANES[lane]}: {one.waiting}" for lane, one in status.lanes.items()),
        *(f"通道 path  {path.name} ({path.kind}): {_path_state(path.up, path.down_seconds)}" for path in status.paths),
        *(f"接口 interface  {agent.name}: {_running(agent.running)} {agent.last_error}".rstrip() for agent in status.agents),
        *(f"未复位 open press  {press.d} {press.mode} {press.id}" for press in status.open),
        *(f"! {one}" for one in trouble(status)),
    ]


def _troubles(status: Status) -> str:
    found = trouble(status)
    if not found:
        return '<p class="good">未发现故障 no trouble known</p>'
    return "".join(f'<p class="bad">{escape(one)}</p>' for one in found)


def _tables(status: Status) -> list[str]:
    clock = status.clock
    facts = [
        ("最近回执 last receipt", _seconds(status.receipt_seconds_ago)),
        ("最近按下 last press", _seconds(status.press_seconds_ago)),
    ]
    if clock is not None:
        facts.append(("时钟 clock", f"{QUALITY.get(clock.quality, '')}, {clock.offset_ms} ± {clock.error_ms} ms"))
    return [
        _table(("项目 item", "值 value"), facts),
        _table(
            ("队列 lane", "待发 waiting", "末位 last", "占用 bytes"),
            [(LANES[lane], one.waiting, one.last_position, one.used_bytes) for lane, one in status.lanes.items()],
        ),
        _table(
            ("通道 path", "种类 kind", "状态 state", "数据 readings", "重启 falls", "错误 error"),
            [
                (
                    path.name,
                    path.kind,
                    _path_state(path.up, path.down_seconds),
                    "●" if path.carries_telemetry else "",
                    path.falls,
                    path.last_error,
                )
                for path in status.paths
            ],
        ),
        _table(
            ("接口 interface", "状态 state", "设备 devices", "重启 falls", "错误 error"),
            [(agent.name, _running(agent.running), agent.devices, agent.falls, agent.last_error) for agent in status.agents],
        ),
        _table(("未复位 open press", "类别 mode", "标识 id"), [(press.d, press.mode, press.id) for press in status.open]),
        _table(
            ("按钮灯 lamps", "警方已显示 seen", "已入库 stored"),
            [(lamp.device, _lit(lamp.seen), _lit(lamp.stored)) for lamp in status.lamps],
        ),
        _table(
            ("指令 command", "结果 outcome", "时间 at", "说明 remark"),
            [(one.id, CODES.get(one.code, one.code), _at(one.t), one.text) for one in reversed(status.commands)],
        ),
        _table(("计数 count", "值 value"), sorted(status.counts.items())),
    ]


def _table(head: tuple[str, ...], rows: Sequence[Sequence[object]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _path_state(up: list[str], down_seconds: float | None) -> str:
    if up:
        return "连接 up (" + ", ".join(LANES[lane] for lane in up) + ")"
    return f"中断 down {_seconds(down_seconds)}"


def _at(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def _lit(lit: bool) -> str:
    return "●" if lit else "○"


def _running(running: bool) -> str:
    return "运行 running" if running else "停止 stopped"


def _seconds(seconds: float | None) -> str:
    return "无 none" if seconds is None else f"{seconds:.0f} s"
