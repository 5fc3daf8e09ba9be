"""The running server audits each night, tells operators what it finds, and archives what an audit has passed."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.errors import StorageError
from server.audit.auditor import DIFFERENCE, OVERDUE, Auditor, FigureChecks, Rules
from server.audit.days import day_of
from server.audit.frozen import FrozenDays
from server.audit.worker import NICENESS, OwnProcess
from server.core.events import AuditJudged
from server.history.content import Work
from server.history.duckdb_store import DuckDbStore
from server.journal.archive import ArchivedRaw
from server.journal.database import Database
from server.registry.tree import Tree
from server.service import figures_of
from server.snapshots.judging import Judge
from server.snapshots.reading import PastRecords
from server.snapshots.store import Snapshots
from tests.audit.town import CITY, DAY, Frozen, Town, check, failed, living

NIGHT = 12.5 * 3_600  # From noon to half past midnight.


class Desk:
    """An auditor and what it told."""

    def __init__(self, town: Town, raw_days: int = 2) -> None:
        assert isinstance(town.source, ArchivedRaw)
        self.town = town
        self.told: list[AuditJudged] = []
        self.leads = True
        self.auditor = Auditor(
            town.database,
            town.source,
            town.store,
            self.tell,
            Rules(raw_days, 30),
            figures=FigureChecks(lambda: figures_of(town.engine, Tree(CITY.roster)), self.frozen_of),
            leads=lambda: self.leads,
            clock=lambda: town.now,
        )

    def frozen_of(self, work: Work) -> Frozen:
        """Hold frozen days against the town's journal."""
        judge = Judge(PastRecords(self.town.database), self.town.source, work, lambda: CITY.roster.calendar)
        return FrozenDays(Snapshots(self.town.database), judge).check

    def tell(self, event: AuditJudged) -> None:
        """Take it, and let the engine have it too."""
        self.told.append(event)
        self.town.runtime.tell(event)

    async def look(self) -> None:
        """Look once, as every half minute."""
        await self.auditor._look()

    async def words(self) -> dict[int, bool]:
        """Give what is known of each day, counted from the first."""
        first = day_of(round(FIRST * 1_000))
        return {day - first: word.passed for day, word in (await self.auditor.results.days(0)).items()}

    def open_alerts(self) -> list[str]:
        """Name what operators see open of audits."""
        alerts = self.town.engine.alerts.values()
        return sorted(alert.code for alert in alerts if alert.rule == "audit_failed" and alert.open)


FIRST = 1_795_492_800.0


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Town]:
    """Give a town with an archive."""
    async with living(database, DuckDbStore(tmp_path / "history.duckdb")) as made:
        made.source = ArchivedRaw(database, tmp_path / "archive")
        yield made


@pytest.fixture
async def desk(town: Town) -> AsyncIterator[Desk]:
    """Give its auditor."""
    made = Desk(town)
    yield made
    made.auditor._work.close()


async def test_each_day_is_audited_once_in_the_night_after_it(town: Town, desk: Desk) -> None:
    await town.an_hour(2)
    await town.project()
    await desk.look()
    assert await desk.words() == {}
    town.now = FIRST + 12 * 3_600 + 540
    await desk.look()
    assert await desk.words() == {}
    town.now = FIRST + NIGHT
    await desk.look()
    await desk.look()
    assert await desk.words() == {0: True}
    assert (desk.auditor.standing.runs, desk.auditor.standing.last_passed) == (1, True)
    assert desk.open_alerts() == []
    desk.leads = False
    town.now += DAY
    await desk.look()
    assert await desk.words() == {0: True}


async def test_a_day_that_fails_rings_once_is_looked_at_every_night_and_ends_when_it_is_mended(
    town: Town, desk: Desk
) -> None:
    await town.an_hour(2)
    await town.project()
    names = "id, kind, state, gateway, device, t_ms, rx_ms, body"
    lost = await town.rows(f"select {names} from alarm_event where kind = 'clear'")
    await town.sql("delete from alarm_event where kind = 'clear'")
    town.now = FIRST + NIGHT
    await desk.look()
    assert await desk.words() == {0: False}
    assert desk.open_alerts() == [DIFFERENCE]
    assert desk.told[-2].days == (day_of(round(FIRST * 1_000)),)
    await desk.look()
    assert desk.auditor.standing.runs == 1
    town.now += DAY
    await desk.look()
    assert len([alert for alert in town.engine.alerts.values() if alert.rule == "audit_failed"]) == 1
    for row in lost:
        given = dict(zip(names.split(", "), row, strict=True))
        await town.sql(f"insert into alarm_event ({names}) values (:{names.replace(', ', ', :')})", **given)
    town.now += DAY
    await desk.look()
    assert (await desk.words())[0] is True
    assert desk.open_alerts() == []


async def test_only_passed_days_that_are_old_enough_are_archived(town: Town, desk: Desk) -> None:
    for _ in range(5):
        await town.an_hour()
        town.now += DAY - 3_600
    await town.project()
    third = day_of(round(FIRST * 1_000)) + 2
    await town.sql("delete from alarm_event where kind = 'clear' and rx_ms > :ms and rx_ms < :end", **around(third))
    town.now = FIRST + 4 * DAY + NIGHT
    await desk.look()
    assert isinstance(town.source, ArchivedRaw)
    archived = await town.source.entries()

    assert await desk.words() == {0: True, 1: True, 2: False, 3: True, 4: True}
    assert day_of(archived[-1].last_rx_ms) == third - 1
    assert (await town.source.bounds()).first == 1
    assert failed(await town.audit(third + 1, third + 1)) == []


def around(day: int) -> dict[str, object]:
    """Give the instants between which a day lies."""
    return {"ms": day * 86_400_000 - 28_800_000, "end": (day + 1) * 86_400_000 - 28_800_000}


async def test_two_days_without_an_audit_ring(town: Town, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.an_hour()
    await town.project()

    async def down(*_: object) -> dict[str, object]:
        raise StorageError("history: down")

    assert town.store is not None
    monkeypatch.setattr(town.store, "tallies", down)
    for hours, expected in ((12.5, []), (36.5, []), (60.5, [OVERDUE])):
        town.now = FIRST + hours * 3_600
        with pytest.raises(StorageError):
            await desk.look()
        desk.auditor._failed("history: down")
        assert desk.open_alerts() == expected
    await desk.look()
    assert desk.auditor.standing.runs == 0
    monkeypatch.undo()
    town.now += 3_600
    await desk.look()
    assert desk.open_alerts() == []
    assert (await desk.words())[0] is True


async def test_a_person_may_ask_for_one_audit_at_a_time(town: Town, desk: Desk) -> None:
    await town.an_hour(2)
    await town.project()
    run = desk.auditor.ask("root", None, None)
    assert run is not None
    assert desk.auditor.ask("root", None, None) is None
    assert desk.auditor.progress(run) is not None
    await desk.look()
    assert desk.auditor.progress(run) is None
    report = await desk.auditor.results.report(run)
    assert report is not None
    assert failed(report) == []
    assert await desk.words() == {}
    impossible = desk.auditor.ask("root", 1, 2)
    assert impossible is not None
    with pytest.raises(Exception, match="can be audited from"):
        await desk.look()
    assert "can be audited from" in desk.auditor.trouble(impossible)


async def test_figures_that_are_not_the_sum_of_their_schools_turn_the_audit_red(town: Town, desk: Desk) -> None:
    await town.an_hour()
    await town.project()
    for broken in (False, True):
        if broken:
            [city] = [unit.id for unit in CITY.roster.units if unit.parent is None]
            town.engine._coverage._rollup._counts[city, "t2_closed"][1] += 1
        run = desk.auditor.ask("root", None, None)
        assert run is not None
        await desk.look()
        report = await desk.auditor.results.report(run)
        assert report is not None
        assert check(report, "coverage").compared > 50
        assert failed(report) == (["coverage"] if broken else [])
        if broken:
            assert check(report, "coverage").shown[0].startswith(f"{city} t2_closed ledger: kept ")


async def test_computations_run_in_a_humble_process_of_their_own_that_may_die() -> None:
    work = OwnProcess()
    process = await work(os.getpid)
    assert process != os.getpid()
    assert await work(os.nice, 0) == NICENESS
    with pytest.raises(StorageError, match="ended"):
        await work(os.abort)
    assert await work(os.getpid) not in (process, os.getpid())
    work.close()
