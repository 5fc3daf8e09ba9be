"""The evidence of a press: a file is added, a hold placed, and the bundle that is taken out proves itself."""

from pathlib import Path

import pytest
from playwright.async_api import FilePayload, expect

from server.evidence.verifying import verify
from tests.browser.axe import findings
from tests.browser.conftest import Watch

pytestmark = pytest.mark.timeout(180)
WORDS = "门卫室 08:05 目击说明".encode()


async def test_a_file_is_added_a_hold_placed_and_the_bundle_taken_out_is_whole(watch: Watch, tmp_path: Path) -> None:
    async with watch.desk("command") as page:
        press = await watch.line.press(1)
        await page.locator(f"#row-{press}").click()
        await page.get_by_role("button", name="证据", exact=True).click()
        await expect(page.locator(".timeline li.pressed")).to_have_count(1)

        await page.get_by_role("button", name="添加附件").click()
        chosen = FilePayload(name="statement.txt", mimeType="text/plain", buffer=WORDS)
        await page.locator(".dialog input[type=file]").set_input_files(chosen)
        await page.locator(".dialog button[type=submit]").click()
        await expect(page.locator(".attachments li")).to_contain_text("statement.txt")

        await page.get_by_role("button", name="证据保全", exact=True).click()
        await page.locator(".dialog textarea, .dialog input[type=text]").first.fill("调查取证")
        await page.locator(".dialog button[type=submit]").click()
        await expect(page.locator(".holdbar.held")).to_contain_text("调查取证")
        assert await findings(page) == []

        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="导出证据包").click()
        bundle = tmp_path / "bundle.zip"
        await (await downloading.value).save_as(bundle)
    _, wrong = verify(bundle)
    assert wrong == []
    assert WORDS in bundle.read_bytes()  # Members are stored as they are, not packed.
