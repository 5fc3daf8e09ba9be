"""Somebody sends rubbish by every door, as fast as they like: presses go on, and every message is counted."""

import asyncio
import contextlib
import json
import random
import time
import zlib
from collections.abc import Callable

import aiomqtt
import httpx

from simulators.chaos.checker import Allowed
from simulators.chaos.driver import Pace
from simulators.chaos.house import BROKERS
from simulators.chaos.stage import Stage, Usual

LEAVES = ("up/a", "up/t", "hb", "birth", "link", "rep", "now", "birth/2", "nonsense", "up/a/b")
STRANGERS = ("gw-nobody-knows", "UPPER", "x", "gw-" + "9" * 60)
BOMB_BYTES = 50_000_000
PAUSE_SECONDS = 0.01


class Garbage(Usual):
    """Publishes and posts what nobody can read, in the name of real boxes and of strangers."""

    name = "garbage"
    label = "random bytes, torn and exploding zlib, deep JSON, absurd numbers, false names"
    pace = Pace(presses_per_second=4.0)
    seconds = 60.0
    short_seconds = 8.0

    async def play(self, stage: Stage, seconds: float) -> None:
        """Send by both brokers, by the HTTPS door, and at the devices' own door."""

        async def send() -> None:
            until = time.monotonic() + seconds
            async with asyncio.TaskGroup() as group:
                for broker in BROKERS:
                    group.create_task(_publish(stage, stage.house.ports[broker], until))
                group.create_task(_post(stage, until))

        await stage.mischief.during("rubbish", "all>broker", send)

    def allowed(self, stage: Stage) -> Allowed:  # noqa: ARG002
        """Allow dead letters and quarantine, which are the right place for it."""
        return Allowed(rubbish=True)


async def _publish(stage: Stage, port: int, until: float) -> None:
    chance = stage.chance
    while time.monotonic() < until:
        with contextlib.suppress(aiomqtt.MqttError):  # A broker may throw us out for what we send.
            async with aiomqtt.Client("127.0.0.1", port) as client:
                while time.monotonic() < until:
                    topic, payload = _message(stage, chance)
                    await client.publish(topic, payload, qos=chance.randint(0, 1))
                    stage.notes["rubbish_published"] = stage.notes.get("rubbish_published", 0) + 1
                    await asyncio.sleep(PAUSE_SECONDS)


async def _post(stage: Stage, until: float) -> None:
    chance = stage.chance
    async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
        while time.monotonic() < until:
            name = chance.choice(_names(stage))
            doors = [f"{stage.house.url(server)}/v1/ingest/{name}/{chance.choice(LEAVES)}" for server in stage.house.servers]
            doors += [
                f"http://127.0.0.1:{stage.house.ports[f'{box}/lan']}/v1/devices/{name}/alert" for box in stage.house.gateways
            ]
            with contextlib.suppress(httpx.HTTPError):
                headers = {"Authorization": f"Bearer {chance.randbytes(8).hex()}"}
                await client.post(chance.choice(doors), content=_rubbish(chance, name), headers=headers)
                stage.notes["rubbish_posted"] = stage.notes.get("rubbish_posted", 0) + 1
            await asyncio.sleep(PAUSE_SECONDS * 2)


def _names(stage: Stage) -> list[str]:
    return [*(school.gateway for school in stage.house.schools), *STRANGERS]


def _message(stage: Stage, chance: random.Random) -> tuple[str, bytes]:
    name = chance.choice(_names(stage))
    return f"cs1/{name}/{chance.choice(LEAVES)}", _rubbish(chance, name)


def _rubbish(chance: random.Random, name: str) -> bytes:
    """Make something that no decoder may take for a record of the box it is sent for."""
    kinds: list[Callable[[random.Random, str], bytes]] = [_noise, _torn, _bomb, _deep, _absurd, _misnamed, _large, _spoilt]
    return chance.choices(kinds, [4, 3, 1, 2, 4, 4, 1, 6])[0](chance, name)


def _noise(chance: random.Random, _name: str) -> bytes:
    return chance.choice([b"", b"{", b"\x78"]) + chance.randbytes(chance.randrange(400))


def _torn(chance: random.Random, name: str) -> bytes:
    whole = zlib.compress(json.dumps(_batch(name, [])).encode() * 20)
    return whole[: chance.randrange(len(whole))]


def _bomb(_chance: random.Random, _name: str) -> bytes:
    return _EXPLOSIVE


def _deep(chance: random.Random, _name: str) -> bytes:
    return b'{"v":1,"r":' + b"[" * chance.choice([10, 1_000, 100_000])


def _absurd(chance: random.Random, name: str) -> bytes:
    batch = _batch(name, [])
    batch[chance.choice(["v", "p", "s", "ep", "x", "r", "g"])] = chance.choice([2**70, -1, 1e308, None, "", [], {}, True])
    text = json.dumps(batch).encode()
    return text.replace(b"1e+308", chance.choice([b"NaN", b"Infinity", b"1e999", b"1e+308"]))


def _misnamed(_chance: random.Random, _name: str) -> bytes:
    return json.dumps(_batch("gw-somebody-else", [{"k": "press", "id": "x", "d": "button-00", "t": 1}])).encode()


def _large(chance: random.Random, _name: str) -> bytes:
    return b"{" + b" " * chance.choice([262_000, 300_000])


def _spoilt(chance: random.Random, name: str) -> bytes:
    """Take a good batch and spoil its frame in one place: never so that it is another good one."""
    text = bytearray(json.dumps(_batch(name, [])).encode())
    text[chance.randrange(len(text) // 2)] = chance.randrange(256)
    return bytes(text)


def _batch(name: str, records: list[object]) -> dict[str, object]:
    """Give a batch without records, or with bad ones; either is refused."""
    return {"v": 1, "g": name, "ep": "000000zzzz", "x": "a", "p": 1, "s": 1, "r": records}


_EXPLOSIVE = zlib.compress(b"{" + b" " * BOMB_BYTES, 9)
SCENARIO = Garbage()
