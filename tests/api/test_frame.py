"""The frame around every route: problem documents, security headers, limits, the dashboard, health and metrics."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from server.api.app import build_app
from server.api.parts import Ingest
from server.api.problems import Code
from server.api.shield import BODY_BYTES_MAX, HEADERS
from tests.api.conftest import House
from tests.api.engine import FakeEngine, press


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("POST", "/api/v2/login", 404, "not_found"),
        ("GET", "/v1/ingest/gw/a", 404, "not_found"),
        ("DELETE", "/api/v1/me", 405, "method_not_allowed"),
        ("GET", "/api/v1/login", 405, "method_not_allowed"),
        ("GET", "/api/v1/alerts?limit=0", 422, "invalid"),
        ("GET", "/api/v1/alerts?limit=501", 422, "invalid"),
        ("GET", "/api/v1/alerts?severity=9", 422, "invalid"),
        ("GET", "/api/v1/alerts?mode=play", 422, "invalid"),
    ],
)
async def test_every_refusal_is_a_problem_document(house: House, method: str, path: str, status: int, code: str) -> None:
    """Ours or the framework's: one shape, with a stable code, and never a page of HTML."""
    client = await house.sign_in("chief")

    answer = await client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["status"]) == (code, status)
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


async def test_refusal_names_the_place(house: House) -> None:
    """Whoever writes a client sees what was wrong where."""
    client = await house.sign_in("chief")

    answer = await client.get("/api/v1/alerts?limit=0")

    assert answer.json()["errors"] == ["query.limit: Input should be greater than or equal to 1"]


async def test_failure_of_ours_tells_nothing_of_the_inside(house: House) -> None:
    """A bug answers 500 as a problem document without a word of the exception."""

    class Broken(FakeEngine):
        def verdicts(self, school: str) -> dict[str, object]:  # type: ignore[override]
            raise RuntimeError(f"secret of {school}")

    house.engine.__class__ = Broken
    client = await house.sign_in("chief")

    answer = await client.get("/api/v1/bootstrap")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "secret" not in answer.text


async def test_body_over_the_limit_is_refused_whether_or_not_it_says_so(house: House) -> None:
    """A declared length is refused unread; one that trickles in is cut off."""
    client = await house.sign_in("chief")

    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES_MAX // 1024 + 1):
            yield b" " * 1024

    declared = await client.post("/api/v1/screens/health", content=b" " * (BODY_BYTES_MAX + 1))
    trickled = await client.post("/api/v1/screens/health", content=trickle(), headers={"content-type": "application/json"})

    assert (declared.status_code, declared.json()["code"]) == (413, "too_large")
    assert (trickled.status_code, trickled.json()["code"]) == (413, "too_large")


async def test_cookie_and_transport_are_strict_over_tls(house: House) -> None:
    """Over TLS the cookie is never sent in the clear, and browsers are told to stay with TLS."""
    house.app = build_app(replace(house.parts, secure=True))

    async with house.client() as client:
        answer = await client.post("/api/v1/login", json={"username": "chief", "password": "right-horse"})

    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=")


async def test_policy_allows_nothing_inline_and_nothing_foreign(house: House) -> None:
    """Only our own files run, and no page may frame ours."""
    async with house.client() as client:
        policy = (await client.get("/healthz")).headers["content-security-policy"]

    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


async def test_dashboard_that_was_not_built_says_so(house: House) -> None:
    """Somebody who forgot the build reads what to do, in both languages."""
    async with house.client() as client:
        answer = await client.get("/")

    assert answer.status_code == 503
    assert "make setup" in answer.text
    assert "界面尚未构建" in answer.text


async def test_dashboard_is_served_with_the_right_caching(house: House) -> None:
    """Hashed files are kept for ever, the page itself is asked for each time, and every page of it is the same one."""
    static = house.parts.static
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html>page")
    (static / "icon.svg").write_text("<svg/>")
    (static / "assets" / "main-1a2b.js").write_text("x")
    (static.parent / "secret.txt").write_text("secret")

    async with house.client() as client:
        page, deep = await client.get("/"), await client.get("/alerts/a-1")
        script, icon = await client.get("/assets/main-1a2b.js"), await client.get("/icon.svg")
        missing, outside = await client.get("/assets/main-0.js"), await client.get("/assets/..%2f..%2fsecret.txt")
        hidden = await client.get("/..%2fsecret.txt")

    assert page.text == deep.text == "<!doctype html>page"
    assert page.headers["cache-control"] == deep.headers["cache-control"] == icon.headers["cache-control"] == "no-cache"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert icon.headers["content-type"] == "image/svg+xml"
    assert missing.status_code == outside.status_code == 404
    assert "secret" not in hidden.text


async def test_readiness_names_what_is_not_ready(house: House) -> None:
    """The process lives, yet says which part it waits for."""
    wrong = {"journal": "down since 12 s"}
    house.app = build_app(replace(house.parts, ingest=Ingest(not_ready=lambda: wrong)))

    async with house.client() as client:
        alive, ready = await client.get("/healthz"), await client.get("/readyz")
        wrong.clear()
        again = await client.get("/readyz")

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()) == (503, {"status": "unavailable", "parts": {"journal": "down since 12 s"}})
    assert (again.status_code, again.json()["status"]) == (200, "ok")


async def test_metrics_are_for_this_machine_and_administrators(house: House) -> None:
    """A collector on this machine needs no login; a proxy on it does not make its callers local."""
    house.engine.alerts = {"a": press("a"), "b": press("b", mode="drill")}
    async with house.client("127.0.0.1") as local, house.client() as far:
        here, away = await local.get("/metrics"), await far.get("/metrics")
        through = await local.get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"})

    assert here.status_code == 200
    assert 'anxiao_alerts_open{severity="1"} 1.0' in here.text
    assert away.status_code == through.status_code == 401


async def test_type_of_a_problem_leads_to_its_explanation(house: House) -> None:
    """Whoever follows the `type` finds what it means in Chinese and English, also without being signed in."""
    answer = await house.client().get("/api/v1/me")
    page, _, place = answer.json()["type"].partition("#")

    explained = await house.client().get(page)

    assert explained.status_code == 200
    assert f'<tr id="{place}">' in explained.text
    assert all(f'<tr id="{code.value}">' in explained.text for code in Code)
