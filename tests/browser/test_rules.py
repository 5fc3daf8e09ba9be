"""A setting of a rule is tried against the last days, saved with a reason, and holds at once; all can read both screens."""

import pytest
from playwright.async_api import expect

from tests.browser.axe import findings
from tests.browser.conftest import Watch

pytestmark = pytest.mark.timeout(180)


async def test_a_setting_is_compared_saved_and_said_where_it_comes_from(watch: Watch) -> None:
    async with watch.desk("education") as page:
        await page.evaluate("location.hash = '#/ledger'")
        await page.get_by_role("link", name="报警规则", exact=True).click()
        await expect(page.locator("table.rules tbody tr")).not_to_have_count(0)
        assert await findings(page) == []
        await page.get_by_role("link", name="封闭时段校门未关").click()
        save, compare = (page.get_by_role("button", name=name) for name in ("保存改动", "对比最近30天"))
        await expect(save).to_be_disabled()
        await page.fill("#set-person", "9")
        await expect(page.locator("#set-person-problem")).to_contain_text("30 s")
        await expect(compare).to_be_disabled()
        await page.fill("#set-person", "420")
        await compare.click()
        await expect(page.locator(".whatif [role=status]")).to_contain_text("对比完成", timeout=60_000)
        assert await findings(page) == []
        await save.click()
        await page.locator(".why input[type=text]").fill("集市日")
        await page.locator(".dialog button[type=submit]").click()
        await expect(page.locator(".ruleform .set")).to_contain_text("07:00")
        await expect(page.locator(".ruleform .set")).to_contain_text("本单位设置")


async def test_the_watch_may_look_and_not_set(watch: Watch) -> None:
    async with watch.desk("command") as page:
        await page.evaluate("location.hash = '#/rules/gate_open'")
        await expect(page.locator(".ruleform")).to_be_visible()
        await expect(page.locator(".ruleform input")).to_have_count(0)
        await page.evaluate("location.hash = '#/rules/one_key_press'")
        await expect(page.locator("main")).to_contain_text("没有任何设置能隐藏它")
