"""A platform that takes CAP 1.2, checks it by the schema, and answers with Ack or Error; or refuses, stalls and lies."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from simulators.receivers.cap_schema import NAMESPACE, faults
from simulators.receivers.manner import Manner, Receiver, stall
from simulators.receivers.web import BrokenOff

PLATFORM = "platform@police.example"


@dataclass
class Platform:
    """One platform; `alerts` holds every message that could be read, and `wrong` what the schema says of the others."""

    port: int
    receiver: Receiver = field(default_factory=lambda: Receiver("cap"))
    header: str = ""
    bare: bool = False  # It answers 202 and nothing else.
    misread: str = ""  # It takes every message for one of this status.
    other: bool = False  # It answers for somebody else's message.
    alerts: list[ET.Element] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def url(self) -> str:
        """Give the address."""
        return f"http://127.0.0.1:{self.port}/cap"

    def app(self) -> Starlette:
        """Build the application."""
        return Starlette(routes=[Route("/cap", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        raw = await request.body()
        if request.headers.get("authorization", "") != self.header:
            return Response(status_code=403)
        root = ET.fromstring(raw)  # noqa: S314  # Ours.
        if found := faults(root):
            self.wrong += found
            return self._answer(root, "Error", "; ".join(found), 400)
        self.alerts.append(root)
        manner = self.receiver.next_manner()
        self.receiver.take(manner, _text(root, "sender"), _text(root, "info/headline"), _text(root, "identifier"))
        if manner is Manner.STALL:
            await stall()
        if manner is Manner.BREAK:
            raise BrokenOff
        return self._said(root, manner)

    def _said(self, root: ET.Element, manner: Manner) -> Response:
        match manner:
            case Manner.NONSENSE:
                return HTMLResponse("<html>login</html>")
            case Manner.REFUSE:
                return self._answer(root, "Error", "no such school", 200)
            case Manner.HURRY:
                return Response(status_code=429, headers={"Retry-After": "7"})
            case Manner.BUSY:
                return Response(status_code=503)
        return Response(status_code=202) if self.bare else self._answer(root, "Ack", "", 200)

    def _answer(self, root: ET.Element, kind: str, note: str, status: int) -> Response:
        answer = ET.Element("alert", xmlns=NAMESPACE[1:-1])
        named = f"{_text(root, 'sender')},{_text(root, 'identifier')},{_text(root, 'sent')}"
        said = {
            "identifier": f"platform-{next(self._numbers)}",
            "sender": PLATFORM,
            "sent": datetime.now(UTC).replace(microsecond=0).isoformat(),
            "status": self.misread or _text(root, "status") or "Actual",
            "msgType": kind,
            "scope": "Restricted",
            "restriction": "police",
            "note": note,
            "references": named.replace("anxiao", "somebody") if self.other else named,
        }
        for name, value in said.items():
            if value:
                ET.SubElement(answer, name).text = value
        return Response(ET.tostring(answer), status, media_type="application/cap+xml")


def _text(root: ET.Element, path: str) -> str:
    return (root.findtext("/".join(f"{NAMESPACE}{part}" for part in path.split("/"))) or "").strip()
