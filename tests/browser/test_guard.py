"""A guard's phone: nothing is done before the server has answered, and a call for help goes on until it is stored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Watch

pytestmark = pytest.mark.timeout(180)
HOLD_MS = 3_300


@asynccontextmanager
async def phone(watch: Watch) -> AsyncIterator[tuple[BrowserContext, Page]]:
    """Give a guard a phone of 360 by 740, signed in."""
    context = await watch.browser.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN", has_touch=True)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(watch.address + "guard")
    await page.fill('input[name="username"]', "guard")
    await page.fill('input[name="password"]', watch.line.password("guard"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="上岗签到")).to_be_visible()
    yield context, page
    assert not errors
    await context.close()


async def hold(page: Page, ms: int = HOLD_MS) -> None:
    """Hold the button for help, as a finger does."""
    box = await page.locator("button.sos").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 40, box["y"] + 40)
    await page.mouse.down()
    await page.wait_for_timeout(ms)
    await page.mouse.up()


async def test_a_check_in_is_done_only_when_the_server_has_answered(watch: Watch) -> None:
    async with phone(watch) as (context, page):
        await context.set_offline(True)
        await page.get_by_role("button", name="上岗签到").click()
        await page.get_by_label("巡更点").fill("3号楼东")
        await page.get_by_role("button", name="巡更打点").click()
        await expect(page.locator(".state.waiting strong")).to_contain_text("已保存 2 条，待上传")
        await expect(page.locator(".records li.queued")).to_have_count(2)
        await expect(page.locator(".records li.accepted")).to_have_count(0)
        await expect(page.locator(".link-state")).to_contain_text("离线")
        await context.set_offline(False)
        await expect(page.locator(".records li.accepted")).to_have_count(2, timeout=20_000)
        await expect(page.locator(".state.waiting")).to_have_count(0)
        await expect(page.locator(".records li.accepted").first).to_contain_text("收到")


async def test_the_queue_survives_a_reload_without_an_answer_and_two_tabs_do_not_double_it(watch: Watch) -> None:
    sent: list[str] = []
    async with phone(watch) as (context, page):

        async def cut(route: Route) -> None:
            sent.append(route.request.post_data or "")
            await route.abort()

        await context.route("**/api/v1/checkins", cut)
        await page.get_by_role("button", name="点名应答").click()
        await expect(page.locator(".state.waiting strong")).to_contain_text("已保存 1 条")
        await page.reload()
        second = await context.new_page()
        await second.goto(watch.address + "guard")
        for tab in (page, second):
            await expect(tab.locator(".state.waiting strong")).to_contain_text("已保存 1 条")
            await expect(tab.locator(".state.waiting")).to_contain_text("上传失败")
        await context.unroute("**/api/v1/checkins")
        await page.evaluate("dispatchEvent(new Event('online'))")
        for tab in (page, second):
            await expect(tab.locator(".records li.accepted")).to_have_count(1, timeout=20_000)
        assert len({text.split('"id":"')[1][:36] for text in sent}) == 1


async def test_a_call_for_help_rings_as_such_with_its_place_and_is_stored(watch: Watch) -> None:
    async with watch.seat("command") as police, phone(watch) as (_, page):
        await hold(page, 1_000)
        await expect(page.locator(".help")).to_contain_text("没有发出")
        await expect(page.locator("[data-press]")).to_have_count(0)
        await hold(page)
        await expect(page.locator(".state.stored")).to_contain_text("已入库")
        await expect(police.locator(".alarmline.ringing")).to_contain_text("1 起紧急告警未确认")
        press = await page.locator("[data-press]").get_attribute("data-press")
        await expect(police.locator(f"#row-{press}")).to_contain_text("保安求助")
        await expect(police.locator(f"#row-{press}")).to_contain_text("门")
        await hold(page)  # Within a minute: the same call.
        await expect(page.locator("[data-press]")).to_have_count(1)
        await expect(police.locator(".alarmline.ringing")).to_contain_text("1 起紧急告警未确认")


async def test_a_call_without_a_network_says_so_and_goes_out_by_itself_after_a_reload(watch: Watch) -> None:
    async with watch.seat("command") as police, phone(watch) as (context, page):
        second = await context.new_page()
        await second.goto(watch.address + "guard")
        await expect(second.locator("button.sos")).to_be_visible()
        await page.bring_to_front()
        await context.route("**/v1/ingest/**", lambda route: route.abort())
        await page.locator("button.sos").focus()
        await page.keyboard.down("Enter")  # By keyboard alone.
        await page.wait_for_timeout(HOLD_MS)
        await page.keyboard.up("Enter")
        await expect(page.locator(".state.unsent")).to_contain_text("未送出 请拨打110")
        assert await page.locator(".state.unsent a.call").get_attribute("href") == "tel:110"
        press = await page.locator("[data-press]").get_attribute("data-press")
        await page.reload()
        await expect(page.locator(f'[data-press="{press}"]')).to_contain_text("未送出", timeout=20_000)
        await second.bring_to_front()
        await hold(second)  # The other tab knows of it: still one call.
        for tab in (page, second):
            await expect(tab.locator("[data-press]")).to_have_count(1)
        await expect(police.locator(".alarmline.calm.live")).to_be_visible()
        await context.unroute("**/v1/ingest/**")
        for tab in (page, second):
            await expect(tab.locator(".state.stored")).to_be_visible(timeout=30_000)
        await expect(police.locator(f"#row-{press}")).to_contain_text("保安求助")
        await expect(police.locator(".alarmline.ringing")).to_contain_text("1 起紧急告警未确认")


async def test_a_call_whose_answer_is_lost_is_sent_again_and_rings_once(watch: Watch) -> None:
    lost = 0
    async with watch.seat("command") as police, phone(watch) as (context, page):

        async def swallow(route: Route) -> None:
            nonlocal lost
            if lost < 2:
                lost += 1
                await route.fetch()  # The server has it; the phone never hears.
                await route.abort()
            else:
                await route.continue_()

        await context.route("**/v1/ingest/**", swallow)
        await hold(page)
        await expect(page.locator(".state.stored")).to_be_visible(timeout=30_000)
        assert lost == 2
        await expect(police.locator(".alarmline.ringing")).to_contain_text("1 起紧急告警未确认")
        await asyncio.sleep(1)
        await expect(police.locator(".alarmline.ringing")).to_contain_text("1 起紧急告警未确认")


async def test_a_session_that_ended_does_not_stop_a_call_for_help(watch: Watch) -> None:
    async with watch.seat("command") as police, phone(watch) as (context, page):
        await context.clear_cookies()
        await page.reload()
        await expect(page.locator('input[name="username"]')).to_be_visible()
        await hold(page)
        await expect(page.locator(".state.stored")).to_be_visible()
        await expect(police.locator(".alarmline.ringing")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_and_nothing_is_too_wide(watch: Watch, scheme: str) -> None:
    from tests.browser.axe import findings  # noqa: PLC0415  # Reads the dashboard's node_modules, which only this test needs.

    async with phone(watch) as (context, page):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for _ in range(2):  # Chinese, then English.
            assert await findings(page) == []
            await page.locator(".bar button").first.click()
        await context.set_offline(True)
        await page.get_by_role("button", name="上岗签到").click()
        await hold(page)
        await expect(page.locator(".state.unsent")).to_be_visible()
        await page.evaluate("document.documentElement.style.fontSize = '200%'; document.body.style.fontSize = '200%'")
        assert await findings(page) == []
        over = await page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert over <= 0
