"""A server's database restored from an older backup: every answered press is there again, once, without anybody's doing."""

import sqlite3

import pytest

from contract.batch import decode_batch
from contract.identity import Lane
from contract.records import Hole
from gateway.outbox import Outbox
from simulators.world.checker import broken_promises, left_waiting
from simulators.world.server import SimServer, at_once
from simulators.world.wheel import MONDAY_9
from simulators.world.world import Plan, World

BACKED_UP, RESTORED, END = 30.0, 110.0, 900.0
PLAN = Plan(
    schools=2,
    press_every=4.0,
    measure_every=2.0,
    kill_every=25.0,
    power_share=0.3,
    server_kill_every=0.0,
    commit_failures=0.0,
)


def backup(server: SimServer) -> sqlite3.Connection:
    """Copy the database as it stands."""
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    connection = server.database._engine.raw_connection()
    assert connection.driver_connection is not None
    connection.driver_connection.backup(copy)
    return copy


def restore(server: SimServer, copy: sqlite3.Connection) -> None:
    """Put a copy in the place of the database."""
    connection = server.database._engine.raw_connection()
    assert connection.driver_connection is not None
    copy.backup(connection.driver_connection)


def restored_world(seed: int) -> tuple[World, list[str]]:
    """Play a world in which the database goes back by eighty seconds; gives it with what was broken of alarms."""
    world = World(seed, PLAN)
    world.server.start()
    for school in world.schools.values():
        school.start()
        world._often(PLAN.press_every, school.press)
        world._often(PLAN.measure_every, school.measure)
        world._often(PLAN.kill_every, lambda school=school: world._kill(school))  # type: ignore[misc]
    world.wheel.run(MONDAY_9 + BACKED_UP)
    copy = backup(world.server)
    world.wheel.run(MONDAY_9 + RESTORED)
    world._heal()
    world.wheel.run(MONDAY_9 + RESTORED + 10)
    world.server.die()
    restore(world.server, copy)
    world.server.start()
    world.wheel.run(MONDAY_9 + END)
    broken = broken_promises(world.server, world.ghost)
    broken += left_waiting({id_: one.waiting for id_, one in world.schools.items()})
    return world, [one for one in broken if "Lane.TELEMETRY" not in one]  # Readings are not kept; their loss is declared.


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(1, 7))
def test_every_answered_press_is_there_again_once(seed: int) -> None:
    world, broken = restored_world(seed)

    assert world.ghost.answered
    assert broken == []


@pytest.mark.timeout(300)
def test_the_readings_that_are_gone_are_declared() -> None:
    """No lane waits for ever, and every position is a record or a hole."""
    world, _ = restored_world(1)

    lost = sum(
        record.n
        for journaled in at_once(world.server.journal.read(0, 1_000_000))
        if journaled.lane is Lane.TELEMETRY
        for record in decode_batch(journaled.body).records
        if isinstance(record, Hole) and record.why == "lost"
    )
    assert lost > 0


@pytest.mark.timeout(300)
def test_found_an_outbox_that_forgets_what_has_a_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search sees what it is for: without what earlier starts had, presses of the lost time are gone."""
    take_up = Outbox._take_up

    def forgetful(self: Outbox, *what: object) -> None:
        take_up(self, *what)  # type: ignore[arg-type]
        self.ended = {lane: {} for lane in Lane}

    monkeypatch.setattr(Outbox, "_take_up", forgetful)

    assert any(restored_world(seed)[1] for seed in range(1, 7))
