"""What goes back to a device of the LAN: orders, each once, and how far its press has got; by HTTP and by MQTT."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiomqtt
import httpx
import pytest

from contract.errors import Unreachable
from contract.identity import DeviceId
from edge.agent import Order
from tests.edge.lan_site import OTHER_TOKEN, TOKEN, Site, running_site

BUTTON = DeviceId("button-gate")
ORDER = Order("019cad5e-2f80-7d5a-8b31-6f0a1c2d3e4f", BUTTON, "set", {"volume": 3})
TOLD = {"id": ORDER.id, "op": "set", "a": {"volume": 3}}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """Run a site."""
    async with running_site() as running:
        yield running


@pytest.fixture
async def device(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Be the button."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=f"{site.http}/v1/devices/button-gate", headers=headers) as client:
        yield client


def by_mqtt(site: Site) -> aiomqtt.Client:
    """Be the button, by MQTT."""
    host, port = site.mqtt
    return aiomqtt.Client(host, port, username="button-gate", password=TOKEN, identifier="button-gate", timeout=10)


async def test_a_device_that_asks_is_given_an_order_once_and_its_answer_ends_it(
    site: Site, device: httpx.AsyncClient
) -> None:
    assert BUTTON not in site.agent.abilities()
    assert (await device.post("/order")).json() == {"ok": True}
    assert "set" in site.agent.abilities()[BUTTON]
    doing = asyncio.create_task(site.agent.carry_out(ORDER))
    await asyncio.sleep(0)

    assert (await device.post("/order")).json()["order"] == TOLD
    assert (await device.post("/order")).json() == {"ok": True}
    assert not doing.done()
    assert (await device.post("/reply", json={"id": "another"})).status_code == 422
    assert (await device.post("/reply", json={"id": ORDER.id, "text": "set"})).status_code == 200
    assert await doing == "set"
    assert (await device.post("/reply", json={"id": ORDER.id})).status_code == 422


async def test_a_device_that_could_not_says_so(site: Site, device: httpx.AsyncClient) -> None:
    doing = asyncio.create_task(site.agent.carry_out(ORDER))
    await device.post("/order")
    await device.post("/reply", json={"id": ORDER.id, "ok": False, "text": "jammed"})
    with pytest.raises(Unreachable, match="jammed"):
        await doing


async def test_an_order_nobody_fetched_in_time_is_not_there_afterwards(site: Site, device: httpx.AsyncClient) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await site.agent.carry_out(ORDER)
    assert (await device.post("/order")).json() == {"ok": True}


async def test_one_device_neither_sees_nor_answers_the_orders_of_another(site: Site, device: httpx.AsyncClient) -> None:
    other = {"Authorization": f"Bearer {OTHER_TOKEN}"}
    doing = asyncio.create_task(site.agent.carry_out(ORDER))
    await asyncio.sleep(0)
    async with httpx.AsyncClient(base_url=f"{site.http}/v1/devices", headers=other) as stranger:
        assert (await stranger.post("/reader-gate/order")).json() == {"ok": True}
        assert (await stranger.post("/reader-gate/reply", json={"id": ORDER.id})).status_code == 422
        assert (await stranger.post("/button-gate/order")).status_code == 401
        assert (await stranger.get("/button-gate/state")).status_code == 401
    await device.post("/order")
    await device.post("/reply", json={"id": ORDER.id})
    await doing


async def test_a_connected_device_is_told_orders_and_how_far_its_press_has_got(site: Site) -> None:
    async with by_mqtt(site) as client, asyncio.timeout(10):
        heard = aiter(client.messages)
        await client.subscribe([("cmd/button-gate", 0), ("state/button-gate", 0)])
        first = await anext(heard)
        assert (first.topic.value, json.loads(bytes(first.payload))) == (
            "state/button-gate",
            {"seen": False, "stored": False},
        )
        doing = asyncio.create_task(site.agent.carry_out(ORDER))
        order = await anext(heard)
        assert (order.topic.value, json.loads(bytes(order.payload))) == ("cmd/button-gate", TOLD)
        await client.publish("dev/button-gate/reply", json.dumps({"id": ORDER.id, "text": "loud"}), qos=1)
        assert await doing == "loud"
        site.agent.show(BUTTON, seen=True, stored=False)
        assert json.loads(bytes((await anext(heard)).payload)) == {"seen": True, "stored": False}
    async with asyncio.timeout(10):
        while BUTTON in site.agent.abilities():  # noqa: ASYNC110  # The door notices by itself that it has gone.
            await asyncio.sleep(0.01)


async def test_a_press_is_answered_with_how_far_it_has_got(site: Site, device: httpx.AsyncClient) -> None:
    answer = (await device.post("/press", json={"n": 1})).json()
    assert (answer["seen"], answer["stored"]) == (False, False)
    site.agent.show(BUTTON, seen=True, stored=True)
    again = (await device.post("/press", json={"n": 1})).json()
    assert (again["seen"], again["stored"]) == (True, True)
    assert (await device.get("/state")).json() == {"seen": True, "stored": True}
