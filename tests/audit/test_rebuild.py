"""A rebuild gives the same answers as before, mends what was tampered with, and takes nothing back that people did."""

import asyncio

import pytest

from contract.identity import EpochId, Lane
from server.audit.mending import LOST
from server.audit.rebuild import Rebuilt, rebuild_history, rebuild_state
from server.audit.report import in_words
from server.core.events import ActRequested
from tests.audit.test_audit import change
from tests.audit.town import CITY, Town, failed, press_id

STATE = (
    "select id, kind, state, gateway, device, t_ms, rx_ms, body from alarm_event order by 1, 2, 3",
    "select gateway, epoch, lane, position, count, reason, rx_ms from gap order by 1, 2, 3, 4",
    "select gateway, epoch, lane, position from cursor order by 1, 2, 3",
)


async def dump(town: Town) -> list[list[tuple[object, ...]]]:
    """Give all that a rebuild of the state makes."""
    return [await town.rows(statement) for statement in STATE]


async def rebuilt(town: Town) -> Rebuilt:
    """Rebuild the state."""
    return await rebuild_state(town.database, town.source, CITY.roster, lambda: town.now, lambda *_: None)


async def lived(town: Town) -> None:
    """Live through some hours, with a gap and a refused record."""
    await town.an_hour(4)
    await town.send(town.hole(40), town.reading(fps=99_999), town.reading(1, fps=9))
    await town.send(town.reading(fps=1), epoch=EpochId("000002abcd"), first=1)
    await town.project()


async def test_a_rebuild_of_what_is_right_changes_nothing(town: Town) -> None:
    await lived(town)
    before = await dump(town)
    facts = await town.rows("select count(*) from alert_fact")
    done = await rebuilt(town)

    assert await dump(town) == before
    assert await town.rows("select count(*) from alert_fact") == facts
    assert (done.events_added, done.events_corrected, done.gaps_added, done.gaps_removed) == (0, 0, 0, 0)
    assert (done.cursors_moved, done.incidents_added, done.broken) == (0, 0, [])


@pytest.mark.parametrize(
    "tamper",
    [
        "delete from alarm_event",
        "update alarm_event set t_ms = t_ms + 1, device = 'other'",
        "delete from gap",
        "update gap set count = 3",
        "insert into gap select id + 1, gateway, epoch, lane, position, count, reason, rx_ms from gap",
        "insert into gap select id + 1, gateway, epoch, lane, position, count, 'lost', 1 from gap",
        "update cursor set position = position + 7",
    ],
)
async def test_the_state_comes_back_as_it_was(town: Town, tamper: str) -> None:
    await lived(town)
    before = await dump(town)
    assert await town.sql(tamper) > 0
    assert failed(await town.audit()) != []
    await rebuilt(town)

    assert await dump(town) == before
    report = await town.audit()
    assert failed(report) == [], in_words(report)


async def test_a_refused_record_that_is_lost_is_told_again_without_its_content(town: Town) -> None:
    await lived(town)
    await town.sql("delete from quarantine")
    done = await rebuilt(town)

    assert done.gaps_added == 1
    assert await town.rows("select detail from quarantine") == [(LOST,)]
    assert failed(await town.audit()) == []


@pytest.mark.parametrize("lost", ["first", "second"])
async def test_a_press_under_another_gateways_id_rings_again_where_no_incident_tells_it(town: Town, lost: str) -> None:
    other = CITY.roster.gateways[-1].id
    await town.send(town.press(7), lane=Lane.ALARM)
    await town.send(town.press(7), lane=Lane.ALARM, gateway=other, first=1)
    await town.project()
    name = f"{press_id(7)}@{other}" if lost == "second" else press_id(7)
    assert await town.sql(f"delete from alert_fact where alert = '{name}'") > 0

    done = await rebuilt(town)

    assert done.incidents_added > 0
    assert await town.rows(f"select count(*) from alert_fact where press = '{name}'") == [(1,)]
    assert failed(await town.audit()) == []


async def test_a_press_that_no_incident_tells_rings_and_what_people_did_stays(town: Town) -> None:
    """The incident whose facts are gone is raised anew; the acts on the other one are kept as they are."""
    await town.an_hour(4)
    presses = [str(row[0]) for row in await town.rows("select id from alarm_event where kind = 'press' order by rx_ms")]
    first, second = presses
    request = ActRequested(first, "note", "wang", "police_liaison", town.engine.alerts[first].version, note="seen")
    await asyncio.gather(town.runtime.act(request), town.runtime.flush())
    await town.project()
    facts = await town.rows("select sequence, alert, body from alert_fact order by sequence")
    gone = [row for row in facts if b'"pressed"' in bytes(row[2]) and second.encode() in bytes(row[2])]  # type: ignore[call-overload]
    assert len(gone) == 1
    assert await town.sql("delete from alert_fact where sequence = :gone", gone=gone[0][0]) == 1
    assert failed(await town.audit()) == ["incidents"]
    done = await rebuilt(town)

    assert done.incidents_added == 1
    report = await town.audit()
    assert failed(report) == [], in_words(report)
    now = await town.rows("select sequence, alert, body from alert_fact order by sequence")
    assert [row for row in now if row in facts] == [row for row in facts if row not in gone]


async def test_the_history_comes_back_as_it_was(town: Town) -> None:
    await lived(town)
    assert town.store is not None
    before = sorted(await town.store.kept(CITY.roster.gateways[0].id, 0, 2**42))
    assert before
    await change(town, "delete from readings where t = (select min(t) from readings)")
    assert failed(await town.audit()) == ["history"]
    done = await rebuild_history(town.source, town.store, forget_older=False, tell=lambda *_: None)

    assert done.history_rows == 26
    assert sorted(await town.store.kept(CITY.roster.gateways[0].id, 0, 2**42)) == before
    assert failed(await town.audit()) == []
