"""Past days: the table and the gaps as they were, what changed and why, and the pace."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from contract.identity import UnitId
from server.gaps.cells import Cell
from server.gaps.model import Asked, Move
from server.registry.changes import Edit, put
from server.registry.model import Unit, UnitKind
from server.registry.sheets.scope import IndicatorScope
from server.snapshots.calendar import as_date
from server.snapshots.frozen import Basis
from server.snapshots.store import Snapshots
from tests.api.conftest import House
from tests.registry.city import CITY, FIRST, NORTH, SECOND, SOUTH, THIRD, roster
from tests.snapshots.days import BASIS, DAY, EXEMPT, MET, NOT_MET, UNKNOWN, frozen

ON, BEFORE = as_date(DAY).isoformat(), as_date(DAY - 1).isoformat()
TAKEN = BASIS.taken_ms


@pytest.fixture
async def later(house: House) -> House:
    """Give the house on the morning after two frozen days; in between the second school lost what it had."""
    house.now[0] = TAKEN / 1_000 + 9 * 3_600
    first = await house.registry.edit(
        [Edit("declaration", (SECOND, "one_key_alarm"))], by="anne", reason="removed", now=TAKEN / 1_000 - 3_600
    )
    assert first is not None
    before = Basis(TAKEN - 86_400_000, "engine", 5, house.registry.sequence - 1, 8)
    after = replace(BASIS, registry_sequence=house.registry.sequence)
    snapshots = Snapshots(house.database)
    await snapshots.append(frozen(DAY - 1, {FIRST: (MET, MET), SECOND: (MET, MET), THIRD: (EXEMPT, EXEMPT)}, basis=before))
    await snapshots.append(
        frozen(DAY, {FIRST: (MET, MET), SECOND: (NOT_MET, UNKNOWN), THIRD: (EXEMPT, EXEMPT)}, basis=after)
    )
    return house


async def asked(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_past_day_is_shown_as_it_was_known_then(later: House) -> None:
    client = await later.sign_in("bureau")
    told = await asked(client, f"coverage?on={ON}")
    assert told["parent"] == CITY
    assert [row["id"] for row in told["rows"]] == [CITY, NORTH, SOUTH]
    city = told["rows"][0]["cells"][0]
    assert city["ledger"] == {"met": 1, "not_met": 1, "unknown": 0, "exempt": 1, "bp": 5000}
    assert city["live"] == {"met": 1, "not_met": 0, "unknown": 1, "exempt": 1, "bp": 5000}
    basis = told["basis"]
    assert (basis["on"], basis["known"]) == (ON, "then")
    assert (basis["state"], basis["late"], basis["source"], basis["taken_at"]) == ("ready", False, "engine", TAKEN)
    assert basis["indicators"][0]["formula"]


async def test_nobody_sees_schools_of_another_branch_on_a_past_day(later: House) -> None:
    client = await later.sign_in("education_officer")
    told = await asked(client, f"coverage?on={ON}&parent={NORTH}")
    assert next(row["id"] for row in told["rows"]) == NORTH
    assert THIRD not in str(told)
    assert (await client.get(f"/api/v1/coverage?on={ON}&parent={SOUTH}")).status_code == 404
    gaps = await asked(client, f"coverage/gaps?on={ON}&unit={NORTH}")
    assert {(gap["school"], gap["figure"]) for gap in gaps["items"]} == {(SECOND, "ledger"), (SECOND, "live")}
    changes = await asked(client, f"coverage/changes?from={BEFORE}&to={ON}&unit={NORTH}")
    assert {one["school"] for one in changes["items"]} == {SECOND}


async def test_a_day_that_was_not_frozen_says_so(later: House) -> None:
    client = await later.sign_in("bureau")
    told = await asked(client, f"coverage?on={as_date(DAY - 9).isoformat()}")
    assert (told["rows"], told["basis"]["state"]) == ([], "none")
    for wrong in ("x", as_date(DAY + 5).isoformat()):
        assert (await client.get(f"/api/v1/coverage?on={wrong}")).status_code == 422
    today = await asked(client, f"coverage?on={as_date(DAY + 1).isoformat()}")
    assert today["basis"] is None


async def test_what_changed_between_two_days_names_its_reasons(later: House) -> None:
    client = await later.sign_in("bureau")
    told = await asked(client, f"coverage/changes?from={BEFORE}&to={ON}&figure=ledger&limit=1")
    assert told["total"] == 2
    assert told["next"]
    [one] = told["items"]
    assert (one["school"], one["before"]["judgement"], one["after"]["judgement"]) == (SECOND, "met", "not_met")
    assert [(why["kind"], why["what"], why["target"], why["by"], why["reason"]) for why in one["why"]] == [
        ("registry", "declaration", "one_key_alarm", "anne", "removed")
    ]
    assert told["sums"][0] == {"indicator": "t1_networked", "figure": "ledger", "gained": 0, "lost": 1, "other": 0}
    assert (await client.get(f"/api/v1/coverage/changes?from={ON}&to={BEFORE}")).status_code == 422


async def test_days_are_listed_and_the_pace_says_when_there_are_too_few(later: House) -> None:
    client = await later.sign_in("bureau")
    days = await asked(client, "days")
    assert [(one["on"], one["late"]) for one in days["items"]] == [(BEFORE, False), (ON, False)]
    pace = await asked(client, "coverage/pace?indicator=t1_networked")
    assert pace["rows"] == []  # The fake engine has other indicators.
    later.engine.indicators = [replace(later.engine.indicators[0], name="t1_networked")]
    pace = await asked(client, "coverage/pace?indicator=t1_networked")
    outcomes = {row["unit"]: row["outcome"] for row in pace["rows"]}
    assert outcomes == {CITY: "too_few_days", NORTH: "too_few_days", SOUTH: "nothing_required"}
    assert pace["points"] == [{"on": BEFORE, "met": 2, "basis": 2}, {"on": ON, "met": 1, "basis": 2}]


async def test_a_day_is_judged_anew_for_who_asks_what_is_known_now(later: House) -> None:
    client = await later.sign_in("bureau")
    await later.registry.edit(
        [put(replace(roster().schools[0], closed=as_date(DAY)))], by="b", reason="closed", now=later.now[0]
    )
    path = f"coverage?on={ON}&known=now"
    assert (await asked(client, path))["basis"]["state"] == "working"
    assert later.parts.past is not None
    running = asyncio.create_task(later.parts.past.run())
    async with asyncio.timeout(20):
        while (told := await asked(client, path))["basis"]["state"] == "working":  # noqa: ASYNC110  # As a browser.
            await asyncio.sleep(0.02)
    running.cancel()
    assert (told["basis"]["state"], told["basis"]["notes"]) == ("ready", ["journal_gone"])
    cells = told["rows"][0]["cells"]
    assert {cell["live"]["met"] for cell in cells} == {0}


async def test_items_of_a_figure_are_counted_for_today_and_for_a_past_day(later: House) -> None:
    client = await later.sign_in("bureau")
    told = await asked(client, f"coverage/items?indicator=t2_closed&on={ON}")
    assert [item["id"] for item in told["items"]][:2] == ["closed_perimeter", "closed_gate_control"]
    assert [row["unit"] for row in told["rows"]] == [CITY, NORTH, SOUTH]
    assert {sum(row["counts"][0][name] for name in ("met", "not_met", "unknown", "exempt")) for row in told["rows"]} == {
        3,
        2,
        1,
    }
    assert told["rows"][2]["counts"][0] == {"met": 0, "not_met": 0, "unknown": 0, "exempt": 1, "bp": None}
    assert told["basis"]["on"] == ON
    today = await asked(client, "coverage/items?indicator=t2_closed")
    assert (today["basis"], len(today["rows"])) == (None, 3)
    assert (await client.get("/api/v1/coverage/items?indicator=t5_barrier")).status_code == 422
    officer = await later.sign_in("education_officer")
    mine = await asked(officer, f"coverage/items?indicator=t2_closed&on={ON}&unit={NORTH}")
    assert [row["unit"] for row in mine["rows"]] == [NORTH, f"{NORTH}-01"]
    assert (await officer.get(f"/api/v1/coverage/items?indicator=t2_closed&on={ON}&unit={SOUTH}")).status_code == 404


async def test_a_past_day_says_whom_each_figure_asked_about(later: House) -> None:
    client = await later.sign_in("bureau")
    scopes = (await asked(client, f"coverage?on={ON}"))["scopes"]
    assert scopes[0] == {"kindergartens": True, "urban_only": False, "said_by": None, "differs": False}
    line = IndicatorScope(unit=NORTH, id="t1_networked", kindergartens=False)
    at = TAKEN / 1_000 + 60
    await later.registry.edit([put(line)], by="anne", reason="r", now=at, effective=as_date(DAY))
    assert (await asked(client, f"coverage?on={ON}"))["scopes"] == scopes  # It was not known then.
    again = replace(BASIS, registry_sequence=later.registry.sequence)
    taken = frozen(DAY + 1, {FIRST: (MET, MET)}, basis=again)
    later.now[0] += 86_400
    await Snapshots(later.database).append(taken)
    after, client = as_date(DAY + 1).isoformat(), await later.sign_in("bureau")
    [city, _] = (await asked(client, f"coverage?on={after}"))["scopes"]
    assert city["differs"]
    [north, _] = (await asked(client, f"coverage?on={after}&parent={NORTH}"))["scopes"]
    assert (north["kindergartens"], north["said_by"]) == (False, NORTH)


async def test_a_unit_that_is_gone_is_answered_and_one_that_was_not_there_is_not(later: House) -> None:
    old = roster()
    gone = Unit(id=UnitId("450799"), name="旧区", name_en="Old", kind=UnitKind.COUNTY, parent=CITY)
    schools = tuple(replace(one, unit=gone.id) if one.id == THIRD else one for one in old.schools)
    units = tuple(one for one in old.units if one.id != SOUTH)
    then = replace(old, units=(*units, gone), schools=schools)
    taken = frozen(DAY + 1, {FIRST: (MET, MET), THIRD: (NOT_MET, UNKNOWN)}, basis=replace(BASIS), of=then)
    later.now[0] += 86_400
    await Snapshots(later.database).append(taken)
    on = as_date(DAY + 1).isoformat()
    client, officer = await later.sign_in("bureau"), await later.sign_in("education_officer")
    told = await asked(client, f"coverage?on={on}&parent={gone.id}")
    assert [row["id"] for row in told["rows"]] == [gone.id, THIRD]
    gaps = await asked(client, f"coverage/gaps?on={on}&unit={gone.id}")
    assert {gap["school"] for gap in gaps["items"]} == {THIRD}
    for path in ("coverage?parent=", "coverage/gaps?unit=", "coverage/gaps.csv?unit="):
        assert (await client.get(f"/api/v1/{path}{SOUTH}&on={on}")).status_code == 404
        assert (await officer.get(f"/api/v1/{path}{gone.id}&on={on}")).status_code == 404
        assert (await client.get(f"/api/v1/{path}450798&on={on}")).status_code == 404
    changed = await asked(client, f"coverage/changes?from={ON}&to={on}&unit={gone.id}")
    assert {one["school"] for one in changed["items"]} == {THIRD}
    assert (await client.get(f"/api/v1/coverage/changes?from={ON}&to={on}&unit={SOUTH}")).status_code == 200


async def test_a_gap_of_a_past_day_has_the_owner_that_it_had_then(later: House) -> None:
    cell = Cell(SECOND, "t1_networked", "ledger", NOT_MET, "c")
    day_end = TAKEN - 3_000 - 1
    await later.parts.gaps.compare([SECOND], [cell], day_end - 5_000, ["ledger"])
    for at_ms, version, owner in ((day_end - 1_000, 1, "甲科"), (TAKEN + 60_000, 2, "乙科")):
        assigned = Asked(Move.ASSIGN, "o", "r", version, owner=owner, due=as_date(DAY + 3))
        await later.parts.gaps.move(cell.id, assigned, at_ms, still_bad=True)
    client = await later.sign_in("bureau")
    told = await asked(client, f"coverage/gaps?on={ON}&indicator=t1_networked&figure=ledger")
    [line] = [one["line"] for one in told["items"]]
    assert (line["owner"], line["state"], line["due"]) == ("甲科", "in_progress", as_date(DAY + 3).isoformat())
    assert not line["overdue"]
    told = await asked(client, f"coverage/gaps?on={BEFORE}&known=then")
    assert told["items"] == []


async def test_the_file_of_gaps_is_given_for_a_past_day(later: House) -> None:
    client = await later.sign_in("bureau")
    answer = await client.get(f"/api/v1/coverage/gaps.csv?on={ON}")
    assert answer.status_code == 200
    assert f"gaps-{ON}-then.csv" in answer.headers["content-disposition"]
    assert SECOND in answer.text
    assert THIRD not in answer.text
    missing = await client.get(f"/api/v1/coverage/gaps.csv?on={as_date(DAY - 9).isoformat()}")
    assert missing.status_code == 503
