"""Asks an ASGI application one thing, as a web server does, without a web server."""

from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.types import ASGIApp


async def ask(app: ASGIApp, path: str, headers: dict[str, str], body: bytes, answer: Callable[[int, bytes], None]) -> None:
    """Post a body and pass the answer on."""
    waiting: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]
    status = 0
    parts: list[bytes] = []

    async def receive() -> MutableMapping[str, Any]:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    answer(status, b"".join(parts))
