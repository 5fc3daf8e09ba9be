"""A press rings on the screens, is taken by one person and shown so to another; and a lost feed is never drawn as calm."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Watch

pytestmark = pytest.mark.timeout(180)
# Counts the alarm's notes: those given to the loudspeaker, and those taken back before they were heard.
LISTEN = """() => {
  window.notes = { given: 0, taken: 0 };
  const make = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    const note = make.call(this);
    const stop = note.stop.bind(note);
    window.notes.given += 1;
    note.stop = (...at) => { if (at.length === 0) window.notes.taken += 1; stop(...at); };
    return note;
  };
}"""
RINGS_AHEAD = "() => window.notes.given - window.notes.taken >= 30"  # Scheduled ahead, so that a sleeping tab rings too.
SILENT = "() => window.notes.taken >= 30"


async def test_a_press_rings_is_acknowledged_by_one_and_shown_so_to_the_other(watch: Watch) -> None:
    async with watch.seat("command") as first, watch.seat("command2") as second:
        for page in (first, second):
            await expect(page.locator(".alarmline.calm.live")).to_be_visible()
            await expect(page.locator(".chip.sound.on")).to_be_visible()
            await page.evaluate(LISTEN)
        press = await watch.line.press(1)
        for page in (first, second):
            await expect(page.locator(".alarmline.ringing")).to_contain_text("1 起紧急告警未确认")
            await expect(page.locator(f"#row-{press}")).to_contain_text("一键报警")
            await expect(page.locator("[aria-live=assertive]")).not_to_be_empty()
            await page.wait_for_function(RINGS_AHEAD)
        row = first.locator(f"#row-{press}")
        await row.get_by_role("button", name="确认").click()
        await expect(row).to_contain_text("已确认")
        await expect(second.locator(f"#row-{press}")).to_contain_text("指挥中心 1 号席")
        for page in (first, second):
            await expect(page.locator(".alarmline.ringing")).to_have_count(0)
            await expect(page.locator(".alarmline.calm.live")).to_be_visible()
            await page.wait_for_function(SILENT)


async def test_a_press_is_worked_to_its_end_by_keyboard(watch: Watch) -> None:
    async with watch.seat("command") as page:
        press = await watch.line.press(1)
        await expect(page.locator(f"#row-{press}")).to_be_visible()
        await page.keyboard.press("p")
        for key, state in (("a", "已确认"), ("d", "已派警"), ("o", "已到场")):
            await page.keyboard.press(key)
            await expect(page.locator(".steps .here")).to_contain_text(state)
            await expect(page.locator(".actions [aria-busy]")).to_have_count(0)
        await page.keyboard.press("r")
        await page.locator(".dialog input[type=radio]").first.check()
        await page.locator(".dialog button[type=submit]").click()
        await expect(page.locator(".steps .here")).to_contain_text("已处置")


async def test_a_school_sees_its_own_press_and_nothing_of_another(watch: Watch) -> None:
    async with watch.seat("command") as everywhere:
        await watch.line.press(1)
        await expect(everywhere.locator(".alarmline.ringing")).to_be_visible()
        await everywhere.goto(watch.address + "#/schools")
        await expect(everywhere.locator(".matrix tbody tr")).to_have_count(3)
    async with watch.desk("school") as page:
        await page.goto(watch.address + "#/schools")
        await expect(page.locator(".matrix tbody tr")).to_have_count(1)


async def test_a_server_that_is_gone_is_shown_as_lost_and_not_as_calm_and_comes_back_by_itself(watch: Watch) -> None:
    async with watch.seat("command") as page:
        await expect(page.locator(".alarmline.calm.live")).to_be_visible()
        await watch.line.server.kill()
        await expect(page.locator(".banner.stale, .banner.lost")).to_be_visible(timeout=15_000)
        await expect(page.locator(".alarmline.calm.live")).to_have_count(0)
        press = asyncio.create_task(watch.line.press(1))
        await watch.line.server.start()
        await watch.line.wait_until_up()
        await expect(page.locator(f"#row-{await press}")).to_be_visible(timeout=30_000)
        await expect(page.locator(".banner.stale, .banner.lost")).to_have_count(0)


async def test_a_session_that_ended_is_said_at_the_login(watch: Watch) -> None:
    async with watch.seat("command") as page:
        await page.context.clear_cookies()
        await page.goto(watch.address + "#/coverage")
        await expect(page.locator(".login [role=alert]")).to_contain_text("不再响铃")
        await expect(page.locator(".alarmline")).to_have_count(0)


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (390, 844)], ids=str)
async def test_no_screen_is_wider_than_its_window_and_axe_finds_nothing(watch: Watch, size: tuple[int, int]) -> None:
    from tests.browser.axe import findings  # noqa: PLC0415  # Reads the dashboard's node_modules, which only this test needs.

    async with watch.seat("command", width=size[0], height=size[1]) as page:
        press = await watch.line.press(1)
        await expect(page.locator(f"#row-{press}")).to_be_visible()
        for place in ("live", "coverage", "gaps", "visits", "schools", "health"):
            await page.goto(f"{watch.address}#/{place}")
            await expect(page.locator("main h1, main h2").first).to_be_visible()
            over = await page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            assert over <= 0, f"{place} is {over} px too wide"
            assert await findings(page) == []
