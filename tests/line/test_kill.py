"""Gateway and server are killed between a press and its receipt; the press is on the screens exactly once."""

import asyncio
import random
from pathlib import Path

import pytest

from scripts.servers import Server
from tests.line.house import running_line

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]


async def test_killed_before_the_server_could_hear_it(broker: Server, tmp_path: Path) -> None:
    """The server is frozen, so no receipt can come; then the gateway dies, then the server."""
    async with running_line(tmp_path, broker.port) as line:
        line.server.freeze()
        pressed = [await line.press(1)]
        await line.gateway.kill()
        await line.server.kill()
        await line.server.start()
        await line.gateway.start()
        assert await line.wait_for(pressed) == pressed


async def test_killed_at_random_instants_around_the_receipt(broker: Server, tmp_path: Path) -> None:
    """Ten presses, each with a kill of one end and then the other within a tenth of a second of its acknowledgement."""
    chance = random.Random(20_260_302)
    pressed: list[str] = []
    async with running_line(tmp_path, broker.port) as line:
        for counter in range(1, 11):
            pressed.append(await line.press(counter))
            ends = [line.gateway, line.server]
            chance.shuffle(ends)
            for end in ends:
                await asyncio.sleep(chance.uniform(0, 0.05))
                await end.kill()
            await asyncio.gather(line.gateway.start(), line.server.start())
        shown = await line.wait_for(pressed)
    assert sorted(shown) == sorted(pressed)


async def test_a_repeat_of_a_press_that_was_answered_by_a_killed_gateway_is_the_same_press(
    broker: Server, tmp_path: Path
) -> None:
    """The answer got lost with the gateway: the button sends the same counter again, and it is still one press."""
    async with running_line(tmp_path, broker.port) as line:
        first = await line.press(5)
        await line.gateway.kill()
        await line.gateway.start()
        assert await line.press(5) == first
        assert await line.wait_for([first]) == [first]
