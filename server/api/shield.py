"""The shield around every answer: security headers, and a limit on what a request may carry.

Pure ASGI without a task of its own, so that a stream stays as quick as the socket.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.api.problems import ApiError, Code
from server.evidence.sniffing import BYTES_MAX as EVIDENCE_BYTES_MAX
from server.registry.exchange.limits import FILE_BYTES_MAX

BODY_BYTES_MAX = 64 * 1024  # The largest body of the API is a queue of 50 check-ins, some 15 kB.
FILES_TAKEN_AT = "/api/v1/imports"  # Beside attachments of alerts the one that takes a file; both count the bytes too.
DOOR_PREFIX = "/v1/"  # The gateways' door has limits of its own, those of the wire.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
}
TRANSPORT_SECURITY = "max-age=31536000"


class Shield:
    """Adds the headers and refuses bodies over the limit, whether or not they say how long they are."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = {**HEADERS, **({"Strict-Transport-Security": TRANSPORT_SECURITY} if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["path"].startswith(DOOR_PREFIX):
            await self._app(scope, receive, shielded)
            return
        limit = _limit(scope["path"])
        if _declared_length(scope) > limit:
            await ApiError(Code.TOO_LARGE, f"allowed: {limit} bytes").answer()(scope, receive, shielded)
            return
        taken = 0

        async def measured() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise ApiError(Code.TOO_LARGE, f"allowed: {limit} bytes")
            return message

        await self._app(scope, measured, shielded)


def _limit(path: str) -> int:
    if path == FILES_TAKEN_AT:
        return FILE_BYTES_MAX
    return EVIDENCE_BYTES_MAX if path.startswith("/api/v1/alerts/") and path.endswith("/attachments") else BODY_BYTES_MAX


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:18])
    return 0
