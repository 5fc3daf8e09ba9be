"""A real Chromium over the real line: broker, server and one school's gateway as processes, the dashboard as it is built."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from bench.press_to_screen import CHROMIUM_ARGUMENTS, find_chromium, sign_in
from scripts.servers import Server
from tests.line.house import Line, running_line
from tests.needed import need

BUILT = Path(__file__).parent.parent.parent / "server" / "api" / "static" / "index.html"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Watch:
    """The line with a browser beside it."""

    line: Line
    browser: Browser

    @property
    def address(self) -> str:
        """Where the dashboard is."""
        return f"http://127.0.0.1:{self.line.port}/"

    @asynccontextmanager
    async def seat(self, user: str, *, width: int = 1920, height: int = 1080) -> AsyncIterator[Page]:
        """Sit somebody down at a screen of their own, signed in and with the sound tested."""
        context = await self.browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await sign_in(page, self.address, user, self.line.password(user))
        yield page
        assert not errors
        await context.close()

    @asynccontextmanager
    async def desk(self, user: str) -> AsyncIterator[Page]:
        """Sit somebody down who looks and does not listen: the office that keeps the ledger, a school."""
        context = await self.browser.new_context(viewport={"width": 1366, "height": 900}, locale="zh-CN")
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(self.address)
        await page.fill('input[name="username"]', user)
        await page.fill('input[name="password"]', self.line.password(user))
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".shift .quiet, .top")
        if await page.locator(".shift .quiet").count():
            await page.locator(".shift .quiet").click()
        await page.wait_for_selector(".top")
        yield page
        assert not errors
        await context.close()


@pytest.fixture
def chromium() -> str:
    """Give the browser's path, or skip where none is installed and nobody promised that it is."""
    need(BUILT.exists(), "the built dashboard (make setup)")
    found = find_chromium()
    need(found, "chromium")
    assert found is not None
    return found


@pytest.fixture
async def watch(chromium: str, broker: Server, tmp_path: Path) -> AsyncIterator[Watch]:
    """Run the line and a browser."""
    async with running_line(tmp_path, broker.port) as line, async_playwright() as play:
        browser = await play.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        yield Watch(line, browser)
        await browser.close()
