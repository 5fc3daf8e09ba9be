"""The runtime: screens first, then the journal in order; nothing is forgotten while the database is away."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from contract.errors import StorageError
from contract.identity import DeviceId, PressId
from server import runtime
from server.core.alert import Alert, State
from server.core.effects import ActRefused, AlertChanged, Effect
from server.core.engine import Engine
from server.core.events import ActRequested, PressArrived
from server.journal.model import AlertFact, Home, StoredFact
from server.runtime import Runtime
from tests.core.talking import NOON, city, gateway_of, school

PRESS = PressArrived(
    PressId("018f3c2e-7b1a-7c3d-9e4f-0123456789ab"), gateway_of(1), DeviceId("btn-1"), NOON, NOON, 3, "short", "real"
)


@dataclass
class Facts:
    """A store of facts that can be away; `order` is shared with the screens."""

    order: list[str]
    kept: list[AlertFact] = field(default_factory=list)
    down: bool = False
    returned: asyncio.Event = field(default_factory=asyncio.Event)

    async def append_facts(self, facts: Sequence[AlertFact]) -> frozenset[str]:
        """Keep facts, or refuse while down; none is kept of an alert that has a fact's number or whose press another has."""
        await asyncio.sleep(0)
        if self.down:
            raise StorageError("down")
        taken = {(fact.alert, fact.number) for fact in self.kept}
        told = {fact.press for fact in self.kept if fact.press}
        overtaken = frozenset(fact.alert for fact in facts if (fact.alert, fact.number) in taken or fact.press in told)
        self.order.append("stored")
        self.kept += [fact for fact in facts if fact.alert not in overtaken]
        self.returned.set()
        return overtaken

    async def homes_of(self, presses: Mapping[str, str]) -> dict[str, Home]:
        """Say where presses are."""
        return {fact.press: Home(fact.alert, fact.press) for fact in self.kept if fact.press in presses}

    async def facts_of(self, alert: str) -> Sequence[bytes]:
        """Give the facts of one alert."""
        return [fact.body for fact in self.kept if fact.alert == alert]


@dataclass
class Shown:
    """Screens that remember what they were shown."""

    order: list[str]
    alerts: list[Alert] = field(default_factory=list)
    pictures: list[dict[str, list[str]]] = field(default_factory=lambda: [{}])  # After each call: the presses of each tile.

    def effects(self, effects: Iterable[Effect], now: float) -> None:  # noqa: ARG002  # The hub's signature.
        """Remember."""
        self.order.append("shown")
        changed = [effect.alert for effect in effects if isinstance(effect, AlertChanged)]
        self.alerts += changed
        self.pictures.append(self.pictures[-1] | {alert.id: [press.id for press in alert.presses] for alert in changed})


@dataclass
class House:
    """A runtime with its neighbours."""

    facts: Facts
    shown: Shown
    runtime: Runtime
    order: list[str]


@pytest.fixture
def house() -> House:
    """Give a runtime that knows one school."""
    order: list[str] = []
    facts, shown = Facts(order), Shown(order)
    made = Runtime(Engine(), facts, shown, lambda: NOON)
    made.restore(city(school()), (), ())
    return House(facts, shown, made, order)


def acknowledge(alert: Alert, key: str = "k1") -> ActRequested:
    """Ask for the acknowledgement of an alert as it stands."""
    return ActRequested(alert.id, "acknowledge", "liaison", "police_liaison", alert.version, key=key)


async def running(house: House) -> "asyncio.Task[None]":
    """Start the runtime's tasks."""
    task = asyncio.create_task(house.runtime.run())
    await asyncio.sleep(0)
    return task


async def stop(task: "asyncio.Task[None]") -> None:
    """Stop them."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_press_is_on_the_screens_when_tell_returns_and_before_any_fact_is_stored(house: House) -> None:
    task = await running(house)
    house.runtime.tell(PRESS)
    assert [alert.device for alert in house.shown.alerts] == ["btn-1"]
    await house.runtime.act(acknowledge(house.shown.alerts[0]))
    assert house.order.index("shown") < house.order.index("stored")
    await stop(task)


async def test_an_act_is_answered_only_after_its_fact_is_stored(house: House) -> None:
    house.runtime.tell(PRESS)
    act = asyncio.create_task(house.runtime.act(acknowledge(house.shown.alerts[0])))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not act.done()
    task = await running(house)
    answer = await act
    assert isinstance(answer, Alert)
    assert answer.state is State.ACKNOWLEDGED
    assert len(house.facts.kept) == 2
    await stop(task)


async def test_an_act_on_an_old_version_is_refused_with_the_alert_as_it_is(house: House) -> None:
    task = await running(house)
    house.runtime.tell(PRESS)
    raised = house.shown.alerts[0]
    await house.runtime.act(acknowledge(raised))
    refused = await house.runtime.act(replace(acknowledge(raised, "k2"), by="other"))
    assert isinstance(refused, ActRefused)
    assert refused.alert is not None
    assert refused.alert.owner == "liaison"
    await stop(task)


async def test_while_the_database_is_away_moves_are_shown_and_stored_later_in_order(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "ACT_SECONDS_MAX", 0.02)
    house.facts.down = True
    task = await running(house)
    house.runtime.tell(PRESS)
    with pytest.raises(StorageError):
        await house.runtime.act(acknowledge(house.shown.alerts[0]))
    assert house.shown.alerts[-1].state is State.ACKNOWLEDGED
    assert not house.runtime.journal_ok
    house.facts.down = False
    await house.facts.returned.wait()
    await stop(task)
    assert len(house.facts.kept) == 2
    again = Engine()
    restored = Runtime(again, house.facts, Shown([]), lambda: NOON)
    restored.restore(city(school()), [(fact.alert, fact.body) for fact in house.facts.kept], ())
    assert [alert.state for alert in again.alerts.values()] == [State.ACKNOWLEDGED]


async def test_a_move_asked_again_while_it_is_not_stored_has_no_outcome_yet(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answered with success it could still be overtaken by another server, and never have been made."""
    monkeypatch.setattr(runtime, "ACT_SECONDS_MAX", 0.02)
    house.facts.down = True
    task = await running(house)
    house.runtime.tell(PRESS)
    asked = acknowledge(house.shown.alerts[0])
    for _ in range(3):
        with pytest.raises(StorageError):
            await house.runtime.act(asked)
    house.facts.down = False
    monkeypatch.setattr(runtime, "ACT_SECONDS_MAX", 5.0)

    outcome = await house.runtime.act(asked)

    assert isinstance(outcome, Alert)
    assert len(house.facts.kept) == 2, "stored once, and before the answer"
    await stop(task)


async def test_a_restored_press_is_not_raised_again(house: House) -> None:
    house.runtime.tell(PRESS)
    await house.runtime.flush()
    again, shown = Engine(), Shown([])
    restored = Runtime(again, house.facts, shown, lambda: NOON)
    restored.restore(city(school()), [(fact.alert, fact.body) for fact in house.facts.kept], ())
    restored.tell(replace(PRESS, stored=True))
    assert len(again.alerts) == 1
    assert next(iter(again.alerts.values())).press_count == 1


async def test_a_fault_in_one_tick_stops_no_later_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "TICK_SECONDS", 0.001)
    ticked = asyncio.Event()
    calls = 0

    def step(*_: object) -> list[Effect]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError("a faulty rule")
        ticked.set()
        return []

    monkeypatch.setattr(house.runtime.engine, "step", step)
    task = await running(house)
    await asyncio.wait_for(ticked.wait(), 5)
    await stop(task)


async def test_flush_stores_what_waits(house: House) -> None:
    house.runtime.tell(PRESS)
    assert not house.facts.kept
    await house.runtime.flush()
    assert len(house.facts.kept) == 1


async def test_a_press_that_two_servers_gave_to_two_incidents_is_never_in_two_tiles_nor_in_none(house: House) -> None:
    """Which incident has it the database says; both change on the screens in one go."""
    shown = Shown([])
    other = Runtime(Engine(), house.facts, shown, lambda: NOON)
    other.restore(city(school()), (), ())
    first, second, third = (replace(PRESS, id=PressId(f"018f3c2e-7b1a-7c3d-9e4f-{number:012d}")) for number in (1, 2, 3))
    house.runtime.tell(first)
    other.tell(second)
    await house.runtime.flush()
    await other.flush()
    facts = [StoredFact(place, fact.alert, fact.number, fact.body) for place, fact in enumerate(house.facts.kept, 1)]
    house.runtime.follow(facts)
    other.follow(facts)

    house.runtime.tell(third)
    other.tell(third)
    await house.runtime.flush()
    await other.flush()

    assert {tuple(tiles) for tiles in shown.pictures[-1].values()} == {(first.id,), (second.id, third.id)}
    since = next(place for place, tiles in enumerate(shown.pictures) if any(third.id in tile for tile in tiles.values()))
    assert {sum(third.id in tile for tile in tiles.values()) for tiles in shown.pictures[since:]} == {1}
