"""The published schemas are those of the code, and what a gateway really sends is valid by them."""

import asyncio
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contract.batch import inflate
from contract.messages import encode_message
from contract.records import Hole, Press, Reading, encode_record
from gateway.memory_disk import MemoryDisk
from scripts.schema import FOLDER, schemas, written
from tests.contract.test_messages import EXAMPLES
from tests.gateway.boxes import BUTTON, CAMERA, running_box

VALIDATORS = {name: Draft202012Validator(schema) for name, schema in schemas().items()}
LEAVES = {"up/a": "batch-alarm", "up/t": "batch-telemetry", "hb": "heartbeat", "birth": "birth", "link": "link"}


def test_the_files_are_those_the_code_would_write() -> None:
    """Renew them with `python -m scripts.schema`."""
    assert {path.stem: path.read_text() for path in FOLDER.glob("*.json")} == {
        name: written(schema) for name, schema in schemas().items()
    }


@pytest.mark.parametrize("name", VALIDATORS)
def test_each_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(schemas()[name])


async def test_what_a_gateway_sends_is_valid() -> None:
    async with running_box(MemoryDisk()) as house:
        hub = await house.agent.hub()
        hub.reading(CAMERA, {"online": True, "fps": 25.0, "picture": "good"})
        await hub.press(BUTTON, counter=1)
        await hub.check_in(BUTTON, guard="g1", act="in", method="card")
        await hub.alert(BUTTON, "tamper")
        await hub.clear(BUTTON, by="guard")
        for leaf in LEAVES:
            await asyncio.wait_for(house.uplink.wait_for(leaf), 20)
        seen = set()
        for leaf, payload in house.uplink.sent:
            VALIDATORS[LEAVES[leaf]].validate(json.loads(inflate(payload)))
            seen.add(leaf)
    assert seen == set(LEAVES)


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_every_message_of_the_tests_is_valid(message: Any) -> None:
    name = {"ServerNotice": "server"}.get(type(message).__name__, type(message).__name__.lower())
    VALIDATORS[name].validate(json.loads(encode_message(message)))


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"g": "GW"}, {"p": 0}, {"x": "a"}, {"r": []}, {"r": [{"d": "cam-1"}]}, {"ep": "short"}],
    ids=str,
)
def test_what_the_decoder_refuses_is_not_valid_either(change: dict[str, Any]) -> None:
    good = {
        "v": 1,
        "g": "gw-1",
        "ep": "0000010abc",
        "x": "t",
        "p": 1,
        "s": 0,
        "r": [json.loads(encode_record(record)) for record in (Reading("cam-1", 1, {"a": 1}), Hole(n=3, why="shed"))],
    }
    assert VALIDATORS["batch-telemetry"].is_valid(good)
    assert not VALIDATORS["batch-telemetry"].is_valid(good | change)


def test_a_press_does_not_pass_as_a_reading() -> None:
    press = json.loads(encode_record(Press("018f3c2e-7b1a-7c3d-9e4f-0123456789ab", "btn-1", 1))) | {"m": {}}
    batch = {"v": 1, "g": "gw-1", "ep": "0000010abc", "x": "t", "p": 1, "s": 0, "r": [press]}
    assert not VALIDATORS["batch-telemetry"].is_valid(batch)
