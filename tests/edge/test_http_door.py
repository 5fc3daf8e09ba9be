"""The HTTP door of the LAN, over real sockets."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from contract.identity import parse_press_id
from edge.lan import desk as desk_module
from edge.lan import guard, http_door
from edge.lan.desk import BODY_BYTES_MAX, Outcome
from tests.edge.lan_site import OTHER_TOKEN, TOKEN, Site, running_site

KEY = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """Run a site."""
    async with running_site() as running:
        yield running


@pytest.fixture
async def client(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the site's button."""
    async with httpx.AsyncClient(base_url=f"{site.http}/v1/devices/button-gate", headers=KEY, trust_env=False) as opened:
        yield opened


async def test_press_is_answered_with_its_identity(site: Site, client: httpx.AsyncClient) -> None:
    """200 means that the outbox has it; the id is the press's own."""
    response = await client.post("/press", json={"press": "hold", "mode": "drill", "n": 7})

    assert response.status_code == 200
    assert parse_press_id(response.json()["id"])
    assert site.gateway.told == [("press", "button-gate", "hold", "drill", "7")]


async def test_press_is_not_answered_before_the_disk_has_it(site: Site, client: httpx.AsyncClient) -> None:
    """While the fsync hangs the device hears nothing, and so it repeats."""
    site.gateway.disk.clear()
    asked = asyncio.create_task(client.post("/press"))
    await site.gateway.attempted(1)

    assert not asked.done()
    site.gateway.disk.set()
    assert (await asked).status_code == 200


async def test_press_that_is_not_durable_asks_to_repeat(site: Site, client: httpx.AsyncClient) -> None:
    """A disk that says no is never acknowledged."""
    site.gateway.broken = True
    response = await client.post("/press")

    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert response.json()["code"] == "not_durable"


async def test_disk_that_hangs_too_long_asks_to_repeat(
    site: Site, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every wait ends."""
    monkeypatch.setattr(desk_module, "DURABLE_SECONDS_MAX", 0.05)
    site.gateway.disk.clear()

    assert (await client.post("/press")).status_code == 503


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"not json",
        b'{"press":5}',
        b'{"n":1e400}',
        b'{"mode":"holiday"}',
        b"[" * 5000,
        b"x" * 100_000,
        b'{"n":',
        b"\xff",
    ],
)
async def test_press_is_never_refused_for_its_body(site: Site, client: httpx.AsyncClient, body: bytes) -> None:
    """Somebody pressed, whatever the bytes; what cannot be read is short and real."""
    response = await client.post("/press", content=body)

    assert response.status_code == 200
    assert site.gateway.told == [("press", "button-gate", "short", "real", "None")]


async def test_readings_clear_alert_and_check_in_reach_the_gateway(site: Site, client: httpx.AsyncClient) -> None:
    """Each action has its own words."""
    reader = {"Authorization": f"Bearer {OTHER_TOKEN}"}
    answers = [
        await client.post("/readings", json={"battery": 87, "tamper": False, "temp": 21.5, "loop": "closed", "rssi": None}),
        await client.post("/clear", json={"by": "key"}),
        await client.post("/alert", json={"code": "tamper", "text": "cover"}),
        await client.post(
            f"{site.http}/v1/devices/reader-gate/check-in",
            json={"guard": "g-17", "act": "in", "method": "card"},
            headers=reader,
        ),
    ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert site.gateway.readings == [
        ("button-gate", {"battery": 87, "tamper": False, "temp": 21.5, "loop": "closed", "rssi": None})
    ]
    assert site.gateway.told == [
        ("clear", "button-gate", "key"),
        ("alert", "button-gate", "tamper", "True", "real", "cover"),
        ("check_in", "reader-gate", "g-17", "in", "", "card"),
    ]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/readings", b"{", 422, "bad_body"),
        ("/readings", b'{"temp":NaN}', 422, "bad_body"),
        ("/readings", b'{"temp":Infinity}', 422, "bad_body"),
        ("/readings", b'{"temp":{"deep":1}}', 422, "bad_body"),
        ("/readings", b'{"a":' * 3000, 422, "bad_body"),
        ("/readings", b"[" * 16000, 422, "bad_body"),
        ("/readings", b'{"temp":"\\ud800"}', 422, "bad_body"),
        ("/readings", b"{" + b",".join(b'"m%d":1' % n for n in range(33)) + b"}", 422, "bad_body"),
        ("/readings", b" " * (BODY_BYTES_MAX + 1), 413, "too_large"),
        ("/alert", b"{}", 422, "bad_body"),
        ("/alert", b'{"code":"' + b"x" * 300 + b'"}', 422, "bad_body"),
        ("/check-in", b'{"guard":"g","act":"dance"}', 422, "bad_body"),
        ("/explode", b"{}", 404, "unknown_action"),
    ],
)
async def test_bad_request_is_refused_counted_and_named(
    site: Site, client: httpx.AsyncClient, path: str, body: bytes, status: int, code: str
) -> None:
    """The answer says what was wrong, and nothing reaches the gateway."""
    response = await client.post(path, content=body)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["detail"]
    assert site.desk.counts == {Outcome(code): 1}
    assert not site.gateway.told
    assert not site.gateway.readings


async def test_integer_beyond_the_contract_does_no_harm(site: Site, client: httpx.AsyncClient) -> None:
    """2^70 is JSON; it is for the reporting behind the desk to refuse."""
    assert (await client.post("/readings", content=b'{"temp":1180591620717411303424}')).status_code in (200, 422)


@pytest.mark.parametrize(
    ("device", "header", "status"),
    [
        ("nobody", {b"Authorization": f"Bearer {TOKEN}".encode()}, 404),
        ("button-gate", {}, 401),
        ("button-gate", {b"Authorization": f"Bearer {OTHER_TOKEN}".encode()}, 401),
        ("button-gate", {b"Authorization": "Bearer \u4e2d".encode()}, 401),
        ("button-gate", {b"Authorization": TOKEN.encode() + b"x"}, 401),
    ],
)
async def test_stranger_is_refused_and_counted(site: Site, device: str, header: dict[bytes, bytes], status: int) -> None:
    """Neither an unknown device nor another device's token makes a press."""
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.post(f"{site.http}/v1/devices/{device}/press", headers=header)

    assert response.status_code == status
    assert site.desk.counts.total() == 1
    assert not site.gateway.told


async def test_device_that_floods_is_slowed_and_silences_no_other(site: Site, client: httpx.AsyncClient) -> None:
    """One device over its rate gets 429; its presses still pass, and so does its neighbour."""
    statuses = [(await client.post("/readings", json={"temp": 1.0})).status_code for _ in range(70)]
    reader = {"Authorization": f"Bearer {OTHER_TOKEN}"}

    assert 429 in statuses
    assert (await client.post("/press")).status_code == 200
    neighbour = await client.post(f"{site.http}/v1/devices/reader-gate/readings", json={"on_duty": 1}, headers=reader)
    assert neighbour.status_code == 200


async def test_device_that_floods_with_presses_is_told_to_repeat(site: Site, client: httpx.AsyncClient) -> None:
    """Past the burst the answer is not yes: the device repeats, and nothing is acknowledged that was not kept."""
    statuses = [(await client.post("/press", json={"n": n})).status_code for n in range(30)]

    assert statuses.count(200) == len(site.gateway.told)
    assert statuses[:20] == [200] * 20
    assert 429 in statuses


async def test_one_address_cannot_take_every_place(site: Site, client: httpx.AsyncClient) -> None:
    """Connections of one address are bounded, and a place given back is a place to be had."""
    host, port = site.agent.addresses["http"]
    held = [await asyncio.open_connection(host, port) for _ in range(guard.CONNECTIONS_PER_ADDRESS_MAX)]

    with pytest.raises(httpx.HTTPError):
        await client.post("/press")
    for _, writer in held:
        writer.close()
        await writer.wait_closed()
    async with asyncio.timeout(10):
        while True:
            try:
                response = await client.post("/press")
            except httpx.HTTPError:
                continue
            break
    assert response.status_code == 200


async def test_silent_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who never finishes a request does not hold its place for ever."""
    monkeypatch.setattr(http_door, "IDLE_SECONDS_MAX", 0.05)
    async with running_site() as site:
        reader, writer = await asyncio.open_connection(*site.agent.addresses["http"])
        writer.write(b"POST /v1/dev")
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()


async def test_body_that_trickles_is_cut_and_a_press_is_still_a_press(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that dies within its body has pressed all the same."""
    monkeypatch.setattr(http_door, "BODY_SECONDS_MAX", 0.05)
    reader, writer = await asyncio.open_connection(*site.agent.addresses["http"])
    writer.write(
        f"POST /v1/devices/button-gate/press HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        'Content-Length: 100\r\n\r\n{"pre'.encode()
    )
    async with asyncio.timeout(10):
        assert b"200 OK" in await reader.readline()
    writer.close()

    assert site.gateway.told == [("press", "button-gate", "short", "real", "None")]


async def test_health_says_that_the_door_stands(site: Site, client: httpx.AsyncClient) -> None:
    """A vendor can test the way without a token."""
    assert (await client.get(f"{site.http}/v1/health")).json() == {"ok": True}
