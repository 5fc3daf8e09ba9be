"""The page that the `type` of every problem document points to."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from server.api.parts import Parts
from server.api.problems import PAGE, STATUS, TITLES, TITLES_ZH, Code


def add(router: APIRouter, _parts: Parts) -> None:
    """Add the route."""

    @router.get(PAGE, responses={200: {"description": "A page", "content": {"text/html": {}}}})
    async def explain() -> Response:
        """List every kind of refusal in Chinese and English."""
        return HTMLResponse(PROBLEMS, headers={"Cache-Control": "public, max-age=3600"})


def _row(code: Code) -> str:
    return (
        f'<tr id="{code.value}"><td><code>{code.value}</code></td><td>{int(STATUS[code])}</td>'
        f'<td>{TITLES_ZH[code]}</td><td lang="en">{TITLES[code]}</td></tr>'
    )


PROBLEMS = f"""<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>安校 · 错误说明 Problems</title>
<h1>错误说明 <span lang="en">Problems</span></h1>
<p>接口每次拒绝都以 RFC 9457 文档作答，其 <code>code</code> 取下表之一，长期不变。
<span lang="en">Every refusal is an RFC 9457 document; its <code>code</code> is one of these, and stays.</span></p>
<table>
<thead><tr><th>code</th><th>HTTP</th><th>含义</th><th lang="en">Meaning</th></tr></thead>
<tbody>{"".join(_row(code) for code in Code)}</tbody>
</table>
</html>
"""
