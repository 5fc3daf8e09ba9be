"""Runs axe-core, which the dashboard's own tools bring, over a page."""

from pathlib import Path

from playwright.async_api import Page

AXE = Path(__file__).parent.parent.parent / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


async def findings(page: Page) -> list[str]:
    """Give what breaks WCAG as far as a machine can tell, each with its first place."""
    await page.evaluate(AXE.read_text())
    found: list[str] = await page.evaluate(
        """tags => axe.run(document, { runOnly: { type: 'tag', values: tags } }).then(result =>
             result.violations.map(one => `${one.id}: ${one.nodes.length} x ${one.nodes[0].html.slice(0, 160)}`))""",
        TAGS,
    )
    return found
