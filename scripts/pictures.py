"""Takes the pictures of docs/example-year.md anew: three days of the example year as their screens and reports show them.

    python -m scripts.pictures --year var/year --out docs/pictures

Plays the year first where the folder has none. A copy of its database is served, so that the year itself stays as it was.
"""

import argparse
import asyncio
import base64
import os
import shutil
import struct
import sys
import tempfile
import zlib
from collections import Counter
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page, async_playwright

from bench.press_to_screen import CHROMIUM_ARGUMENTS, find_chromium, sign_in
from scripts.servers import free_port

DAYS = ("2025-09-01", "2026-02-28", "2026-09-01")  # Of which `anxiao-sim year` makes reports.
SITES = "60"
WIDTH, HEIGHT = 1280, 800
START_SECONDS = 120
COLOURS_MAX = 256  # Of an indexed picture.
PIXELS = """async source => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  const { data } = pen.getImageData(0, 0, image.width, image.height);
  let text = "";
  for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
  return [image.width, image.height, btoa(text)];
}"""


async def take(year: Path, out: Path) -> None:
    """Serve a copy of the year and take every picture."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        shutil.copy(year / "anxiao.db", folder / "anxiao.db")
        logins = folder / "logins.txt"
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server.app", "run", "--folder", str(folder), "--port", str(port)),
            *("--demo-logins", str(logins)),
            env={**os.environ, "ANXIAO_HISTORY": "none"},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            address = f"http://127.0.0.1:{port}/"
            await _until_up(address)
            async with async_playwright() as play:
                browser = await play.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_ARGUMENTS))
                await _screens(browser, address, _password(logins, "command"), out)
                await _reports(browser, year, out)
                await browser.close()
        finally:
            server.terminate()
            await server.wait()


async def _until_up(address: str) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(START_SECONDS):
        while True:
            try:
                if (await client.get(address + "healthz")).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.5)


def _password(logins: Path, user: str) -> str:
    return dict(row.split("\t")[:2] for row in logins.read_text().splitlines() if row)[user]


async def _screens(browser: Browser, address: str, password: str, out: Path) -> None:
    context = await browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="zh-CN", color_scheme="light")
    page = await context.new_page()
    await sign_in(page, address, "command", password)
    for day in DAYS:
        for name, place in (
            ("coverage", f"coverage?on={day}"),
            ("gaps", f"coverage?on={day}&gaps=t1_networked&figure=ledger"),
        ):
            await page.goto(f"{address}#/{place}")
            await page.wait_for_selector("main .tablebox, main .empty")
            await page.wait_for_timeout(500)
            await _keep(page, out / f"year-{day}-{name}.png", browser, "main")
    await context.close()


def _circular(year: Path, day: str) -> str:
    return next(year.glob(f"circular-*-{day}-zh.html")).resolve().as_uri()


async def _reports(browser: Browser, year: Path, out: Path) -> None:
    page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    for day in DAYS:
        await page.goto(_circular(year, day))
        await _keep(page, out / f"year-{day}-report.png", browser, "")
    await page.close()


async def _keep(page: Page, file: Path, browser: Browser, part: str) -> None:
    """Take one picture, of a part of the page or of what the window shows, and write it small."""
    taken = await (page.locator(part).screenshot() if part else page.screenshot())
    blank = await browser.new_page()
    source = "data:image/png;base64," + base64.b64encode(taken).decode()
    width, height, pixels = await blank.evaluate(PIXELS, source)
    await blank.close()
    _write(file, indexed(width, height, base64.b64decode(pixels)))


def _write(file: Path, picture: bytes) -> None:
    file.write_bytes(picture)
    print(f"{file}: {len(picture) // 1024} KB")


def indexed(width: int, height: int, rgba: bytes) -> bytes:
    """Write pixels as a PNG of at most 256 colours: those most used, and for any other the one nearest to it."""
    colours = [rgba[at : at + 3] for at in range(0, len(rgba), 4)]
    used = Counter(colours)
    palette = [colour for colour, _ in used.most_common(COLOURS_MAX)]
    place = {colour: number for number, colour in enumerate(palette)}
    for colour in used.keys() - place.keys():
        place[colour] = min(range(len(palette)), key=lambda number: _apart(palette[number], colour))
    numbers = bytes(place[colour] for colour in colours)
    rows = b"".join(b"\0" + numbers[at : at + width] for at in range(0, len(numbers), width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(kind, body) for kind, body in parts)


def _apart(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _part(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


async def _play(year: Path) -> None:
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators.app", "year", "--out", str(year), "--sites", SITES
    )
    if await done.wait():
        raise SystemExit("the year could not be played")


async def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--year", type=Path, default=Path("var/year"))
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if not (given.year / "anxiao.db").exists():
        await _play(given.year)
    await take(given.year, given.out)


if __name__ == "__main__":
    asyncio.run(main())
