"""Signing in and out: what is given, what is refused, and what is written down."""

import httpx

from server.security.lockout import WINDOW_SECONDS, WRONG_MAX
from server.security.sessions import IDLE_SECONDS, LIFE_SECONDS
from tests.api.conftest import PASSWORD, House


async def login(client: httpx.AsyncClient, name: str, password: str) -> httpx.Response:
    """Try to sign in."""
    return await client.post("/api/v1/login", json={"username": name, "password": password})


async def test_right_password_gives_a_session_and_says_who_one_is(house: House) -> None:
    """The answer names role, scope and acts; the cookie is out of reach of scripts and of other sites."""
    async with house.client() as client:
        answer = await login(client, "police_liaison", PASSWORD)
        again = await client.get("/api/v1/me")

    me = answer.json()
    cookie = answer.headers["set-cookie"]
    assert me["role"] == "police_liaison"
    assert me["scope"] == {"kind": "station", "id": "P1-1", "name": "所P1-1", "name_en": "Station P1-1"}
    assert "acknowledge" in me["acts"]
    assert (me["city"], me["city_en"], me["server_ms"]) == ("钦州市", "Qinzhou", 1_000_000)
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert again.json() == me
    assert await house.audited() == [("police_liaison", "signed_in", "")]


async def test_wrong_password_and_unknown_name_get_the_same_answer(house: House) -> None:
    """Nobody learns which names exist."""
    async with house.client() as client:
        wrong = await login(client, "chief", "wrong")
        unknown = await login(client, "nobody", PASSWORD)
        disabled = await login(client, "gone", PASSWORD)

    assert wrong.status_code == unknown.status_code == disabled.status_code == 401
    assert wrong.json() == unknown.json() == disabled.json()
    assert wrong.json()["code"] == "bad_credentials"


async def test_five_wrong_passwords_lock_the_name_out_and_time_lets_it_in(house: House) -> None:
    """The sixth try is refused even with the right password, from everywhere; after the span it is let in."""
    async with house.client() as client, house.client("10.0.0.10") as other:
        for _ in range(WRONG_MAX):
            assert (await login(client, "chief", "wrong")).status_code == 401
        locked = await login(other, "CHIEF", PASSWORD)
        neighbour = await login(other, "bureau", PASSWORD)
        house.now[0] += WINDOW_SECONDS
        after = await login(other, "chief", PASSWORD)

    assert locked.status_code == 429
    assert locked.json()["code"] == "locked_out"
    assert locked.headers["retry-after"] == "900"
    assert neighbour.status_code == 200
    assert after.status_code == 200


async def test_one_address_cannot_try_many_names(house: House) -> None:
    """Guessing one password for every name is slowed down too."""
    async with house.client() as client, house.client("10.0.0.10") as other:
        for number in range(60):
            await login(client, f"user-{number}", "wrong")
        refused = await login(client, "chief", PASSWORD)
        elsewhere = await login(other, "chief", PASSWORD)

    assert refused.status_code == 429
    assert elsewhere.status_code == 200


async def test_signing_out_ends_the_session_at_once(house: House) -> None:
    """The same cookie is worth nothing afterwards."""
    client = await house.sign_in("chief")
    token = client.cookies["anxiao_session"]

    assert (await client.post("/api/v1/logout")).status_code == 204

    client.cookies.set("anxiao_session", token)
    after = await client.get("/api/v1/me")
    assert after.status_code == 401
    assert after.json()["code"] == "unauthenticated"


async def test_session_ends_idle_and_by_age(house: House) -> None:
    """Twelve idle hours end a session; use prolongs it, but not beyond seven days."""
    idle, used = await house.sign_in("chief"), await house.sign_in("bureau")
    statuses = []
    while house.now[0] < 1000.0 + LIFE_SECONDS - 1:
        house.now[0] += IDLE_SECONDS / 2
        statuses.append((await used.get("/api/v1/me")).status_code)

    assert (await idle.get("/api/v1/me")).status_code == 401
    assert set(statuses[:-1]) == {200}
    assert statuses[-1] == 401


async def test_writes_need_the_csrf_token_of_their_own_session(house: House) -> None:
    """A missing token, or another session's, is refused; so is a request that a foreign page makes."""
    client, other = await house.sign_in("chief"), await house.sign_in("chief")
    body = {"audio": "on", "visible": True, "stream_age_ms": 5}

    async def send(**headers: str) -> tuple[int, str]:
        answer = await client.post("/api/v1/screens/health", json=body, headers=headers)
        return answer.status_code, answer.json()["code"] if answer.content else ""

    assert await send() == (204, "")
    assert await send(Origin="http://campus") == (204, "")
    assert await send(**{"X-CSRF-Token": ""}) == (403, "csrf")
    assert await send(**{"X-CSRF-Token": other.headers["X-CSRF-Token"]}) == (403, "csrf")
    assert await send(Origin="http://evil") == (403, "csrf")
    assert await send(**{"Sec-Fetch-Site": "cross-site"}) == (403, "csrf")


async def test_login_from_a_foreign_page_is_refused(house: House) -> None:
    """A foreign page can neither sign a browser in as somebody else nor send a form for JSON."""
    body = {"username": "chief", "password": PASSWORD}
    async with house.client() as client:
        foreign = await client.post("/api/v1/login", json=body, headers={"Origin": "http://evil"})
        form = await client.post("/api/v1/login", data=body)

    assert foreign.json()["code"] == "csrf"
    assert form.json()["code"] == "invalid"


async def test_disabled_account_is_out_at_once(house: House) -> None:
    """An open session of a disabled account opens nothing any more."""
    client = await house.sign_in("chief")

    await house.registry.accounts.disable("chief")

    assert (await client.get("/api/v1/me")).status_code == 401


async def test_token_is_stored_nowhere(house: House) -> None:
    """Whoever reads the database cannot sign in with what is there."""
    client = await house.sign_in("chief")
    token = client.cookies["anxiao_session"]

    rows = await house.parts.sessions._database.run(
        lambda connection: str(connection.exec_driver_sql("select * from session").all())
    )

    assert token not in rows
    assert "chief" in rows
