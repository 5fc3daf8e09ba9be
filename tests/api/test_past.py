"""Past days: the table and the gaps as they were, what changed and why, and the pace."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from server.registry.changes import Edit, put
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
