"""The ledger of gaps by the API: lists that agree with the cells, moves by role, two people, and a history that stays."""

import csv
import io
from typing import Any

import httpx
import msgspec
import pytest

from contract.identity import SchoolId
from server.api import views
from server.core.verdict import Judgement
from server.gaps.cells import FIGURES
from server.gaps.keeper import Keeper
from server.registry.model import Role
from server.security.access import GRANTS
from tests.api.conftest import House
from tests.api.engine import verdict
from tests.registry.city import CITY, FIRST, NORTH, SECOND, SOUTH, THIRD, TOWN

GAP = f"{FIRST}.t1.ledger"
DAY = 86_400.0


@pytest.fixture
async def kept(house: House) -> House:
    """Give a house whose cells have been compared once."""
    bad, good = verdict(Judgement.NOT_MET, "barrier.missing", proof_at=900.0), verdict(Judgement.MET)
    unsure = verdict(Judgement.UNKNOWN, "barrier.lapsed")
    house.engine.judged = {
        FIRST: {"t1": (bad, unsure), "t2": (good, good)},
        SECOND: {"t1": (unsure, good), "t2": (good, good)},
        THIRD: {"t1": (bad, bad)},
    }
    await compared(house)
    return house


async def compared(house: House) -> None:
    """Compare as the server that leads does, long after its start."""
    keeper = Keeper(
        house.parts.gaps,
        house.engine,  # type: ignore[arg-type]  # As much of it as is asked.
        lambda: list(house.registry.tree.schools),
        lambda _: None,
        lambda: True,
        lambda: house.now[0],
    )
    keeper._live = True
    await keeper.look()


async def lines(client: httpx.AsyncClient, query: str = "") -> list[tuple[str, str]]:
    """List the gaps as id and state."""
    answer = await client.get(f"/api/v1/gaps{query}")
    assert answer.status_code == 200, answer.text
    page = msgspec.json.decode(answer.content, type=views.GapLines)
    assert page.total == len(page.items)
    return [(one.id, one.state.value) for one in page.items]


async def moved(client: httpx.AsyncClient, move: str, gap: str = GAP, /, **more: Any) -> httpx.Response:
    """Ask for a move having seen the newest version."""
    line = (await client.get(f"/api/v1/gaps/{gap}")).json()["line"]
    body: dict[str, Any] = {"move": move, "version": line["ver"], "note": "因为"}
    if move == "assign":
        body |= {"owner": "设备科", "due": "2026-12-01"}
    if move == "rectify":
        body |= {"evidence": [{"reference": "照片7", "sha256": "a" * 64}]}
    return await client.post(f"/api/v1/gaps/{gap}/moves", json=body | more)


async def test_ledger_cells_have_lines_at_once_and_young_live_cells_are_said_to_be_so(kept: House) -> None:
    client = await kept.sign_in("bureau")
    assert sorted(await lines(client)) == [(f"{one}.t1.ledger", "open") for one in (FIRST, SECOND, THIRD)]
    cells = (await client.get("/api/v1/coverage/gaps")).json()["items"]
    standing = {cell["line"]["id"]: (cell["line"]["state"], cell["line"]["watched_since"]) for cell in cells}
    assert standing == {
        **{f"{one}.t1.ledger": ("open", None) for one in (FIRST, SECOND, THIRD)},
        **{f"{one}.t1.live": (None, 1_000_000) for one in (FIRST, THIRD)},
    }
    assert (await client.get("/api/v1/gaps/summary")).json()["young"] == 2
    kept.now[0] += DAY
    await compared(kept)
    client = await kept.sign_in("bureau")
    assert {f"{FIRST}.t1.live", f"{THIRD}.t1.live"} < {id_ for id_, _ in await lines(client)}
    assert (await client.get("/api/v1/gaps/summary")).json()["young"] == 0


async def test_from_assignment_to_closing_by_a_second_person(kept: House) -> None:
    kept.now[0] = 1_795_000_000.0
    officer, school = await kept.sign_in("education_officer"), await kept.sign_in("school_director")
    assigned = await moved(officer, "assign")
    assert (assigned.status_code, assigned.json()["line"]["state"]) == (200, "in_progress")
    assert (await moved(officer, "rectify")).status_code == 403
    assert (await moved(school, "rectify", evidence=[])).status_code == 422
    assert (await moved(school, "rectify")).json()["line"]["state"] == "to_verify"
    assert (await moved(school, "close")).status_code == 403
    still = await moved(officer, "close")
    assert (still.status_code, still.json()["code"]) == (409, "illegal_move")
    kept.engine.judged[FIRST]["t1"] = (verdict(Judgement.MET), verdict(Judgement.MET))
    await compared(kept)
    closed = await moved(officer, "close")
    assert (closed.status_code, closed.json()["line"]["state"]) == (200, "closed")
    assert [(one["move"], one["by"], one["state"]) for one in closed.json()["history"]] == [
        ("found", "", "open"),
        ("assign", "education_officer", "in_progress"),
        ("rectify", "school_director", "to_verify"),
        ("turned_met", "", "to_verify"),
        ("close", "education_officer", "closed"),
    ]
    assert closed.json()["history"][2]["evidence"] == [{"reference": "照片7", "sha256": "a" * 64}]
    assert (GAP, "closed") not in await lines(officer)
    assert await lines(officer, "?state=closed") == [(GAP, "closed")]
    kept.engine.judged[FIRST]["t1"] = (verdict(Judgement.UNKNOWN, "barrier.lapsed"), verdict(Judgement.MET))
    await compared(kept)
    again = (await officer.get(f"/api/v1/gaps/{GAP}")).json()
    assert (again["line"]["state"], again["line"]["reopened"], len(again["history"])) == ("open", 1, 6)
    assert [one for one in await kept.audited() if one[1] == "gap_moved"] == [
        (who, "gap_moved", f"gap:{GAP}") for who in ("education_officer", "school_director", "education_officer")
    ]


async def test_two_who_saw_the_same_do_not_overwrite_each_other(kept: House) -> None:
    kept.now[0] = 1_795_000_000.0
    first, second = await kept.sign_in("education_officer"), await kept.sign_in("bureau")
    assert (await moved(first, "assign")).status_code == 200
    late = await moved(second, "assign", version=1)
    assert (late.status_code, late.json()["code"]) == (409, "version_conflict")


@pytest.mark.parametrize(
    "wrong",
    [
        {"due": "2020-01-01"}, {"due": None}, {"owner": ""}, {"due": "tomorrow"}, {"move": "found"}, {"extra": 1},
        {"evidence": [{"reference": "x", "sha256": "no"}]}, {"evidence": [{"reference": "x"}] * 11},
    ],
    ids=str,
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused(kept: House, wrong: dict[str, Any]) -> None:
    kept.now[0] = 1_795_000_000.0
    client = await kept.sign_in("education_officer")
    assert (await moved(client, "assign", **wrong)).status_code == 422


@pytest.mark.parametrize("role", Role)
async def test_each_role_is_offered_and_granted_its_own_moves(kept: House, role: Role) -> None:
    if role is Role.GUARD:
        return
    kept.now[0] = 1_795_000_000.0
    client = await kept.sign_in(role.value)
    offered = (await client.get(f"/api/v1/gaps/{GAP}")).json()["line"]["may"]
    assert set(offered) == {"assign", "rectify", "note"} & {move.value for move in GRANTS[role].gaps}
    for move in ("assign", "rectify", "note"):
        granted = (await moved(client, move)).status_code == 200
        assert granted == (move in GRANTS[role].gaps), move


async def test_filters_figures_and_the_spreadsheet(kept: House) -> None:
    kept.now[0] = 1_795_000_000.0
    client = await kept.sign_in("bureau")
    await moved(client, "assign", owner="=教育股", due="2026-11-24")
    await moved(client, "assign", f"{THIRD}.t1.ledger", due="2027-03-01")
    assert await lines(client, "?due=soon") == [(GAP, "in_progress")]
    kept.now[0] += 10 * DAY
    client = await kept.sign_in("bureau")
    assert await lines(client, "?due=overdue") == [(GAP, "in_progress")]
    assert await lines(client, "?due=none") == [(f"{SECOND}.t1.ledger", "open")]
    assert await lines(client, "?owner=设备科&state=in_progress") == [(f"{THIRD}.t1.ledger", "in_progress")]
    assert await lines(client, f"?unit={NORTH}&state=open") == [(f"{SECOND}.t1.ledger", "open")]
    assert await lines(client, f"?school={SECOND}&indicator=t1&figure=ledger") == [(f"{SECOND}.t1.ledger", "open")]
    assert await lines(client, "?figure=live") == await lines(client, "?indicator=t2") == []
    summary = msgspec.json.decode((await client.get("/api/v1/gaps/summary")).content, type=views.GapSummary)
    rows = {row.unit: (row.open, row.in_progress, row.overdue, row.rectified_bp, row.overdue_bp) for row in summary.rows}
    assert rows == {CITY: (1, 2, 1, 0, 3334), NORTH: (1, 1, 1, 0, 5000), SOUTH: (0, 1, 0, None, 0)}
    assert summary.owners == ["=教育股", "设备科"]
    text = (await client.get("/api/v1/gaps.csv?due=overdue")).content.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text))
    assert (row["id"], row["owner"], row["overdue"], row["county"]) == (GAP, "'=教育股", "True", NORTH)


async def test_pages_follow_each_other(kept: House) -> None:
    client = await kept.sign_in("bureau")
    first = (await client.get("/api/v1/gaps?limit=2")).json()
    rest = (await client.get(f"/api/v1/gaps?limit=2&cursor={first['next']}")).json()
    assert (len(first["items"]), first["total"], len(rest["items"]), rest["next"]) == (2, 3, 1, None)
    assert (await client.get("/api/v1/gaps?cursor=rubbish")).status_code == 422


async def test_a_gap_of_another_branch_is_not_there(kept: House) -> None:
    client = await kept.sign_in("education_officer")
    foreign = f"{THIRD}.t1.ledger"
    assert (await client.get(f"/api/v1/gaps/{foreign}")).status_code == 404
    answer = await client.post(f"/api/v1/gaps/{foreign}/moves", json={"move": "note", "version": 1, "note": "w"})
    assert answer.status_code == 404
    assert (await kept.audited())[-1] == ("education_officer", "outside_scope", f"gap:{foreign}")
    assert (await client.get(f"/api/v1/gaps?unit={TOWN}&school={SECOND}")).status_code == 404
    assert SchoolId(THIRD) not in (await client.get("/api/v1/gaps")).text
    assert FIGURES == ("ledger", "live")
