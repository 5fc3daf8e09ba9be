"""A link carries, cuts, stalls one way or both, delays, and forgets nothing that it still holds."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest

from simulators.chaos.house import free_ports
from simulators.chaos.link import Link, Way

SOON = 0.3


@pytest.fixture
async def link() -> AsyncIterator[Link]:
    """Give a link to a server that repeats what it hears."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(100):
                writer.write(data)
                await writer.drain()
        writer.close()

    ports = free_ports()
    target = next(ports)
    server = await asyncio.start_server(echo, "127.0.0.1", target)
    link = Link("here>there", next(ports), target, random.Random(1))
    await link.open()
    yield link
    await link.close()
    server.close()


async def say(link: Link, words: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection and send something."""
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    writer.write(words)
    return reader, writer


async def silent(reader: asyncio.StreamReader) -> bool:
    """Say whether nothing comes for a while."""
    try:
        async with asyncio.timeout(SOON):
            await reader.readexactly(1)
    except TimeoutError:
        return True
    return False


async def test_it_carries_both_ways(link: Link) -> None:
    reader, _ = await say(link, b"hello")

    assert await reader.readexactly(5) == b"hello"


async def test_a_cut_ends_what_stands_and_refusing_ends_what_comes(link: Link) -> None:
    reader, _ = await say(link, b"hello")
    await reader.readexactly(5)
    link.refuses = True

    assert link.cut() == 1
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    reader, _ = await say(link, b"again")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)


@pytest.mark.parametrize("ways", [(Way.OUT,), (Way.BACK,), ()])
async def test_a_stalled_link_says_nothing_and_goes_on_when_healed(link: Link, ways: tuple[Way, ...]) -> None:
    link.stall(*ways)
    reader, _ = await say(link, b"hello")

    assert await silent(reader)
    link.heal()
    assert await reader.readexactly(5) == b"hello"


async def test_a_slow_link_keeps_the_order(link: Link) -> None:
    link.slow(0.05, 0.05, lost=0.3)
    reader, writer = await say(link, b"0")
    for number in range(1, 10):
        writer.write(str(number).encode())
        await asyncio.sleep(0.01)

    assert await reader.readexactly(10) == b"0123456789"
