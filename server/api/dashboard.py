"""The built dashboard: hashed files for ever, the page itself never from a cache, a clear word where it was not built."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

PAGES = frozenset({"guard"})  # Pages of their own beside the dashboard's, by the address people type.
ASSETS = "assets"  # The folder where the build puts files whose names hold their hash.
FOR_EVER = "public, max-age=31536000, immutable"
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Anxiao</title>
<h1>The dashboard was not built</h1>
<p>Run <code>make setup</code> in the source folder, or install the released wheel, which holds it. The API is up.</p>
<h1 lang="zh">界面尚未构建</h1>
<p lang="zh">请在源码目录运行 <code>make setup</code>，或安装发布的 wheel 包。接口服务正常。</p></html>"""


class _Hashed(StaticFiles):
    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = FOR_EVER
        return response


def _media(file: Path) -> str | None:
    return "application/manifest+json" if file.suffix == ".webmanifest" else None


def dashboard_routes(folder: Path) -> list[BaseRoute]:
    """Serve a built dashboard from a folder; pages of its own router all get the same page."""
    assets = _Hashed(directory=folder / ASSETS, check_dir=False)

    async def page(request: Request) -> Response:
        asked: str = request.path_params.get("path", "")
        file = folder / (f"{asked}.html" if asked in PAGES else asked)
        if "/" not in asked and asked != "index.html" and not asked.startswith(".") and asked and file.is_file():
            return FileResponse(file, headers={"Cache-Control": "no-cache"}, media_type=_media(file))
        index = folder / "index.html"
        if not index.is_file():
            return HTMLResponse(NOT_BUILT, 503)
        return FileResponse(index, headers={"Cache-Control": "no-cache"}, media_type="text/html; charset=utf-8")

    return [Mount(f"/{ASSETS}", app=assets), Route("/", page), Route("/{path:path}", page)]
