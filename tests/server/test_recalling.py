"""A restarted server knows again what its journal says: with the journal late, with little of it, and over a real one."""

import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import httpx

from contract.batch import encode_batch
from contract.errors import StorageError
from contract.identity import DeviceId, EpochId, GatewayId, Lane, make_press_id
from contract.messages import Link, encode_message
from contract.records import CheckIn, DeviceAlert, Hole, Reading, Value, encode_record
from server.core.events import Event, RecallBegan, Recalled, RecallEnded, Ticked
from server.journal.model import JournaledBatch
from server.recalling import REACH_SECONDS, READ_BATCHES, Recalling
from server.registry.roster_file import encode_roster
from server.service import Service, close, give_demo_logins, open_service
from server.settings import read_settings
from simulators.city import make_city
from tests.ingest.shelling import MemoryDoor, serving

G = GatewayId("gw-0001")
E = EpochId("000001abcd")
CITY = make_city(3, 7, date(2026, 3, 2))


def journaled(sequence: int, rx_ms: int = 0, *records: bytes) -> JournaledBatch:
    """Make a batch as it is read back."""
    bodies = list(records) or [encode_record(Reading("cam-1", 1, {"online": True}))]
    body = encode_batch(G, E, Lane.TELEMETRY, sequence, 1, bodies)
    return JournaledBatch(sequence, G, E, Lane.TELEMETRY, sequence, rx_ms, body, sequence)


class Memory:
    """A journal of batches in memory; it is down for some of the questions, counted from the first."""

    def __init__(self, *batches: JournaledBatch, down: frozenset[int] = frozenset()) -> None:
        self.batches = batches
        self.down = down
        self.questions = 0

    def _asked(self) -> None:
        self.questions += 1
        if self.questions in self.down:
            raise StorageError("database: away")

    async def newest(self) -> tuple[int, int]:
        """Give the newest."""
        self._asked()
        return (self.batches[-1].sequence, self.batches[-1].rx_ms) if self.batches else (0, 0)

    async def read_back(self, through: int, limit: int) -> Sequence[JournaledBatch]:
        """Read."""
        self._asked()
        return [one for one in reversed(self.batches) if one.sequence <= through][:limit]

    async def offline(self, since_ms: int) -> Sequence[tuple[GatewayId, DeviceId]]:
        """Name one."""
        del since_ms
        self._asked()
        return [(G, DeviceId("cam-9"))]


async def told(memory: Memory, *, batches_max: int = 1_000) -> list[Event]:
    """Recall all that there is."""
    events: list[Event] = []
    recalling = Recalling(memory, events.append, batches_max=batches_max, retry_seconds=0.0)
    await recalling.begin()
    await recalling.run()
    return events


async def test_batches_are_told_newest_first_between_a_beginning_and_an_end() -> None:
    events = await told(Memory(journaled(1, 100), journaled(2, 200), journaled(3, 300)))
    assert isinstance(events[0], RecallBegan)
    assert list(events[0].offline) == [(G, "cam-9")]
    assert isinstance(events[-1], RecallEnded)
    recalled = [event for event in events if isinstance(event, Recalled)]
    assert [(one.rx, one.ended, list(one.positions)) for one in recalled] == [
        (0.3, 0.3, [3]),
        (0.2, 0.3, [2]),
        (0.1, 0.3, [1]),
    ]


async def test_an_empty_journal_has_nothing_to_tell() -> None:
    assert [type(event) for event in await told(Memory())] == [RecallBegan, RecallEnded]


async def test_a_journal_that_is_down_is_waited_for_and_nothing_is_told_twice() -> None:
    many = [journaled(number) for number in range(1, READ_BATCHES + 6)]
    memory = Memory(*many, down=frozenset({1, 3, 4, 6, 8}))
    events: list[Event] = []
    recalling = Recalling(memory, events.append, retry_seconds=0.0)
    await recalling.begin()
    assert not events
    await recalling.run()
    assert memory.questions > max(memory.down)
    sequences = [next(iter(event.positions)) for event in events if isinstance(event, Recalled)]
    assert sequences == list(range(len(many), 0, -1))


async def test_no_more_is_read_than_is_allowed_and_nothing_older_than_matters() -> None:
    many = [journaled(number) for number in range(1, 1_000)]
    assert len(await told(Memory(*many), batches_max=3)) - 2 <= READ_BATCHES
    now_ms = 100_000_000
    old = journaled(1, now_ms - int(REACH_SECONDS * 1_000) - 1)
    young = journaled(2, now_ms - int(REACH_SECONDS * 1_000))
    events = await told(Memory(old, young, journaled(3, now_ms)))
    assert [event.rx for event in events if isinstance(event, Recalled)] == [now_ms / 1_000, young.rx_ms / 1_000]


async def test_only_what_was_new_in_a_batch_is_told_and_what_cannot_be_read_is_passed_over() -> None:
    check_in = CheckIn(make_press_id(1, 1), "post-1", 5, "g-1", "in")
    records = [
        encode_record(Reading("cam-1", 1, {"online": True})),
        encode_record(Hole(n=10, why="shed")),
        encode_record(Reading("cam-2", 2, {"online": True})),
        encode_record(check_in),
    ]
    body = encode_batch(G, E, Lane.TELEMETRY, 1, 1, records)
    half_known = JournaledBatch(2, G, E, Lane.TELEMETRY, 1, 7, body, new_from=2)
    rubbish = JournaledBatch(1, G, E, Lane.TELEMETRY, 1, 7, b"{rubbish", new_from=1)
    [recalled] = [event for event in await told(Memory(rubbish, half_known)) if isinstance(event, Recalled)]
    assert [(place, one.d) for place, one in zip(recalled.positions, recalled.readings, strict=True)] == [(12, "cam-2")]
    [guard] = recalled.check_ins
    assert (guard.guard, guard.act, guard.device, guard.rx) == ("g-1", "in", "post-1", 0.007)


# ---------------------------------------------------------------- over a real journal


async def opened(folder: Path) -> Service:
    """Open a server over a folder; no broker is asked for anything."""
    (folder / "roster.json").write_bytes(encode_roster(CITY.roster))
    settings = read_settings(None, folder=folder / "data", brokers=(), history="none")
    return await open_service(settings, folder / "roster.json")


def link(service: Service, gateway: GatewayId) -> None:
    """Bring what the broker keeps of a gateway whose connection stands."""
    service.ingest.receive(MemoryDoor(), gateway, "link", encode_message(Link(on=True, ep=E, path="mqtt")))


async def signed_in(service: Service, folder: Path) -> httpx.Cookies:
    """Sign in as the command centre; the session outlives the server."""
    await give_demo_logins(service, folder / "logins.txt")
    rows = [row.split("\t") for row in (folder / "logins.txt").read_text().splitlines()]
    password = next(row[1] for row in rows if row[0] == "command")
    async with browser(service) as client:
        (await client.post("/api/v1/login", json={"username": "command", "password": password})).raise_for_status()
        return client.cookies


def browser(service: Service, cookies: httpx.Cookies | None = None) -> httpx.AsyncClient:
    """Give a browser."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://campus", cookies=cookies)


async def figures(service: Service, cookies: httpx.Cookies) -> tuple[object, dict[str, int]]:
    """Ask the API for the city's coverage and the summary of its devices."""
    async with browser(service, cookies) as client:
        coverage = (await client.get("/api/v1/coverage")).raise_for_status().json()
        summary = (await client.get("/api/v1/bootstrap")).raise_for_status().json()["summary"]
    live = {row["id"]: [cell["live"] for cell in row["cells"]] for row in coverage["rows"]}
    return live, {name: summary[name] for name in ("devices_live", "devices_unknown", "devices", "schools_live")}


async def test_a_restarted_server_shows_the_same_once_its_gateways_are_heard(tmp_path: Path) -> None:
    service = await opened(tmp_path)
    lost = next(device for device in CITY.roster.devices if device.kind == "camera")
    async with serving(service.ingest):
        for gateway in CITY.roster.gateways:
            link(service, gateway.id)
            mine = [device for device in CITY.roster.devices if device.gateway == gateway.id and device.kind != "gateway"]
            now_ms = round(time.time() * 1_000)
            told_of: dict[str, dict[str, Value]] = {
                "gate": {"open": False},
                "guard_post": {"on_duty": 2},
                "alarm_host": {"police_ack": now_ms},
            }
            records = [encode_record(Reading(one.id, now_ms, told_of.get(one.kind, {"online": True}))) for one in mine]
            body = encode_batch(gateway.id, E, Lane.TELEMETRY, 1, now_ms, records)
            service.ingest.receive(MemoryDoor(), gateway.id, "up/t", body)
        alert = encode_record(DeviceAlert(id=make_press_id(now_ms, 1), d=lost.id, code="offline", t=now_ms))
        body = encode_batch(lost.gateway, E, Lane.ALARM, 1, now_ms, [alert])
        service.ingest.receive(MemoryDoor(), lost.gateway, "up/a", body)
        await service.ingest.drain()
    settle(service)
    cookies = await signed_in(service, tmp_path)
    before = await figures(service, cookies)
    await close(service)

    again = await opened(tmp_path)
    unheard = await figures(again, cookies)
    assert unheard[1]["devices_live"] == 0  # Nothing is good before it is known.
    await again.recalling.run()
    settle(again)
    assert (await figures(again, cookies))[1]["devices_live"] == 0  # Nor is it by memory alone.
    for gateway in CITY.roster.gateways:
        link(again, gateway.id)
    settle(again)
    after = await figures(again, cookies)
    camera = again.runtime.engine.device(lost.gateway, lost.id)
    await close(again)

    assert after[1] == before[1]
    assert after[0] == before[0]
    assert before[1]["devices_live"] == before[1]["devices"] - 1
    assert camera is not None
    assert camera.liveness == "offline"


def settle(service: Service) -> None:
    """Tick as the runtime does, until nothing is left over."""
    service.runtime.tell(Ticked())
    while service.runtime.engine.behind(time.time()):
        service.runtime.tell(Ticked())
