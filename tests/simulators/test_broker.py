"""Both brokers of the demo do what CS1 needs of one: QoS 1, retained messages, wills and many connections at once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiomqtt
import pytest

from simulators.broker import Make, find_mosquitto, mosquitto_configuration, running
from tests.needed import need

CONNECTIONS = 300  # As many gateways as a demo gives connections of their own.

MAKES = [
    pytest.param(Make.AMQTT, id="amqtt"),
    pytest.param(Make.MOSQUITTO, id="mosquitto", marks=pytest.mark.broker),
]


@contextlib.asynccontextmanager
async def broker(make: Make) -> AsyncIterator[int]:
    """Run a broker, or skip where it is missing outside CI."""
    need(make is not Make.MOSQUITTO or find_mosquitto(), "mosquitto")
    async with running(make) as port:
        yield port


async def next_message(client: aiomqtt.Client) -> aiomqtt.Message:
    """Wait for one message."""
    async with asyncio.timeout(10):
        return await anext(aiter(client.messages))


@pytest.mark.parametrize("make", MAKES)
async def test_retained_will_and_qos_1(make: Make) -> None:
    """A late subscriber finds the birth, hears the will of a connection that dies, and gets QoS 1 as QoS 1."""
    async with broker(make) as port:
        dying = aiomqtt.Client(
            "127.0.0.1", port, identifier="dying", will=aiomqtt.Will("cs1/gw-x/link", b'{"on":false}', 1, True)
        )
        await dying.__aenter__()
        await dying.publish("cs1/gw-x/link", b'{"on":true}', qos=1, retain=True)
        await dying.publish("cs1/gw-x/birth", b"me", qos=1, retain=True)
        async with aiomqtt.Client("127.0.0.1", port, identifier="late") as late:
            await late.subscribe("cs1/+/#", qos=1)
            found = {str(m.topic): m for m in (await next_message(late), await next_message(late))}

            assert {topic: message.payload for topic, message in found.items()} == {
                "cs1/gw-x/birth": b"me",
                "cs1/gw-x/link": b'{"on":true}',
            }
            assert all(message.retain for message in found.values())

            await dying.publish("cs1/gw-x/up/a", b"press", qos=1)
            live = await next_message(late)
            assert (live.payload, live.qos, live.retain) == (b"press", 1, False)

            socket = dying._client.socket()
            assert socket is not None
            socket.close()  # As when the power goes: no DISCONNECT is sent.
            assert (await next_message(late)).payload == b'{"on":false}'
        dying.timeout = 0.1  # Nobody will answer its goodbye.
        with contextlib.suppress(aiomqtt.MqttError, ValueError, OSError):
            await dying.__aexit__(None, None, None)


@pytest.mark.parametrize("make", MAKES)
async def test_retained_messages_go_to_their_subscribers_alone(make: Make) -> None:
    """A gateway never gets the births of the others because a server asked for them."""
    async with broker(make) as port, aiomqtt.Client("127.0.0.1", port, identifier="server") as server:
        await server.subscribe("cs1/+/birth", qos=1)
        await server.publish("cs1/gw-x/birth", b"me", qos=1, retain=True)
        await next_message(server)
        async with aiomqtt.Client("127.0.0.1", port, identifier="gw-y") as gateway:
            await gateway.subscribe("cs1/gw-y/rc", qos=1)
            await gateway.publish("cs1/gw-y/rc", b"mine", qos=1)

            assert (await next_message(gateway)).payload == b"mine"
            assert len(gateway.messages) == 0


@pytest.mark.parametrize("make", MAKES)
async def test_hundreds_of_connections_each_get_their_own(make: Make) -> None:
    """Several hundred clients stand at once, and each one's receipts reach it alone."""
    async with broker(make) as port, contextlib.AsyncExitStack() as stack:
        clients = []
        for number in range(CONNECTIONS):
            client = aiomqtt.Client("127.0.0.1", port, identifier=f"gw-{number}", timeout=30)
            await stack.enter_async_context(client)
            await client.subscribe(f"cs1/gw-{number}/rc", qos=1)
            clients.append(client)
        for number in range(CONNECTIONS):
            await clients[-1 - number].publish(f"cs1/gw-{number}/rc", str(number).encode(), qos=1)

        assert [(await next_message(client)).payload for client in clients] == [
            str(number).encode() for number in range(CONNECTIONS)
        ]


@pytest.mark.broker
async def test_new_server_gets_the_births_of_a_whole_city() -> None:
    """No retained birth is dropped when a server subscribes: more of them wait than Mosquitto's usual limit."""
    births = 3_200
    async with broker(Make.MOSQUITTO) as port:
        async with aiomqtt.Client("127.0.0.1", port, timeout=30) as gateway:
            for number in range(births):
                await gateway.publish(f"cs1/gw-{number}/birth", b"x" * 200, qos=1, retain=True)
        async with aiomqtt.Client("127.0.0.1", port, max_queued_incoming_messages=births) as server:
            await server.subscribe("cs1/+/birth", qos=1)
            seen = {str((await next_message(server)).topic) for _ in range(births)}

    assert len(seen) == births


def test_broker_stays_on_loopback_and_keeps_nothing() -> None:
    """A demo's broker asks for no password, so it must not be reachable from elsewhere."""
    lines = mosquitto_configuration(1_234).splitlines()

    assert "listener 1234 127.0.0.1" in lines
    assert "persistence false" in lines


def test_broker_does_not_hold_small_messages_back() -> None:
    """Without this option a press waits up to 40 ms for the acknowledgement of what went before it."""
    assert "set_tcp_nodelay true" in mosquitto_configuration(1_234).splitlines()
