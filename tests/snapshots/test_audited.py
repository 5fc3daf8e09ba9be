"""An audit judges the newest frozen day anew: the same passes, whatever else was frozen is found, and doubts stand apart."""

from collections.abc import Callable

import msgspec
import pytest

from contract.identity import SchoolId
from server.audit.days import day_of
from server.audit.frozen import FrozenDays
from server.audit.report import Check
from server.core.events import GapsCounted
from server.core.verdict import Judgement, Verdict
from server.gaps.cells import Cell
from server.gaps.model import Asked, Evidence, Move
from server.gaps.store import GapStore, today_of
from server.snapshots.frozen import Cell as FrozenCell
from server.snapshots.frozen import Frozen, FrozenDay
from tests.audit.town import CITY, Town
from tests.snapshots.night import MIDNIGHT, TODAY, Night, night_of, telling
from tests.snapshots.test_night import BOXES, SCHOOLS, an_evening


async def audited(night: Night) -> Check:
    return await FrozenDays(night.snapshots, night.judge).check((TODAY, TODAY))


def apart(check: Check) -> str:
    return " ".join(check.notes)


async def go_on(night: Night) -> None:
    """Let the gateways tell their next records."""
    night.town.now = max(night.town.now, MIDNIGHT) + 20
    for box in BOXES[:2]:
        await night.send(box, telling("gw", night.town.now, cpu=1.0))


async def frozen_as(night: Night, change: Callable[[Frozen], Frozen]) -> None:
    """Freeze another day than the engine had."""
    night.town.now = MIDNIGHT + 0.5
    night.tick()
    await night.keeper.turn()
    assert night.keeper._taken is not None
    night.keeper._taken = change(night.keeper._taken)
    await night.keeper.look()
    assert night.keeper.newest is not None


def planted(school: str, name: str, place: int) -> Callable[[Frozen], Frozen]:
    """Say something else of one figure of one school."""

    def change(frozen: Frozen) -> Frozen:
        at = [one.name for one in frozen.indicators].index(name)
        schools = list(frozen.schools)
        number = [one.id for one in schools].index(school)
        cells = msgspec.json.decode(schools[number].cells, type=list[FrozenCell | None])
        cell = cells[at]
        assert cell is not None
        parts = list(cell)
        parts[place] = ("m" if parts[place][0] == "e" else "e", [], None, None)
        cells[at] = (parts[0], parts[1])
        schools[number] = msgspec.structs.replace(schools[number], cells=msgspec.Raw(msgspec.json.encode(cells)))
        return msgspec.structs.replace(frozen, schools=schools)

    return change


async def test_what_the_engine_froze_is_what_registry_and_journal_say(town: Town) -> None:
    night = await night_of(town)
    await an_evening(night)
    await night.turn()
    await go_on(night)
    check = await audited(night)
    assert (check.differences, check.shown, check.notes) == (0, [], [])
    assert check.passed
    assert check.compared > len(CITY.roster.schools) * 20


async def test_an_audit_of_the_whole_installation_has_it(town: Town) -> None:
    night = await night_of(town)
    await an_evening(night)
    await night.turn()
    await go_on(night)
    report = await town.audit(frozen=FrozenDays(night.snapshots, night.judge).check)
    assert [one.compared > 0 for one in report.checks if one.name == "frozen"] == [True]
    other = day_of(town.ms())
    report = await town.audit(other, other, frozen=FrozenDays(night.snapshots, night.judge).check)
    assert ["not among these days" in apart(one) for one in report.checks if one.name == "frozen"] == [True]


@pytest.mark.parametrize(
    ("school", "name", "place"),
    [
        (1, "t5_barrier", 0),
        (2, "t5_barrier", 0),
        (1, "t5_barrier", 1),
        (0, "online", 1),
        (2, "online", 1),  # Of a gateway that never spoke.
    ],
)
async def test_a_planted_difference_is_found(town: Town, school: int, name: str, place: int) -> None:
    night = await night_of(town)
    await an_evening(night)
    await frozen_as(night, planted(SCHOOLS[school], name, place))
    await go_on(night)
    check = await audited(night)
    figure = ("ledger", "live")[place]
    assert check.differences == 1, check.shown
    assert f"{SCHOOLS[school]} {name} {figure}: frozen" in check.shown[0]


async def test_without_a_record_around_the_freeze_only_heartbeats_knew(town: Town) -> None:
    """What hangs on it stands apart, as neither the same nor a difference; what does not is compared."""
    night = await night_of(town)
    await an_evening(night)
    await frozen_as(night, planted(SCHOOLS[0], "online", 1))  # Neither as heard nor as silent.
    check = await audited(night)
    assert "cannot be recomputed: only heartbeats" in apart(check)
    assert check.differences == 1
    assert f"{SCHOOLS[0]} online live: frozen exempt" in check.shown[0]


async def test_a_gateway_that_fell_silent_before_the_freeze_is_no_difference(town: Town) -> None:
    """The engine knew by its heartbeats that it was gone; in the journal it had told its last record a minute before."""
    night = await night_of(town)
    await an_evening(night)
    for box in BOXES[:2]:
        await night.send(box, telling("gw", town.now, cpu=1.0))
    town.now = MIDNIGHT + 50
    night.tick()
    await night.keeper.turn()
    await night.keeper.look()
    frozen = await night.day(TODAY)
    assert 45 < frozen.taken_ms / 1_000 - MIDNIGHT < 60
    check = await audited(night)
    assert check.differences == 0, check.shown
    assert "cannot be recomputed" in apart(check)


async def test_a_day_that_was_frozen_late_from_the_journal_is_judged_as_it_was_then(town: Town) -> None:
    night = await night_of(town)
    await an_evening(night)
    town.now = MIDNIGHT + 9 * 3_600
    await night.keeper.look()
    assert (await night.day(TODAY)).source == "journal"
    await go_on(night)
    check = await audited(night)
    assert (check.differences, check.shown) == (0, [])


async def test_a_figure_that_is_not_the_sum_of_its_schools_is_found(town: Town) -> None:
    night = await night_of(town)
    await an_evening(night)
    await night.turn()
    await go_on(night)
    for trigger in await town.rows("select name from sqlite_master where type = 'trigger'") if sqlite(town) else ():
        if "snapshot" in str(trigger[0]):
            await town.sql(f"drop trigger {trigger[0]}")
    if not sqlite(town):
        await town.sql("alter table snapshot_tally disable trigger all")
    unit = CITY.roster.units[0].id
    assert await town.sql("update snapshot_tally set counts = '{}' where unit = :unit", unit=unit) == 1
    check = await audited(night)
    assert check.differences > 0
    assert f"{unit} " in check.shown[0]
    assert "kept" in check.shown[0]


def sqlite(town: Town) -> bool:
    return town.database.dialect == "sqlite"


async def test_a_day_that_is_too_much_to_be_read_is_said_to_be_so(town: Town) -> None:
    night = await night_of(town)
    await an_evening(night)
    await night.turn()
    night.judge.batches_max = 1
    check = await audited(night)
    assert "cannot be recomputed: " in apart(check)
    assert "more than 1 batches" in apart(check)


async def test_the_ledger_of_gaps_is_judged_as_it_was_then(town: Town) -> None:
    night = await night_of(town)
    store, at = GapStore(town.database), round(MIDNIGHT * 1_000) - 3 * 86_400_000
    cell = Cell(SchoolId(SCHOOLS[0]), "online", "ledger", Verdict(Judgement.NOT_MET, ("gateway.none",)), "c")
    await store.compare([cell.school], [cell], at, ["ledger"])
    due = today_of(at + 86_400_000)
    await store.move(cell.id, Asked(Move.ASSIGN, "o", "r", 1, owner="设备科", due=due), at, still_bad=True)
    counted = await store.counts([cell.school], round(MIDNIGHT * 1_000) - 1)
    town.runtime.tell(GapsCounted({cell.school: counted[cell.school].rates.figures}))
    await an_evening(night)
    frozen = FrozenDay(await night.turn())
    assert frozen.verdicts(cell.school)["gaps_in_time"][0].units == (0, 1, 0, 0)
    rectified = Asked(Move.RECTIFY, "o", "r", 2, evidence=(Evidence("照片"),))
    await store.move(cell.id, rectified, round(MIDNIGHT * 1_000) + 1_000, still_bad=False)
    await store.move(cell.id, Asked(Move.CLOSE, "p", "r", 3), round(MIDNIGHT * 1_000) + 2_000, still_bad=False)
    await go_on(night)
    check = await audited(night)
    assert (check.differences, check.notes) == (0, [])
    now = FrozenDay(await night.known_now(TODAY))
    assert now.verdicts(cell.school)["rectified"][0].units == (0, 1, 0, 0)  # It was overdue that day, and closed later.
