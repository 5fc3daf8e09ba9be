"""An order from a person to a relay, over a real broker: on record, once, and never from a stranger or too late."""

import asyncio
import json
import random
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.batch import decode_batch
from contract.messages import Command, encode_message
from contract.records import Reply
from contract.signing import public_text, sign
from scripts.servers import Server
from server.commands.key import signing_key
from simulators.city import make_city
from tests.line.house import SEED, Line, running_line

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]
CITY = make_city(3, SEED, date(2026, 3, 2)).roster
BUTTON = next(one for one in CITY.devices if one.kind == "alarm_button")
HOST = next(one for one in CITY.devices if one.kind == "alarm_host" and one.gateway == BUTTON.gateway)
SITE = """
[[agents]]
interface = "dry_contact"
folder = "{{folder}}/lines"
[[agents.devices]]
id = "{host}"
kind = "alarm_host"
[[agents.outputs]]
line = 22
device = "{host}"
use = "siren"
[commands]
server_keys = ["{key}"]
[[commands.devices]]
id = "{host}"
allow = ["siren"]
"""


@dataclass
class Scene:
    """The line with a person who orders, and an ear on the wire."""

    line: Line
    person: httpx.AsyncClient
    wire: aiomqtt.Client
    key: Ed25519PrivateKey
    payloads: dict[str, bytes] = field(default_factory=dict)
    replies: list[tuple[str, str]] = field(default_factory=list)

    async def listen(self) -> None:
        """Keep what goes by."""
        async for message in self.wire.messages:
            assert isinstance(message.payload, bytes)
            if message.topic.value.endswith("/cmd"):
                self.payloads[json.loads(message.payload)["id"]] = message.payload
            else:
                self.replies += [
                    (one.id, one.code) for one in decode_batch(message.payload).records if isinstance(one, Reply)
                ]

    async def give(self, **arguments: int) -> str:
        """Order the siren; gives the order's id."""
        id_ = str(uuid.uuid4())
        body = {"id": id_, "gateway": BUTTON.gateway, "device": HOST.id, "op": "siren", "arguments": arguments}
        (await self.person.post("/api/v1/commands", json=body)).raise_for_status()
        return id_

    async def stands(self, id_: str) -> str:
        """Say how an order stands."""
        listed = (await self.person.get("/api/v1/commands")).raise_for_status().json()["items"]
        return str(next(item["state"] for item in listed if item["id"] == id_))

    async def ends(self, id_: str) -> str:
        """Wait for an order's end."""
        async with asyncio.timeout(60):
            while (state := await self.stands(id_)) in ("sent", "accepted"):  # noqa: ASYNC110  # Other processes set no event.
                await asyncio.sleep(0.05)
        return state

    async def ready(self) -> None:
        """Order silence until the gateway knows the time and obeys."""
        async with asyncio.timeout(60):
            while await self.ends(await self.give(seconds=0)) != "done":  # noqa: ASYNC110  # Other processes set no event.
                await asyncio.sleep(0.2)

    async def forge(self, key: Ed25519PrivateKey, **changes: Any) -> str:
        """Put a command on the wire past the server; gives its id."""
        now_ms = time.time_ns() // 1_000_000
        plain = Command(
            1,
            str(uuid.uuid4()),
            "siren",
            now_ms + 20_000,
            now_ms + 1_000,
            "user:x",
            HOST.id,
            {"seconds": 300},
            g=BUTTON.gateway,
        )
        command = sign(msgspec.structs.replace(plain, **changes), key)
        await self.wire.publish(f"cs1/{BUTTON.gateway}/cmd", encode_message(command), qos=1)
        return command.id

    async def replied(self, id_: str, code: str) -> None:
        """Wait for a reply on the alarm lane."""
        async with asyncio.timeout(60):
            while (id_, code) not in self.replies:  # noqa: ASYNC110  # The wire sets no event here.
                await asyncio.sleep(0.05)

    def siren(self) -> str:
        """Read the relay."""
        return (self.line.folder / "lines" / "22").read_text().strip()

    def begun(self) -> list[str]:
        """Read from the gateway's log which orders it began, each time it did."""
        lines = [json.loads(line) for line in (self.line.folder / "gateway.log").read_text().splitlines() if line[:1] == "{"]
        return [line["id"] for line in lines if line["event"] == "command_begins"]


@asynccontextmanager
async def scene(folder: Path, broker: Server) -> AsyncIterator[Scene]:
    """Run the line with a siren on a file."""
    (folder / "lines").mkdir()
    (folder / "server").mkdir()
    key = signing_key(folder / "server")
    async with (
        running_line(folder, broker.port, SITE.format(host=HOST.id, key=public_text(key))) as line,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{line.port}") as person,
        aiomqtt.Client("127.0.0.1", broker.port) as wire,
    ):
        login = await person.post("/api/v1/login", json={"username": "maintainer", "password": line.password("maintainer")})
        person.headers["X-CSRF-Token"] = login.raise_for_status().json()["csrf"]
        await wire.subscribe([("cs1/+/cmd", 1), ("cs1/+/up/a", 1)])
        running = Scene(line, person, wire, key)
        listening = asyncio.create_task(running.listen())
        try:
            await running.ready()
            yield running
        finally:
            assert not listening.done(), listening
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def test_an_order_is_carried_out_once_over_repeats_and_restarts_and_strangers_get_nothing(
    broker: Server, tmp_path: Path
) -> None:
    async with scene(tmp_path, broker) as it:
        loud = await it.give(seconds=300)
        assert await it.ends(loud) == "done"
        assert it.siren() == "1"
        assert await it.ends(await it.give(seconds=0)) == "done"
        assert it.siren() == "0"

        address = f"cs1/{BUTTON.gateway}/cmd"
        for _ in range(5):
            await it.wire.publish(address, it.payloads[loud], qos=1)
        strange = await it.forge(Ed25519PrivateKey.generate())
        late = await it.forge(it.key, exp=time.time_ns() // 1_000_000 - 1)
        foreign = await it.forge(it.key, g="gw-another")
        barred = await it.forge(it.key, op="unlock", a={})
        for id_, code in ((strange, "bad_sig"), (late, "expired"), (foreign, "refused"), (barred, "refused")):
            await it.replied(id_, code)
        assert it.siren() == "0"

        await it.line.gateway.kill()
        await it.line.gateway.start()
        await it.ready()
        await it.wire.publish(address, it.payloads[loud], qos=1)
        assert await it.ends(await it.give(seconds=0)) == "done"
        assert it.siren() == "0"
        assert it.begun().count(loud) == 1
        assert not {strange, late, foreign, barred} & set(it.begun())
        assert it.replies.count((loud, "done")) >= 1


async def test_killed_at_random_instants_an_order_is_begun_at_most_once_and_its_end_is_told(
    broker: Server, tmp_path: Path
) -> None:
    chance = random.Random(20_261_124)
    async with scene(tmp_path, broker) as it:
        ends = []
        for _ in range(6):
            id_ = await it.give(seconds=300)
            await asyncio.sleep(chance.uniform(0, 0.03))
            await it.line.gateway.kill()
            await it.line.gateway.start()
            ends.append(await it.ends(id_))
        begun = it.begun()
        assert len(begun) == len(set(begun))
        assert set(ends) <= {"done", "failed", "no_clock"}, ends


async def test_a_test_alarm_reaches_the_screens_as_a_test_and_never_as_a_real_press(broker: Server, tmp_path: Path) -> None:
    async with scene(tmp_path, broker) as it:
        body = {"id": str(uuid.uuid4()), "gateway": BUTTON.gateway, "op": "test_alarm"}
        (await it.person.post("/api/v1/commands", json=body)).raise_for_status()
        assert await it.ends(body["id"]) == "done"
        async with asyncio.timeout(30):
            while not (found := await _presses(it.line, "test_press")):  # noqa: ASYNC110  # Other processes set no event here.
                await asyncio.sleep(0.1)
        assert [(alert["device"], alert["mode"]) for alert in found] == [("gw", "test")]
        assert await _presses(it.line, "one_key_press") == []


async def _presses(line: Line, rule: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{line.port}") as screen:
        login = {"username": "command", "password": line.password("command")}
        (await screen.post("/api/v1/login", json=login)).raise_for_status()
        answer = (await screen.get("/api/v1/alerts", params={"rule": rule})).raise_for_status().json()
        return list(answer["items"])
