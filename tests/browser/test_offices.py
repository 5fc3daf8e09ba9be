"""What offices do in a browser: bring a file into the ledger with its faults mended, and work a finding to its end."""

import csv
import io

import pytest
from playwright.async_api import FilePayload, Page, expect

from server.registry.roster_file import read_roster
from tests.browser.axe import findings
from tests.browser.conftest import Watch

pytestmark = pytest.mark.timeout(180)
TODAY = """() => new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10)"""  # In Asia/Shanghai.


def as_csv(rows: list[list[str]]) -> FilePayload:
    """Write rows as a spreadsheet of this country does."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return {"name": "装备.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode("utf-8-sig")}


async def check(page: Page, file: FilePayload) -> None:
    """Choose a file and let it be checked."""
    await page.set_input_files("input[type=file]", file)
    await page.get_by_role("button", name="上传并检查").click()
    await expect(page.locator(".importstate.checked")).to_be_visible(timeout=60_000)  # A process of its own reads it.


async def test_a_file_with_faults_is_mended_checked_and_stands_in_the_ledger(watch: Watch) -> None:
    """Every fault is named by its row in both languages, nothing is stored before, and then exactly what was checked."""
    school = read_roster(watch.line.folder / "roster.json").schools[0]
    async with watch.desk("education") as page:
        sheet = await page.request.get(watch.address + "api/v1/ledger/export?sheet=kit&form=csv&language=zh")
        heads = next(csv.reader(io.StringIO((await sheet.body()).decode("utf-8-sig"))))

        def row(**told: str) -> list[str]:
            return [told.get(name.rstrip("*"), "") for name in heads]

        good = row(学校标识码=school.id, 编号="新盾牌", 装备="防护盾牌", 数量="3", 有效期至="2031-05-01")
        bad = row(学校标识码=school.id, 编号="新钢叉", 装备="安全钢叉", 数量="三", 有效期至="2031-02-30")
        stray = row(学校标识码="2199999999", 编号="k", 装备="防护盾牌", 数量="1")

        await page.goto(watch.address + "#/ledger/import?sheet=kit")
        await check(page, as_csv([heads, good, bad, stray]))
        faults = page.locator(".faults tbody tr")
        await expect(faults).to_have_count(3)
        await expect(faults.nth(0)).to_contain_text("3")
        await expect(faults.filter(has_text="数量")).to_have_count(1)
        await expect(faults.filter(has_text="有效期至")).to_have_count(1)
        await expect(faults.filter(has_text="2199999999")).to_contain_text("4")
        await expect(page.locator(".lineform")).to_have_count(0)
        assert await findings(page) == []
        await page.get_by_role("button", name="English").click()
        await expect(faults.filter(has_text="Count")).to_have_count(1)
        await expect(faults.filter(has_text="2199999999")).not_to_contain_text("不在")
        await page.get_by_role("button", name="中文").click()

        await page.get_by_role("button", name="换一个文件").click()
        mended = row(学校标识码=school.id, 编号="新钢叉", 装备="安全钢叉", 数量="2", 有效期至="2031-02-28")
        await check(page, as_csv([heads, good, mended]))
        await expect(page.locator(".counts tbody td.num").nth(1)).to_have_text("2")
        await expect(faults).to_have_count(0)
        before = await page.request.get(watch.address + "api/v1/sheets/kit/lines?q=新钢叉")
        assert (await before.json())["total"] == 0
        await page.get_by_label("理由").fill("补录新购装备")
        await page.get_by_role("button", name="导入 2 处改动").click()
        await expect(page.get_by_role("heading", name="已导入，共改动 2 条")).to_be_visible(timeout=30_000)

        await page.goto(f"{watch.address}#/ledger/kit?school={school.id}&q=新钢叉")
        await expect(page.locator(".sheettable tbody tr")).to_have_count(1)
        await expect(page.locator(".sheettable tbody tr")).to_contain_text("2031-02-28")


async def test_a_finding_is_assigned_rectified_verified_by_another_and_closed(watch: Watch) -> None:
    """The school answers with evidence, and only somebody else can say that it is mended; the whole way is on record."""
    async with watch.desk("education") as office, watch.desk("school") as school:
        await school.goto(watch.address + "#/schools")
        code = (await school.locator(".matrix tbody a").first.get_attribute("href") or "").rpartition("/")[2]
        await office.goto(watch.address + "#/visits")
        await office.get_by_role("button", name="指定学校").click()
        await office.locator(".dialog input[list]").fill(code)
        await office.locator(".dialog input[type=date]").fill(await office.evaluate(TODAY))
        await office.locator(".dialog button[type=submit]").click()
        await office.locator("main table tbody a").first.click()
        await office.get_by_role("button", name="开始检查").click()
        await office.get_by_role("button", name="登记问题").click()
        await office.locator(".dialog textarea").fill("1号门防冲撞桩缺失两根")
        await office.locator(".dialog button[type=submit]").click()
        await office.get_by_role("link", name="1号门防冲撞桩缺失两根").click()
        state = office.locator(".pagehead .gapstate")
        await expect(state).to_have_text("未整改")

        await office.get_by_role("button", name="交办").click()
        await office.locator(".dialog input[list]").fill("学校总务处")
        await office.locator(".dialog button[type=submit]").click()
        await expect(state).to_have_text("整改中")
        assert await findings(office) == []

        await school.goto(office.url)
        await school.get_by_role("button", name="报整改").click()
        await school.locator(".dialog button[type=submit]").click()
        await expect(school.locator(".dialog [role=alert]")).to_be_visible()  # Without evidence it is not taken.
        await school.locator(".dialog input").first.fill("照片 2026-118")
        await school.locator(".dialog button[type=submit]").click()
        await expect(school.locator(".pagehead .gapstate")).to_have_text("待复核")
        await expect(school.get_by_role("button", name="销号")).to_have_count(0)  # Nobody verifies their own word.

        gap = office.url
        await office.goto(watch.address + "#/gaps")
        await office.goto(gap)
        await office.get_by_role("button", name="销号").click()
        await office.locator(".dialog button[type=submit]").click()
        await expect(state).to_have_text("已销号")
        for move in ("交办", "报整改", "销号"):
            await expect(office.locator(".moves")).to_contain_text(move)
