"""An independent Sparkplug client, a real broker and the whole server: what an edge node of another maker really sends."""

import asyncio
import contextlib
import json
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from contract.batch import decode_batch
from contract.records import Press, Reading
from scripts.servers import Server, free_port
from server.core.alert import Alert
from server.core.liveness import Liveness
from server.registry.model import Device
from server.registry.roster_file import encode_roster
from server.service import Service, open_service, serve
from server.settings import read_settings
from simulators.city import make_city
from tests.needed import need

pytestmark = pytest.mark.broker
EDGE = Path(__file__).parent / "edge"
LIMIT_SECONDS = 30.0
CITY = make_city(1, 7, date(2026, 3, 2))
GATEWAY = CITY.roster.gateways[0].id
BUTTON = next(device for device in CITY.roster.devices if device.gateway == GATEWAY and device.kind == "alarm_button")
CAMERA = next(device for device in CITY.roster.devices if device.gateway == GATEWAY and device.kind == "camera")
MAPPING = f"""
reorder_seconds = 0.5
[[nodes]]
group = "G1"
node = "Edge-7"
gateway = "{GATEWAY}"
[[nodes.devices]]
device = "Button 1"
id = "{BUTTON.id}"
[[nodes.devices]]
device = "Cam"
id = "{CAMERA.id}"
"""
ALARM = [
    {"name": "Alarm/Active", "type": "Boolean", "value": False, "alias": 20},
    {"name": "Alarm/EventId", "type": "String", "value": "", "alias": 21},
    {"name": "Alarm/PressCount", "type": "UInt64", "value": 0, "alias": 22},
]
CAMERA_METRICS = [
    {"name": "FPS", "type": "Double", "value": 25, "alias": 10},
    {"name": "Stream", "type": "Boolean", "value": True, "alias": 11},
]


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait until something holds that nobody tells of."""
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            while not condition():  # noqa: ASYNC110  # Other processes have no event here.
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"in vain: {what}")


class Edge:
    """The client's process, driven by lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.heard: list[dict[str, Any]] = []
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.heard.append(json.loads(line))

    async def do(self, what: str, **given: Any) -> None:
        """Ask for one act, and wait until the client has done it."""
        done = self.count(what)
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": what, **given}).encode() + b"\n")
        await until(lambda: self.count(what) > done, f"the client's {what}")

    def count(self, what: str) -> int:
        """Count what the client said."""
        return sum(one["did"] == what for one in self.heard)

    async def births(self, count: int) -> None:
        """Wait for a birth."""
        await until(lambda: self.count("birth") >= count, f"birth {count}")

    async def kill(self) -> None:
        """End it as a power cut would: the broker publishes the will."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self._reader


class House:
    """The whole server over a folder; it can be stopped and started again."""

    def __init__(self, folder: Path, broker: Server) -> None:
        self.folder = folder
        self.broker = broker
        self.service: Service
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, and wait until every door stands."""
        settings = read_settings(
            None,
            folder=self.folder / "data",
            brokers=(self.broker.url,),
            history="none",
            sparkplug=self.folder / "sparkplug.toml",
            port=free_port(),
        )
        self.service = await open_service(settings, self.folder / "roster.json")
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(serve(self.service, self._stop))
        await until(lambda: not self.service.not_ready(), "the server's doors")

    async def stop(self) -> None:
        """Stop it as an operator does."""
        self._stop.set()
        assert self._task is not None
        await self._task

    @property
    def counters(self) -> dict[str, int]:
        """Give the door's counters."""
        [door] = [door for door in self.service.doors if door.name == "sparkplug"]
        return {name.removeprefix("sparkplug_"): count for name, count in door.counters().items()}  # type: ignore[attr-defined]

    def value(self, device: Device, metric: str) -> object:
        """Give what the engine holds of a metric now."""
        state = self.service.runtime.engine.device(device.gateway, device.id)
        return state.value(metric) if state else None

    def liveness(self, device: Device) -> Liveness:
        """Say what is known of a device."""
        state = self.service.runtime.engine.device(device.gateway, device.id)
        assert state is not None
        return state.liveness

    def incidents(self) -> list[Alert]:
        """List the alerts of presses."""
        return [alert for alert in self.service.runtime.engine.alerts.values() if alert.rule == "one_key_press"]

    async def records(self) -> list[tuple[str, object]]:
        """Read all that the journal has of the gateway: grade and record."""
        batches = await self.service.journal.read(0, 10_000)
        decoded = [decode_batch(one.body) for one in batches if one.gateway == GATEWAY]
        return [(batch.grade, record) for batch in decoded for record in batch.records]

    async def readings(self, device: Device, metric: str, at_least: int = 1) -> list[object]:
        """List the values of a metric in the journal, in order, once there are so many."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while True:
                found = [
                    record for _, record in await self.records() if isinstance(record, Reading) and record.d == device.id
                ]
                values: list[object] = [record.m[metric] for record in found if metric in record.m]
                if len(values) >= at_least:
                    return values
                await asyncio.sleep(0.02)


@pytest.fixture
async def house(tmp_path: Path, broker: Server) -> AsyncIterator[House]:
    """Run a server with the mapping above."""
    (tmp_path / "roster.json").write_bytes(encode_roster(CITY.roster))
    (tmp_path / "sparkplug.toml").write_text(MAPPING)
    house = House(tmp_path, broker)
    await house.start()
    yield house
    await house.stop()


@pytest.fixture
async def start_edge(broker: Server) -> AsyncIterator[Callable[[], Any]]:
    """Give what starts the client as node Edge-7 with a camera and a button."""
    path = os.pathsep.join([str(Path(shutil.which("python") or "").parent), os.environ["PATH"]])
    node = shutil.which("node", path=path)
    need(node and (EDGE / "node_modules" / "sparkplug-client").is_dir(), "the independent Sparkplug client (make test)")
    edges: list[Edge] = []

    async def start(**given: Any) -> Edge:
        process = await asyncio.create_subprocess_exec(
            str(node), "edge.cjs", cwd=EDGE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        edge = Edge(process)
        edges.append(edge)
        await edge.do("connect", port=broker.port, group="G1", node="Edge-7", metrics=[])
        await edge.births(1)
        await edge.do("device", device="Cam", metrics=CAMERA_METRICS, **given)
        await edge.do("device", device="Button 1", metrics=ALARM)
        return edge

    yield start
    for edge in edges:
        await edge.kill()


def press(event: str, count: int, *, active: bool = True) -> list[dict[str, Any]]:
    """Describe a press."""
    return [
        {"name": "Alarm/Active", "type": "Boolean", "value": active},
        {"name": "Alarm/EventId", "type": "String", "value": event},
        {"name": "Alarm/PressCount", "type": "UInt64", "value": count},
    ]


def fps(value: float, **given: Any) -> list[dict[str, Any]]:
    """Describe a camera's picture rate, by the alias alone."""
    return [{"alias": 10, "type": "Double", "value": value, **given}]


async def test_births_and_data_by_alias_reach_journal_and_engine(house: House, start_edge: Callable[[], Any]) -> None:
    """Marked as telemetry grade where anybody would look."""
    edge = await start_edge()
    await edge.do("data", device="Cam", metrics=fps(19.5))
    await until(lambda: house.value(CAMERA, "fps") == 19.5, "the reading")
    engine = house.service.runtime.engine
    gateway = engine.gateway(GATEWAY)

    assert gateway is not None
    assert "telemetry grade" in gateway.software
    assert engine.first_hop(GATEWAY, BUTTON.id) == "telemetry"
    assert house.liveness(CAMERA) is Liveness.LIVE
    assert {grade for grade, _ in await house.records()} == {"telemetry"}
    assert await house.readings(CAMERA, "fps") == [25, 19.5]
    assert house.counters["rebirths_asked"] == 0


@pytest.mark.parametrize("algorithm", ["DEFLATE", "GZIP"])
async def test_compressed_payloads(house: House, start_edge: Callable[..., Any], algorithm: str) -> None:
    edge = await start_edge(compress=algorithm)
    await edge.do("data", device="Cam", metrics=fps(18.5), compress=algorithm)
    await until(lambda: house.value(CAMERA, "fps") == 18.5, "the reading")

    assert house.counters["bad"] == 0


async def test_a_killed_node_makes_its_devices_unknown_and_its_return_makes_them_live(
    house: House, start_edge: Callable[[], Any]
) -> None:
    """The will is of quality 0 and its bdSeq is always 0: so the client has it."""
    edge = await start_edge()
    await until(lambda: house.liveness(CAMERA) is Liveness.LIVE, "a live camera")
    await edge.kill()
    await until(lambda: house.liveness(CAMERA) is Liveness.UNKNOWN, "an unknown camera")
    assert house.counters["deaths"] == 1
    await start_edge()

    await until(lambda: house.liveness(CAMERA) is Liveness.LIVE, "a live camera again")


async def test_a_device_that_its_node_has_lost_is_offline(house: House, start_edge: Callable[[], Any]) -> None:
    edge = await start_edge()
    await until(lambda: house.liveness(CAMERA) is Liveness.LIVE, "a live camera")
    await edge.do("dead", device="Cam")

    await until(lambda: house.liveness(CAMERA) is Liveness.OFFLINE, "an offline camera")


async def test_a_node_that_was_there_before_us_is_born_again_for_us(house: House, start_edge: Callable[[], Any]) -> None:
    """Data before any birth that we know: the rebirth explains them, and nothing is lost."""
    await house.stop()
    edge = await start_edge()
    await house.start()
    await edge.do("data", device="Cam", metrics=fps(7.5))
    await edge.births(2)
    await until(lambda: house.counters["redecoded"] >= 1, "the held reading")
    await until(lambda: house.value(CAMERA, "stream") is True, "the birth's values")
    values = await house.readings(CAMERA, "fps", at_least=2)

    assert sorted(values) == [7.5, 25]  # type: ignore[type-var]
    assert [one["name"] for one in edge.heard if one["did"] == "ncmd"] == ["Node Control/Rebirth"]


async def test_our_restart_asks_for_no_rebirth_and_reads_aliases_on(house: House, start_edge: Callable[[], Any]) -> None:
    """The births are in the database, and the sequence runs on."""
    edge = await start_edge()
    await until(lambda: house.counters["births"] == 3 and house.value(CAMERA, "fps") == 25, "the births")
    await house.stop()
    await house.start()
    await edge.do("data", device="Cam", metrics=fps(16.5))
    await until(lambda: house.value(CAMERA, "fps") == 16.5, "a reading by alias")

    assert house.counters["rebirths_asked"] == 0
    assert edge.count("birth") == 1
    assert house.service.runtime.engine.first_hop(GATEWAY, BUTTON.id) in ("", "telemetry")


async def test_a_lost_message_brings_a_rebirth(house: House, start_edge: Callable[[], Any]) -> None:
    edge = await start_edge()
    await edge.do("skip")
    await edge.do("data", device="Cam", metrics=fps(12.5))
    await edge.births(2)

    await until(lambda: house.counters["births"] >= 6, "node and devices born again")
    assert house.counters["gaps"] == 1


async def test_what_a_node_kept_while_the_broker_was_down_is_history(
    house: House, start_edge: Callable[[], Any], broker: Server
) -> None:
    """After the outage it is born again, and drains; the present stays what the birth says."""
    edge = await start_edge()
    await until(lambda: house.value(CAMERA, "fps") == 25, "the birth")
    broker.kill()
    await until(lambda: edge.count("close"), "the client's loss")
    broker.start()
    await edge.births(2)
    then = int(time.time() * 1_000) - 60_000
    for number in range(20):
        await edge.do("data", device="Cam", metrics=fps(float(number), timestamp=then + number, isHistorical=True))
    values = await house.readings(CAMERA, "fps", at_least=22)
    drained = [value for value in values if value != 25]

    assert drained == [float(number) for number in range(20)]
    assert house.value(CAMERA, "fps") == 25


async def test_a_press_is_shown_and_stored_once_whatever_is_repeated(house: House, start_edge: Callable[[], Any]) -> None:
    """Told again in data, in a rebirth, and after restarts of ours: one press, one incident."""
    edge = await start_edge()
    await edge.do("data", device="Button 1", metrics=press("e-1", 1))
    await until(house.incidents, "the incident")
    await edge.do("data", device="Button 1", metrics=press("e-1", 1))
    await edge.do("device", device="Button 1", metrics=press("e-1", 1))
    await house.stop()
    await house.start()
    await edge.do("data", device="Button 1", metrics=press("e-1", 1))
    await edge.do("data", device="Cam", metrics=fps(11.5))
    await until(lambda: house.value(CAMERA, "fps") == 11.5, "what came after")
    [incident] = house.incidents()
    events = [event for event in await house.service.journal.events(0) if event.kind == "press"]

    assert (incident.press_count, incident.device, incident.stored) == (1, BUTTON.id, True)
    assert [(event.id, event.device) for event in events] == [(incident.presses[0].id, BUTTON.id)]
    await edge.do("data", device="Button 1", metrics=press("e-2", 2))
    await until(lambda: house.incidents()[0].press_count == 2, "the second press")
    assert len([record for _, record in await house.records() if isinstance(record, Press)]) == 2


async def test_the_host_says_that_it_is_there_and_when_it_goes(house: House, broker: Server) -> None:
    """Retained, with one time from the will to the birth, and a goodbye of its own before the connection closes."""
    async with aiomqtt.Client("127.0.0.1", broker.port, timeout=LIMIT_SECONDS) as other:
        await other.subscribe("spBv1.0/STATE/anxiao", qos=1)
        told: list[dict[str, Any]] = []

        async def listen() -> None:
            async for message in other.messages:
                told.extend([json.loads(bytes(message.payload)) | {"retained": message.retain}])

        listening = asyncio.create_task(listen())
        await until(lambda: told, "the retained STATE")
        await other.publish("spBv1.0/STATE/anxiao", b'{"online":false,"timestamp":5}', qos=1, retain=True)
        await until(lambda: len(told) >= 3, "the contradiction")
        await house.stop()
        await until(lambda: len(told) >= 4, "the goodbye")
        listening.cancel()
        await house.start()

    first, false_one, again, goodbye = told[:4]
    assert (first["online"], first["retained"]) == (True, True)
    assert (again["online"], again["timestamp"]) == (True, first["timestamp"])
    assert goodbye["online"] is False
    assert goodbye["timestamp"] > first["timestamp"] > false_one["timestamp"]
