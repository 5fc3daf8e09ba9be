"""The HTTPS door: who may speak, how much, and what each is answered."""

import asyncio
import contextlib
import time
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest

from contract.identity import GatewayId, Lane, SchoolId
from contract.limits import BATCH_BYTES_MAX
from server.core.events import PressArrived
from server.ingest.doors import http
from server.ingest.doors.http import HttpDoor
from server.ingest.pipeline import Ingest
from server.journal.database import Database
from server.registry.model import Gateway, Roster
from server.security.tokens import digest
from tests.ingest.hosting import EPOCH, LATER, G, alarms, framed, heartbeat, press, raw_json, reading, telemetry
from tests.ingest.shelling import FailingJournal, Told, serving

KEY = "a key drawn at random"
OTHER = GatewayId("gw-0002")
KEYLESS = GatewayId("gw-0003")
REGISTERED = {
    G: Gateway(G, SchoolId("4507000001"), digest(KEY)),
    OTHER: Gateway(OTHER, SchoolId("4507000001"), digest("another key")),
    KEYLESS: Gateway(KEYLESS, SchoolId("4507000001")),
}
BEARER = {"Authorization": f"Bearer {KEY}"}


class House:
    """An ingest on a real journal with its HTTPS door, asked by a client without a network."""

    def __init__(self, database: Database, *, keys_required: bool, answer_seconds: float) -> None:
        self.journal = FailingJournal(database)
        self.told = Told()
        self.ingest = Ingest(self.journal, self.told, time.time, retry_seconds=0.01, collect_seconds=0.0)
        self.ingest.load_roster(Roster(gateways=tuple(REGISTERED.values())))
        self.door = HttpDoor(
            self.ingest.receive,
            lambda gateway: REGISTERED.get(GatewayId(gateway)),
            keys_required=keys_required,
            answer_seconds=answer_seconds,
            orders=lambda gateway: self.orders.get(gateway, []),
        )
        self.orders: dict[str, list[bytes]] = {}
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.door.app), base_url="http://test")

    async def post(self, path: str, content: bytes, **headers: str) -> httpx.Response:
        """Ask as the gateway that has a key."""
        return await self.client.post(path, content=content, headers={**BEARER, **headers})


@contextlib.asynccontextmanager
async def house(database: Database, *, keys_required: bool = True, answer_seconds: float = 10.0) -> AsyncIterator[House]:
    """Run it as long as the block lasts."""
    made = House(database, keys_required=keys_required, answer_seconds=answer_seconds)
    async with serving(made.ingest), made.client:
        yield made


@pytest.fixture
async def running_house(database: Database) -> AsyncIterator[House]:
    """Give a running one."""
    async with house(database) as made:
        yield made


async def test_alarm_is_answered_with_its_receipt_after_the_commit(running_house: House) -> None:
    """The same bytes as by MQTT, the same receipt, and the screens told before."""
    answer = await running_house.post(f"/ingest/{G}/a", alarms(1, press()))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert (answer.json()["ep"], answer.json()["c"]) == (EPOCH, {"a": 1})
    assert len(running_house.told.of(PressArrived)) == 1
    assert len(await running_house.journal.events(0)) == 1


async def test_heartbeat_is_answered_with_the_orders_that_wait_and_nothing_else_is(running_house: House) -> None:
    """A box that no broker reaches asks each 15 s; another box's orders are none of its business."""
    running_house.orders = {G: [b'{"op":"siren"}'], "gw-other": [b'{"op":"unlock"}']}

    answer = await running_house.post(f"/heartbeat/{G}", heartbeat())
    batch = await running_house.post(f"/ingest/{G}/a", alarms(1, press()))

    receipt, order = answer.json()
    assert (receipt["ep"], order) == (EPOCH, {"op": "siren"})
    assert isinstance(batch.json(), dict)


async def test_heartbeat_is_answered_with_the_receipts_of_earlier_epochs_too(running_house: House) -> None:
    """A box that no broker lets in learns all that is known of its earlier starts, its own epoch first."""
    await running_house.post(f"/ingest/{G}/t", telemetry(1, reading(), reading()))
    await running_house.post(f"/ingest/{G}/a", alarms(1, press()))

    answer = await running_house.post(f"/heartbeat/{G}", heartbeat(epoch=LATER, old={EPOCH: {"t": [1, 5], "a": [1, 1]}}))

    found = answer.json()
    assert [one["ep"] for one in found] == [LATER, EPOCH]
    assert found[1]["c"] == {"t": 2, "a": 1}


async def test_every_kind_of_message_has_its_address(running_house: House) -> None:
    """Lanes by letter, everything by its MQTT name too; what needs no receipt answers 204."""
    asked = [
        (f"/ingest/{G}/t", telemetry(1, reading())),
        (f"/ingest/{G}/up/t", telemetry(2, reading())),
        (f"/heartbeat/{G}", heartbeat(hi={"t": 2})),
        (f"/ingest/{G}/hb", heartbeat(hi={"t": 2})),
        (f"/birth/{G}", raw_json({"v": 1, "g": G, "ep": EPOCH, "boot": "b", "devs": []})),
        (f"/ingest/{G}/link", raw_json({"on": True, "ep": EPOCH})),
    ]

    answers = [await running_house.post(path, content) for path, content in asked]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 204, 204]
    assert [answer.json()["c"] for answer in answers[:3]] == [{"t": 1}, {"t": 2}, {"a": 0, "t": 2}]


async def test_duplicate_gap_and_bad_record_are_answered_by_a_receipt(running_house: House) -> None:
    """What the gateway has to do next stands in the receipt, whatever became of the batch."""
    first = await running_house.post(f"/ingest/{G}/t", telemetry(1, reading()))
    again = await running_house.post(f"/ingest/{G}/t", telemetry(1, reading()))
    gap = await running_house.post(f"/ingest/{G}/t", telemetry(9, reading()))
    spoilt = await running_house.post(f"/ingest/{G}/t", framed(Lane.TELEMETRY, 2, b'{"d":"A B","t":1,"m":{}}'))

    assert first.json()["c"] == again.json()["c"] == {"t": 1}
    assert gap.json()["rs"] == {"t": 2}
    assert [one["why"] for one in spoilt.json()["no"]] == ["bad_identity"]
    assert {answer.status_code for answer in (first, again, gap, spoilt)} == {200}


async def test_keys_are_asked_for(running_house: House) -> None:
    """Bearer or Basic with the gateway's own id; a wrong, foreign or missing key gets nowhere near the host."""
    post = running_house.client.post
    batch = telemetry(1, reading())
    answers = {
        "bearer": await post(f"/ingest/{G}/t", content=batch, headers=BEARER),
        "basic": await post(f"/ingest/{G}/t", content=batch, auth=(G, KEY)),
        "none": await post(f"/ingest/{G}/t", content=batch),
        "wrong": await post(f"/ingest/{G}/t", content=batch, auth=(G, "wrong")),
        "another's name": await post(f"/ingest/{G}/t", content=batch, auth=(OTHER, KEY)),
        "another's key": await post(f"/ingest/{OTHER}/t", content=batch, headers=BEARER),
        "unknown gateway": await post("/ingest/gw-9999/t", content=batch, headers=BEARER),
        "keyless gateway": await post(f"/ingest/{KEYLESS}/t", content=batch, auth=(KEYLESS, "")),
        "nonsense": await post(f"/ingest/{G}/t", content=batch, headers={"Authorization": "Basic %%!!"}),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "bearer": 200,
        "basic": 200,
        "none": 401,
        "wrong": 403,
        "another's name": 403,
        "another's key": 403,
        "unknown gateway": 403,
        "keyless gateway": 401,
        "nonsense": 401,
    }
    assert running_house.ingest.counters()["received"] == 2
    assert running_house.door.refused == {401: 3, 403: 4}
    assert answers["none"].headers["www-authenticate"].startswith("Basic")
    assert answers["wrong"].json() == {
        "type": "/docs/problems#bad_credentials",
        "title": "Forbidden",
        "status": 403,
        "code": "bad_credentials",
        "detail": "no such gateway, or not its key",
    }


async def test_demonstration_may_run_without_keys(database: Database) -> None:
    """Where keys are not required, a gateway without one may come; one that has a key still has to show it."""
    async with house(database, keys_required=False) as open_house:
        batch = telemetry(1, reading(), gateway=KEYLESS)
        keyless = await open_house.client.post(f"/ingest/{KEYLESS}/t", content=batch)
        keyed = await open_house.client.post(f"/ingest/{G}/t", content=telemetry(1, reading()))
        unknown = await open_house.client.post("/ingest/gw-9999/t", content=telemetry(1, reading()))

    assert (keyless.status_code, keyed.status_code, unknown.status_code) == (200, 401, 401)


async def test_body_is_read_no_further_than_its_limit(running_house: House) -> None:
    """However much is sent, and whatever length is announced, no more than a batch is taken into memory."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(10_000):
            sent += 65_536
            yield b" " * 65_536

    answer = await running_house.client.post(f"/ingest/{G}/t", content=endless(), headers=BEARER)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert running_house.ingest.counters()["received"] == 0


UNREADABLE = {
    "not JSON": (b"{nonsense", 422, "not_json"),
    "bomb": (zlib.compress(b'{"v":"' + b"a" * BATCH_BYTES_MAX * 8 + b'"}'), 413, "too_large"),
    "wrong version": (telemetry(1, reading()).replace(b'"v":1', b'"v":7'), 422, "wrong_version"),
    "foreign gateway": (telemetry(1, reading(), gateway="gw-0002"), 403, "foreign_gateway"),
    "wrong lane": (alarms(1, press()), 422, "wrong_lane"),
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_unreadable_batch_is_answered_by_its_reason(running_house: House, name: str) -> None:
    """An RFC 9457 document with the reason that is counted; a receipt that names the batch, where its head can be read."""
    payload, status, code = UNREADABLE[name]

    answer = await running_house.post(f"/ingest/{G}/t", payload)

    if answer.status_code == 200:
        assert [one["why"] for one in answer.json()["no"]] == [code]
    else:
        assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (status, code, status)
        assert answer.headers["content-type"] == "application/problem+json"
    assert running_house.ingest.counters()["dead"] == 1


async def test_addresses_that_do_not_exist_answer_404_and_other_methods_405(running_house: House) -> None:
    """Every refusal has the one shape."""
    nowhere = await running_house.post("/nothing", b"")
    leaf = await running_house.post(f"/ingest/{G}/up/x", b"{}")
    method = await running_house.client.get(f"/ingest/{G}/a", headers=BEARER)

    assert (nowhere.status_code, leaf.status_code, method.status_code) == (404, 404, 405)
    assert [answer.json()["code"] for answer in (nowhere, leaf, method)] == ["not_found", "bad_topic", "method_not_allowed"]


async def test_journal_that_is_away_answers_503_and_has_shown_the_press(running_house: House) -> None:
    """The gateway keeps its batch and comes again; the police have seen the press already."""
    running_house.journal.down = True

    answer = await running_house.post(f"/ingest/{G}/a", alarms(1, press()))
    running_house.journal.down = False

    assert (answer.status_code, answer.json()["code"]) == (503, "journal_down")
    assert answer.headers["retry-after"] == "5"
    assert len(running_house.told.of(PressArrived)) == 1


async def test_commit_that_takes_too_long_answers_503_and_is_not_undone(database: Database) -> None:
    """Nobody waits for ever; what is committed later is a duplicate when it comes again."""
    async with house(database, answer_seconds=0.05) as slow:
        slow.journal.gate = asyncio.Event()
        answer = await slow.post(f"/ingest/{G}/a", alarms(1, press()))
        slow.journal.gate.set()
        await slow.ingest.drain()
        slow.journal.gate = None
        again = await slow.post(f"/ingest/{G}/a", alarms(1, press()))

    assert answer.status_code == 503
    assert again.json()["c"] == {"a": 1}
    assert slow.ingest.counters()["duplicate"] == 1


async def test_too_much_telemetry_is_told_to_come_later(running_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the journal far behind, telemetry is sent away with 429; with too many requests open, everybody with 503."""
    monkeypatch.setattr("server.ingest.host.PENDING_TELEMETRY_MAX", 0)
    busy = await running_house.post(f"/ingest/{G}/t", telemetry(1, reading()))
    monkeypatch.setattr(http, "OPEN_MAX", 0)
    full = await running_house.post(f"/ingest/{G}/a", alarms(1, press()))

    assert (busy.status_code, busy.json()["code"]) == (429, "busy")
    assert (full.status_code, full.json()["code"]) == (503, "busy")
    assert "retry-after" in busy.headers
    assert "retry-after" in full.headers


async def test_many_at_once_each_get_their_own_answer(running_house: House) -> None:
    """Requests that share a commit do not share their answers."""
    payloads = [telemetry(1, reading(), epoch=f"{number:06d}abcd") for number in range(1, 40)]

    answers = await asyncio.gather(*[running_house.post(f"/ingest/{G}/t", payload) for payload in payloads])

    assert [answer.json()["ep"] for answer in answers] == [f"{number:06d}abcd" for number in range(1, 40)]
