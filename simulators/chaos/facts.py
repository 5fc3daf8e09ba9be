"""What the installation holds in the end, read from its database, its history store and its pages, without its own code."""

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import msgspec
import psycopg

from simulators.chaos import postgres
from simulators.chaos.house import House
from simulators.chaos.plan import METER, SERIAL
from simulators.chaos.record import Tile
from simulators.chaos.screen import RULE, Screen

ASK_SECONDS = 10.0


class Event(msgspec.Struct, frozen=True):
    """One row of the alarm events that is a press."""

    id: str
    gateway: str
    device: str
    n: int | None
    t_ms: int
    rx_ms: int


class Piece(msgspec.Struct, frozen=True):
    """One raw batch: what it covers of a stream."""

    gateway: str
    epoch: str
    lane: str
    first: int
    last: int


class Cursor(msgspec.Struct, frozen=True):
    """How far a stream is committed."""

    gateway: str
    epoch: str
    lane: str
    position: int


class Gap(msgspec.Struct, frozen=True):
    """Positions that a gateway declared it would never send."""

    gateway: str
    lane: str
    count: int
    reason: str


class Joined(msgspec.Struct, frozen=True):
    """One fact that puts a press into an incident."""

    press: str
    alert: str
    repaired: bool


class Box(msgspec.Struct, frozen=True):
    """How a gateway says it does."""

    epoch: str
    waiting: dict[str, int]
    last: dict[str, int]
    counts: dict[str, int]


class Facts(msgspec.Struct, frozen=True):
    """Everything the checker asks about."""

    events: list[Event]
    pieces: list[Piece]
    cursors: list[Cursor]
    readings: dict[str, list[int]]  # By gateway: the numbers in the journal, in the order of epoch and position.
    history: dict[str, list[int]]  # By gateway: the numbers in the history store.
    crowded: dict[str, list[list[int]]]  # By gateway: numbers of one millisecond, of which such a store may tell but one.
    gaps: list[Gap]
    quarantined: dict[str, int]  # By gateway.
    dead: dict[str, int]
    joined: list[Joined]
    moves: list[str]  # The keys of people's moves that are among the facts.
    boxes: dict[str, Box]
    counters: dict[str, dict[str, int]]  # By server.
    pictures: dict[str, list[Tile]]


async def gather(house: House, screens: Mapping[str, Screen]) -> Facts:
    """Read everything; the database over a connection of our own, past every link."""
    with psycopg.connect(postgres.address(house.ports["postgres"])) as database:
        measured, pieces = _journal(database)
        facts = Facts(
            events=[
                Event(identity, gateway, device, json.loads(bytes(body)).get("n"), t_ms, rx_ms)
                for identity, gateway, device, body, t_ms, rx_ms in database.execute(
                    "select id, gateway, device, body, t_ms, rx_ms from alarm_event where kind = 'press'"
                )
            ],
            pieces=pieces,
            cursors=[Cursor(*row) for row in database.execute("select gateway, epoch, lane, position from cursor")],
            readings={gateway: [serial for serial, _ in found] for gateway, found in measured.items()},
            history={},
            crowded=_crowded(measured) if house.plan.history == "victoria" else {},
            gaps=[Gap(*row) for row in database.execute("select gateway, lane, count, reason from gap")],
            quarantined=dict(database.execute("select gateway, count(*) from quarantine group by gateway").fetchall()),
            dead=dict(database.execute("select gateway, sum(count)::bigint from dead_letter group by gateway").fetchall()),
            joined=list(_joined(database)),
            moves=_moves(database),
            boxes={},
            counters={},
            pictures={},
        )
    async with httpx.AsyncClient(trust_env=False, timeout=ASK_SECONDS) as client:
        facts.history.update(await _history(house, client))
        for name, school in zip(house.gateways, house.schools, strict=True):
            facts.boxes[school.gateway] = await _box(client, house.ports[f"{name}/status"])
        for server in house.servers:
            text = (await client.get(f"{house.url(server)}/metrics")).raise_for_status().text
            facts.counters[server] = dict(_counters(text.splitlines()))
    for server, screen in screens.items():
        facts.pictures[server] = await screen.picture()
    return facts


def _crowded(measured: Mapping[str, list[tuple[int, int]]]) -> dict[str, list[list[int]]]:
    found: dict[str, list[list[int]]] = {}
    for gateway, readings in measured.items():
        by_time: dict[int, list[int]] = {}
        for serial, t_ms in readings:
            by_time.setdefault(t_ms, []).append(serial)
        found[gateway] = [serials for serials in by_time.values() if len(serials) > 1]
    return found


def _journal(database: psycopg.Connection[Any]) -> tuple[dict[str, list[tuple[int, int]]], list[Piece]]:
    query = (
        "select c.gateway, c.epoch, c.lane, r.position, r.last_position, r.body_position, r.body"
        " from raw_batch r join cursor c using (stream) order by c.gateway, c.lane, c.epoch, r.position"
    )
    readings: dict[str, list[tuple[int, int]]] = {}
    pieces: list[Piece] = []
    for gateway, epoch, lane, first, last, body_first, body in database.execute(query):
        pieces.append(Piece(gateway, epoch, lane, first, last))
        if lane == "t":
            readings.setdefault(gateway, []).extend(_serials(bytes(body), body_first, first))
    return readings, pieces


def _serials(body: bytes, position: int, new_from: int) -> Iterable[tuple[int, int]]:
    plain = body if body[:1] == b"{" else zlib.decompress(body)
    for record in json.loads(plain)["r"]:
        if position >= new_from and record.get("d") == METER and SERIAL in record.get("m", {}):
            yield record["m"][SERIAL], record["t"]
        position += record["n"] if record.get("k") == "hole" else 1


def _joined(database: psycopg.Connection[Any]) -> Iterable[Joined]:
    ours: set[str] = set()
    for alert, body in database.execute("select alert, body from alert_fact order by sequence"):
        fact = json.loads(bytes(body))
        begun = fact.get("alert") or {}
        if fact["what"] == "raised" and begun.get("rule") == RULE:
            ours.add(alert)
            for press in begun["presses"]:
                yield Joined(press["id"], alert, bool(press.get("repaired")))
        elif fact["what"] == "pressed" and alert in ours:
            yield Joined(fact["press"]["id"], alert, bool(fact["press"].get("repaired")))


def _moves(database: psycopg.Connection[Any]) -> list[str]:
    facts = (json.loads(bytes(body)) for [body] in database.execute("select body from alert_fact"))
    return [fact["key"] for fact in facts if fact.get("key")]


async def _box(client: httpx.AsyncClient, port: int) -> Box:
    said = (await client.get(f"http://127.0.0.1:{port}/status.json")).raise_for_status().json()
    lanes = said["lanes"]
    return Box(
        said["epoch"],
        {lane: lanes[lane]["waiting"] for lane in lanes},
        {lane: lanes[lane]["last_position"] for lane in lanes},
        said["counts"],
    )


def _counters(lines: Iterable[str]) -> Iterable[tuple[str, int]]:
    for line in lines:
        if line.startswith('anxiao_ingest_total{what="'):
            name, _, value = line.partition('"')[2].partition('"} ')
            yield name, int(float(value))


async def _history(house: House, client: httpx.AsyncClient) -> dict[str, list[int]]:
    url = f"http://127.0.0.1:{house.ports['history']}"
    found: dict[str, list[int]] = {}
    if house.plan.history == "influx1":
        query = f'SELECT "{SERIAL}" FROM "reading" WHERE "device" = \'{METER}\' GROUP BY "gateway"'  # noqa: S608  # Our own words only.
        answer = await client.get(f"{url}/query", params={"db": "anxiao", "q": query, "epoch": "ns"})
        for result in answer.raise_for_status().json()["results"]:
            for series in result.get("series", []):
                found[series["tags"]["gateway"]] = [int(value) for _, value in series["values"]]
        return found
    answer = await client.get(f"{url}/api/v1/export", params={"match[]": f"reading_{SERIAL}", "start": "0"})
    for line in answer.raise_for_status().text.splitlines():
        series = json.loads(line)
        # Written again after a restart, a value stands there twice at one instant; every reader takes it once.
        once = dict(zip(series["timestamps"], series["values"], strict=True))
        found.setdefault(series["metric"]["gateway"], []).extend(int(value) for value in once.values())
    return found
