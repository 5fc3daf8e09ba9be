"""A story: something that happens in a city, told step by step, with what a right system shows for it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx
import msgspec

from contract.errors import Unreachable
from simulators.page import Pressed

ASK_SECONDS = 30.0  # A press may wait for a gateway that is just starting.


class ListedSchool(msgspec.Struct, frozen=True):
    """One school as the simulator's page lists it."""

    gateway: str
    school: str
    name: str
    name_en: str
    unit: str
    running: bool
    buttons: list[str]
    extras: bool = False  # Whether it has devices beyond the mandated four.


Play = Callable[["Stage"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Story:
    """One story. `expected` says what must be seen on the dashboard."""

    name: str
    label: str
    label_en: str
    expected: str
    expected_en: str
    play: Play


class Stage:
    """What a story can do: it asks the running simulator over its loopback page."""

    def __init__(self, page: httpx.AsyncClient, say: Callable[[str], None], pace: float = 1.0) -> None:
        self._page = page
        self._pace = pace
        self.say = say

    async def schools(self, search: str = "") -> list[ListedSchool]:
        """List running schools."""
        answer = await self._ask("GET", "/api/schools", params={"q": search})
        found = msgspec.json.decode(answer.content, type=list[ListedSchool])
        return [school for school in found if school.running]

    async def press(
        self, site: str = "", device: str = "", *, mode: str = "real", press: str = "short", clear_after: float = 120.0
    ) -> Pressed:
        """Press a button, and say where."""
        wish = {"site": site, "device": device, "mode": mode, "press": press, "clear_after": clear_after * self._pace}
        answer = await self._ask("POST", "/api/press", json=wish)
        pressed = msgspec.json.decode(answer.content, type=Pressed)
        self.say(f"{pressed.school} {pressed.device} ({mode}): {pressed.id}")
        return pressed

    async def act(self, gateway: str, what: str, device: str = "") -> None:
        """Do one of the page's actions."""
        await self._ask("POST", "/api/act", json={"gateway": gateway, "what": what, "device": device})
        self.say(f"{gateway}: {what}" + (f" {device}" if device else ""))

    async def pause(self, seconds: float) -> None:
        """Let time pass."""
        self.say(f"… {seconds:.0f} s")
        await asyncio.sleep(seconds * self._pace)

    async def _ask(self, method: str, path: str, **what: object) -> httpx.Response:
        try:
            answer = await self._page.request(method, path, timeout=ASK_SECONDS, **what)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise Unreachable(f"no simulator at {self._page.base_url}: {error}; start `anxiao-sim city` first") from None
        if answer.is_error:
            raise Unreachable(f"the simulator answered {answer.status_code}: {answer.text}")
        return answer
