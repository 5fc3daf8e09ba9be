"""Two servers on one PostgreSQL: a press that comes to either is one incident on both, and either may fall away."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from contract.batch import encode_batch
from contract.errors import StorageError
from contract.identity import EpochId, GatewayId, Lane, UserName, make_press_id
from contract.messages import Command, decode_message
from contract.orders import Op
from contract.records import Press, Reading, Reply, encode_record
from server.commands.model import ANSWER_MS, Asked, CommandState
from server.core.alert import Alert, State
from server.core.effects import ActRefused
from server.core.events import ActRequested
from server.drills.window import Asked as WindowAsked
from server.drills.window import Rehearsal, WindowMove, WindowState
from server.drills.window_store import WindowStore
from server.ingest.model import Finish, Origin
from server.journal.leases import LEASE_SECONDS
from server.registry.model import Role, Scope, User
from server.registry.roster_file import encode_roster
from server.registry.store import Registry
from server.service import Service, close, open_service
from server.settings import read_settings
from server.sharing.opening import Together
from simulators.city import make_city

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(60)]
CITY = make_city(3, 7, date(2026, 3, 2))
BUTTON = next(device for device in CITY.roster.devices if device.kind == "alarm_button")
CAMERA = next(device for device in CITY.roster.devices if device.kind == "camera" and device.gateway == BUTTON.gateway)
EPOCH = EpochId("000001abcd")


class Way:
    """A door that takes no answers."""

    name = "way"
    connected = True

    def send(self, origin: Origin, gateway: str, payload: bytes, *, sure: bool) -> None:
        """Take a receipt."""

    def order(self, gateway: str, payload: bytes) -> None:
        """Take an order."""

    def finish(self, finish: Finish) -> None:
        """Take note."""

    async def run(self) -> None:
        """Do nothing."""


@dataclass
class Running:
    """A server and its tasks."""

    service: Service
    tasks: list["asyncio.Task[None]"]

    async def die(self) -> None:
        """End without a word."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.service.database.close()

    @property
    def incidents(self) -> list[Alert]:
        """List what it shows of presses."""
        return [alert for alert in self.service.runtime.engine.alerts.values() if alert.rule == "one_key_press"]

    def hear(
        self,
        lane: Lane,
        first: int,
        *records: Press | Reading | Reply,
        request: int = 0,
        gateway: GatewayId = BUTTON.gateway,
    ) -> None:
        """Let a batch arrive."""
        body = encode_batch(gateway, EPOCH, lane, first, 1, [encode_record(record) for record in records])
        self.service.ingest.receive(Way(), gateway, f"up/{lane.value}", body, request)


async def started(address: str, folder: Path, name: str) -> Running:
    """Start a server without doors."""
    settings = read_settings(None, folder=folder / name, database=address, name=name, brokers=(), history="none")
    service = await open_service(settings, folder / "roster.json")
    long = [service.ingest.run(), service.runtime.run(), *service.sharing.tasks()]
    return Running(service, [asyncio.create_task(one) for one in long])


@pytest.fixture
async def pair(postgres_address: str, tmp_path: Path) -> AsyncIterator[tuple[Running, Running]]:
    """Give two servers on one database."""
    (tmp_path / "roster.json").write_bytes(encode_roster(CITY.roster))
    both = (
        await started(postgres_address, tmp_path, "server-1"),
        await started(postgres_address, tmp_path, "server-2"),
    )
    yield both
    for one in both:
        for task in one.tasks:
            task.cancel()
        await asyncio.gather(*one.tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            await close(one.service)


async def until(true: Callable[[], object]) -> None:
    """Wait for something to become so."""
    while not true():  # noqa: ASYNC110  # What is waited for tells nobody.
        await asyncio.sleep(0.02)


def press(number: int) -> Press:
    """Press the button now."""
    now = round(time.time() * 1000)
    return Press(make_press_id(now, number), BUTTON.id, now)


async def test_a_press_that_comes_to_one_server_is_on_the_other(pair: tuple[Running, Running]) -> None:
    first, second = pair
    first.hear(Lane.ALARM, 1, press(1), request=1)
    await until(lambda: first.incidents and first.incidents[0].stored and second.incidents == first.incidents)


async def test_presses_that_come_to_both_at_once_are_one_incident_each_press_once(pair: tuple[Running, Running]) -> None:
    first, second = pair
    for number in range(1, 11):
        made = press(number)
        for one in (first, second) if number % 2 else (second, first):
            one.hear(Lane.ALARM, number, made)
        await asyncio.sleep(0.01)

    def settled() -> bool:
        ours, theirs = first.incidents, second.incidents
        return len(ours) == 1 and ours == theirs and ours[0].press_count == 10 and ours[0].stored

    await until(settled)
    await first.service.runtime.flush()
    stored = await first.service.journal.facts_of(first.incidents[0].id)
    assert len(stored) == first.incidents[0].version


@pytest.mark.parametrize("order", ["the hostile one first", "each server another first"])
async def test_a_gateway_that_uses_anothers_ids_hides_no_press(pair: tuple[Running, Running], order: str) -> None:
    """Both presses are on both servers, each at its own school, and an alert says so."""
    first, second = pair
    owner = next(gateway for gateway in CITY.roster.gateways if gateway.id == BUTTON.gateway)
    hostile = next(gateway for gateway in CITY.roster.gateways if gateway.id != BUTTON.gateway)
    for number in range(1, 6):
        made = press(number)
        first.hear(Lane.ALARM, number, made, gateway=hostile.id)
        if order == "each server another first":
            second.hear(Lane.ALARM, number, made)
            second.hear(Lane.ALARM, number, made, gateway=hostile.id)
        else:
            second.hear(Lane.ALARM, number, made, gateway=hostile.id)
            second.hear(Lane.ALARM, number, made)
        first.hear(Lane.ALARM, number, made)
        await asyncio.sleep(0.01)

    def settled() -> bool:
        ours, theirs = (sorted(one.incidents, key=lambda alert: alert.id) for one in pair)
        rows = Counter((alert.gateway, row.id.partition("@")[0]) for alert in ours for row in alert.presses)
        return ours == theirs and len(rows) == 10 and set(rows.values()) == {1} and all(alert.stored for alert in ours)

    await until(settled)
    for one in pair:
        assert {alert.school for alert in one.incidents} == {gateway.school for gateway in (owner, hostile)}
        declared = [alert for alert in one.service.runtime.engine.alerts.values() if alert.rule == "unreadable_alarm"]
        assert "id_taken" in dict(declared[0].detail).values()
        assert one.service.ingest.counters()["ids_taken"] > 0


async def test_of_two_people_at_two_servers_one_takes_the_incident(pair: tuple[Running, Running]) -> None:
    first, second = pair
    first.hear(Lane.ALARM, 1, press(1))
    await until(lambda: second.incidents and second.incidents[0].stored and first.incidents[0].stored)

    def move(one: Running, who: str) -> ActRequested:
        return ActRequested(one.incidents[0].id, "acknowledge", who, "police_liaison", one.incidents[0].version, key=who)

    answers = await asyncio.gather(
        first.service.runtime.act(move(first, "a")), second.service.runtime.act(move(second, "b"))
    )

    refused = [answer for answer in answers if isinstance(answer, ActRefused)]
    assert [answer.code for answer in refused] == ["version_conflict"]
    await until(lambda: first.incidents == second.incidents)
    assert first.incidents[0].state is State.ACKNOWLEDGED


async def test_telemetry_is_written_by_one_and_known_to_both(pair: tuple[Running, Running]) -> None:
    first, second = pair
    await until(
        lambda: all(isinstance(one.service.sharing, Together) and one.service.sharing.division.shares for one in pair)
    )
    now = round(time.time() * 1000)
    for one in pair:
        one.hear(Lane.TELEMETRY, 1, Reading(CAMERA.id, now, {"online": True, "bitrate": 512}))

    def known(one: Running) -> object:
        state = one.service.runtime.engine.device(CAMERA.gateway, CAMERA.id)
        return state is not None and state.value("bitrate")

    await until(lambda: known(first) == known(second) == 512)
    taken = [one.service.ingest.counters() for one in pair]
    assert sum(one["applied"] for one in taken) == 1
    assert sum(one["elsewhere"] for one in taken) == 1


async def test_whoever_is_left_leads_and_writes(pair: tuple[Running, Running]) -> None:
    """The leader dies without a word; its leases run out by the database's clock."""
    first, second = pair
    assert first.service.sharing.leads
    assert not second.service.sharing.leads
    await first.die()
    await asyncio.wait_for(until(lambda: second.service.sharing.leads), LEASE_SECONDS * 2)
    second.hear(Lane.TELEMETRY, 1, Reading(CAMERA.id, round(time.time() * 1000), {"online": True}))
    await until(lambda: second.service.ingest.counters()["applied"] == 1)


async def test_a_database_that_goes_away_while_a_server_starts_is_waited_for(
    postgres_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "roster.json").write_bytes(encode_roster(CITY.roster))
    load, failures = Registry.load, [StorageError("database: gone"), StorageError("database: gone again")]

    async def lost_twice(self: Registry) -> None:
        if failures:
            raise failures.pop()
        await load(self)

    monkeypatch.setattr(Registry, "load", lost_twice)
    monkeypatch.setattr("server.service.DATABASE_RETRY_SECONDS", 0.01)

    server = await started(postgres_address, tmp_path, "server-1")

    assert not failures
    assert server.service.registry.roster.gateways
    await server.die()


async def test_an_order_outlives_the_server_that_it_was_given_to(pair: tuple[Running, Running]) -> None:
    """The other server sends it, hears the box's answer, and tells whoever gave it how it ended."""
    first, second = pair
    giver = User(UserName("duty"), "值班", Role.MAINTAINER, Scope("unit", CITY.roster.units[0].id))
    asked = Asked(make_press_id(1, 9), BUTTON.gateway, "", BUTTON.school, Op.RESEND_BIRTH, {})
    await first.service.commands.ask(asked, giver)
    await first.die()

    sending = asyncio.create_task(second.service.commands.run())
    await until(lambda: second.service.commands.waiting(BUTTON.gateway))
    [order] = second.service.commands.waiting(BUTTON.gateway)
    assert decode_message(order, Command).id == asked.id
    second.hear(Lane.ALARM, 1, Reply(asked.id, ok=True, code="done", t=round(time.time() * 1000)), request=1)

    async def state() -> CommandState:
        given = await second.service.commands.find(asked.id)
        assert given is not None
        return given.state(round(time.time() * 1000))

    while await state() is not CommandState.DONE:  # noqa: ASYNC110  # What is waited for tells nobody.
        await asyncio.sleep(0.02)
    await until(lambda: not second.service.commands.waiting(BUTTON.gateway))
    sending.cancel()


async def test_an_order_that_nobody_answers_ends_on_the_server_that_is_left(pair: tuple[Running, Running]) -> None:
    first, second = pair
    giver = User(UserName("duty"), "值班", Role.MAINTAINER, Scope("unit", CITY.roster.units[0].id))
    asked = Asked(make_press_id(1, 8), BUTTON.gateway, "", BUTTON.school, Op.RESEND_BIRTH, {})
    given = await first.service.commands.ask(asked, giver)
    await first.die()

    kept = await second.service.commands.find(asked.id)
    assert kept is not None
    assert kept.state(given.exp_ms) is CommandState.SENT
    assert kept.state(given.exp_ms + ANSWER_MS + 1) is CommandState.UNANSWERED


async def test_a_drill_and_its_end_are_followed_by_the_other_server_at_once(pair: tuple[Running, Running]) -> None:
    """Both rule each press alike, by whichever of them a drill was declared and ended."""
    first, second = pair
    now = round(time.time() * 1000)
    window = Rehearsal(
        id="w",
        mode="drill",
        school=BUTTON.school,
        devices=frozenset({(BUTTON.gateway, BUTTON.id)}),
        start_ms=now,
        end_ms=now + 600_000,
        state=WindowState.APPROVED,
        until_ms=now + 600_000,
        asked_by="station",
        asked_ms=now,
        approved_by="station",
        approved_ms=now,
        moved_ms=now,
    )
    store, engines = WindowStore(first.service.database), [one.service.runtime.engine for one in pair]

    def open_windows() -> list[int]:
        return [len(list(engine.windows_open(time.time()))) for engine in engines]

    await store.add(window, "police_liaison")
    first.service.runtime.tell(window.declared())
    await until(lambda: open_windows() == [1, 1])
    second.hear(Lane.ALARM, 1, press(1))
    await until(lambda: [alert.mode for one in pair for alert in one.incidents] == ["drill", "drill"])
    ended = await store.move(
        "w", WindowAsked(WindowMove.WITHDRAW, "school", "school_director", 1), round(time.time() * 1000)
    )
    first.service.runtime.tell(ended.declared())
    await until(lambda: open_windows() == [0, 0])
    second.hear(Lane.ALARM, 2, press(2))
    await until(lambda: [sorted(alert.mode for alert in one.incidents) for one in pair] == [["drill", "real"]] * 2)
