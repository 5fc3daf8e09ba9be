"""A school asks for a test, its station approves it: then, and for the listed button alone, a press does not ring."""

import time
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from server.core.schedule import local_date
from server.drills.plan import period_of, slots
from server.drills.scheduler import LEAD_DAYS
from server.registry.roster_file import decode_roster
from tests.browser.axe import findings
from tests.browser.conftest import Watch

pytestmark = pytest.mark.timeout(240)


async def ask(page: Page, device: str) -> None:
    """Ask for a test of one device of one's own school, by keyboard and mouse as people do."""
    await page.goto(page.url.split("#")[0] + "#/drills")
    await page.locator(".pagehead .button.primary").click()
    await page.locator(".picks label", has_text=device).locator("input").check()
    await page.locator(".dialog input[type=number]").fill("20")
    await page.keyboard.press("Enter")
    await expect(page.locator(".dialog")).to_have_count(0)


async def test_a_listed_button_is_a_test_and_any_other_one_rings_as_real(watch: Watch) -> None:
    async with watch.seat("police") as police, watch.desk("school") as school:
        host, button = await devices(school, watch)
        await ask(school, host)
        await police.goto(watch.address + "#/drills")
        await expect(police.locator(".windows tbody tr")).to_contain_text("待批准")
        assert await findings(police) == []
        await police.get_by_role("button", name="批准").click()
        await expect(police.locator(".dialog")).to_be_visible()
        assert await findings(police) == []
        await police.locator(".dialog button[type=submit]").click()
        await expect(police.locator(".windows tbody tr")).to_contain_text("将到来")
        await begin(police, watch, host)
        for page in (police, school):
            await expect(page.locator(".banner.window")).to_contain_text("登记按钮 1 个")

        real = await watch.line.press(1)
        await police.goto(watch.address + "#/live")
        await expect(police.locator(".alarmline.ringing")).to_be_visible()
        await expect(police.locator(f"#row-{real}")).to_contain_text("演练期间非登记按钮")

        await begin(police, watch, button)
        test = await watch.line.press(2)
        await police.goto(watch.address + "#/live")
        row = police.locator(f"#row-{test}")
        await expect(row).to_contain_text("试警")
        await expect(row).to_contain_text("测试")
        await row.get_by_role("button", name="确认").click()
        await expect(row).to_contain_text("已结束", timeout=20_000)
        await school.goto(watch.address + f"#/schools/{await own(school)}")
        await expect(school.locator(".proofs li.done")).to_have_count(5, timeout=20_000)


async def begin(page: Page, watch: Watch, device: str) -> None:
    """Let the police declare a test that has begun already."""
    await page.goto(watch.address + "#/drills")
    await page.locator(".pagehead .button.primary").click()
    await page.locator(".dialog select").select_option(index=1)
    await page.locator(".picks label", has_text=device).locator("input").check()
    field = page.locator(".dialog input[type=datetime-local]")
    start = await page.evaluate("() => new Date(Date.now() - 120000 + 8 * 3600000).toISOString().slice(0, 16)")
    await field.fill(start)
    await page.locator(".dialog button[type=submit]").click()
    await expect(page.locator(".dialog")).to_have_count(0)


async def own(page: Page) -> str:
    """Name the school of whoever sits here."""
    return str(await page.evaluate("async () => (await (await fetch('/api/v1/me')).json()).scope.id"))


async def devices(page: Page, watch: Watch) -> tuple[str, str]:
    """Give the names of the school's alarm host and of the button that is pressed here."""
    found = await page.evaluate(
        "async (school) => (await (await fetch('/api/v1/schools/' + school)).json()).devices", await own(page)
    )
    host = next(one for one in found if one["kind"] == "alarm_host")
    button = next(one for one in found if one["id"] == watch.line.button)
    return host["name"], button["name"]


def room_is_left(watch: Watch) -> bool:
    """Say whether the calendar leaves a test of this month anywhere to be: where it does, one has to be planned."""
    roster = decode_roster((watch.line.folder / "roster.json").read_bytes())
    today = local_date(time.time())
    return bool(slots(roster.calendar, today + timedelta(days=LEAD_DAYS), period_of(today, 30).last))


async def test_the_police_agree_to_the_plan_of_tests(watch: Watch) -> None:
    async with watch.seat("police") as police:
        await police.goto(watch.address + "#/drills?view=plan")
        await expect(police.locator(".planhead")).to_be_visible()
        row = police.locator("[id^=round-]")
        for _ in range(12):  # The service plans within half a minute of its start; the page looks every ten seconds.
            if await row.count():
                break
            await police.wait_for_timeout(5_000)
        if await row.count() == 0 and not room_is_left(watch):
            pytest.skip("no school day is left in this month")
        await expect(row).to_contain_text("待同意")
        assert await findings(police) == []
        await row.locator("input").check()
        await police.get_by_role("button", name="同意并确认报备").click()
        await expect(row).to_contain_text("值班席 已同意")
