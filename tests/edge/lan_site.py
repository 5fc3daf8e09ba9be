"""A running `lan_json` agent with two doors on free ports, for the tests of its doors and of the vendor guide."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from edge.agents.lan_json import LanJson, build
from edge.lan.desk import Desk
from tests.edge.recording import RecordingGateway

TOKEN = "button-gate-secret-token"
OTHER_TOKEN = "reader-gate-secret-token"
DEVICES: list[dict[str, object]] = [
    {"id": "button-gate", "kind": "alarm_button", "name": "Gate room", "token": TOKEN},
    {"id": "reader-gate", "kind": "guard_post", "token": OTHER_TOKEN},
]


@dataclass
class Site:
    """What a test needs of a running agent."""

    agent: LanJson
    gateway: RecordingGateway
    desk: Desk
    http: str
    mqtt: tuple[str, int]


@asynccontextmanager
async def running_site() -> AsyncIterator[Site]:
    """Run the agent; leaving stops it and shows any trouble it had."""
    agent = build({"http": "127.0.0.1:0", "mqtt": "127.0.0.1:0", "devices": DEVICES})
    gateway = RecordingGateway()
    task = asyncio.create_task(agent.run(gateway))
    async with asyncio.timeout(10):
        await agent.open.wait()
    assert agent.desk is not None
    host, port = agent.addresses["http"]
    try:
        yield Site(agent, gateway, agent.desk, f"http://{host}:{port}", agent.addresses["mqtt"])
    finally:
        task.cancel()
        [ended] = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError), ended
