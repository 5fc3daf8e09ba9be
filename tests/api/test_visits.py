"""Visits by the API: drawn with a proof, hidden from the school and its maintainers until they begin, findings as gaps."""

import uuid
from typing import Any

import httpx
import pytest

from server.gaps.sampling import Candidate, draw, list_hash
from server.registry.model import Role
from tests.api.conftest import House
from tests.registry.city import FIRST, NORTH, SECOND, SOUTH, THIRD

PATH = "/api/v1/visits"
DAY = "2027-01-08"
NOW = 1_795_000_000.0
FINDING = {"number": 1, "words": "隔离墩缺失", "clause": "GB/T 29315-2022", "severity": "grave", "indicator": "t1"}


async def planned(client: httpx.AsyncClient, school: str = FIRST) -> str:
    """Plan a visit; gives its id."""
    id_ = str(uuid.uuid4())
    answer = await client.post(PATH, json={"id": id_, "school": school, "day": DAY})
    assert answer.status_code == 201, answer.text
    return id_


async def acted(client: httpx.AsyncClient, visit: str, act: str) -> httpx.Response:
    """Have something happen with a visit."""
    return await client.post(f"{PATH}/{visit}/acts", json={"act": act})


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.GUARD}))
async def test_nobody_who_could_warn_the_school_knows_before_it_begins(house: House, role: Role) -> None:
    officer = await house.sign_in("education_officer")
    visit = await planned(officer)
    cancelled = await planned(officer)
    assert (await acted(officer, cancelled, "cancel")).status_code == 200
    client = await house.sign_in(role.value)
    knows = role in (Role.EDUCATION_OFFICER, Role.SUPERVISOR)
    assert (visit in (await client.get(PATH)).text) is knows
    assert (await client.get(f"{PATH}/{visit}")).status_code == (200 if knows else 404)
    for path in ("bootstrap", "gaps", "alerts?state=all", "coverage/gaps"):
        assert visit not in (await client.get(f"/api/v1/{path}")).text
    assert (await acted(officer, visit, "begin")).status_code == 200
    assert (await client.get(f"{PATH}/{visit}")).status_code == 200
    assert (cancelled in (await client.get(PATH)).text) is knows


async def test_a_finding_is_a_gap_at_once_and_is_kept_once(house: House) -> None:
    officer, school = await house.sign_in("education_officer"), await house.sign_in("school_director")
    visit = await planned(officer)
    early = await officer.post(f"{PATH}/{visit}/findings", json=FINDING)
    assert (early.status_code, early.json()["code"]) == (409, "illegal_move")
    await acted(officer, visit, "begin")
    evidence = [{"reference": "照片1", "sha256": "b" * 64}]
    told = await officer.post(f"{PATH}/{visit}/findings", json=FINDING | {"evidence": evidence})
    assert told.status_code == 201
    [line] = told.json()["findings"]
    assert (line["state"], line["severity"], line["clause"], line["reasons"]) == (
        "open", "grave", "GB/T 29315-2022", ["隔离墩缺失"],
    )  # fmt: skip
    twice = await officer.post(f"{PATH}/{visit}/findings", json=FINDING)
    assert (twice.status_code, twice.json()["code"]) == (409, "version_conflict")
    assert [one["id"] for one in (await school.get("/api/v1/gaps?figure=visit")).json()["items"]] == [line["id"]]
    detail = (await school.get(f"/api/v1/gaps/{line['id']}")).json()
    assert (detail["history"][0]["by"], detail["history"][0]["evidence"]) == ("education_officer", evidence)
    moved = await school.post(
        f"/api/v1/gaps/{line['id']}/moves",
        json={"move": "rectify", "version": 1, "evidence": [{"reference": "照片2"}]},
    )
    assert moved.status_code == 200
    closed = await officer.post(f"/api/v1/gaps/{line['id']}/moves", json={"move": "close", "version": 2})
    assert closed.json()["line"]["state"] == "closed"
    assert len((await officer.get(f"{PATH}/{visit}")).json()["findings"]) == 1
    assert (await acted(officer, visit, "end")).json()["visit"]["may"] == []
    assert [what for _, what, target in await house.audited() if visit in target] == [
        "visit_planned", "visit_begun", "visit_finding", "gap_moved", "gap_moved", "visit_ended",
    ]  # fmt: skip


async def test_a_draw_can_be_drawn_again_from_its_proof(house: House) -> None:
    house.now[0] = NOW  # The schools have opened by then.
    bureau = await house.sign_in("bureau")
    asked: dict[str, Any] = {"id": str(uuid.uuid4()), "count": 2, "day": DAY}
    answer = await bureau.post(f"{PATH}/draws", json=asked)
    assert answer.status_code == 201, answer.text
    proof = answer.json()
    candidates = [Candidate(school.id, NORTH, "primary") for school in house.registry.roster.schools if school.id != THIRD]
    candidates += [Candidate(house.registry.tree.schools[THIRD].id, SOUTH, "primary")]
    assert (proof["list_size"], proof["list_hash"], len(proof["seed"])) == (3, list_hash(candidates), 32)
    assert proof["schools"] == list(draw(candidates, proof["seed"], 2))
    visits = (await bureau.get(PATH)).json()["items"]
    assert sorted(one["school"] for one in visits) == proof["schools"]
    assert {one["draw"] for one in visits} == {proof["id"]}
    again = await bureau.post(f"{PATH}/draws", json=asked)
    assert (again.status_code, again.json()["code"]) == (409, "version_conflict")
    public = await bureau.post(f"{PATH}/draws", json=asked | {"id": str(uuid.uuid4()), "seed": "0309 1422", "unit": NORTH})
    assert (public.json()["seed"], set(public.json()["schools"])) == ("0309 1422", {FIRST, SECOND})
    assert len((await bureau.get(f"{PATH}/draws")).json()["items"]) == 2
    county = await house.sign_in("education_officer")
    assert [one["unit"] for one in (await county.get(f"{PATH}/draws")).json()["items"]] == [NORTH]
    assert (await (await house.sign_in("school_director")).get(f"{PATH}/draws")).status_code == 403


@pytest.mark.parametrize("role", Role)
async def test_only_who_may_visit_draws(house: House, role: Role) -> None:
    house.now[0] = NOW
    client = await house.sign_in(role.value)
    answer = await client.post(f"{PATH}/draws", json={"id": str(uuid.uuid4()), "count": 1, "day": DAY})
    assert answer.status_code == (201 if role is Role.EDUCATION_OFFICER else 403)
    foreign = await client.post(f"{PATH}/draws", json={"id": str(uuid.uuid4()), "count": 1, "day": DAY, "unit": SOUTH})
    assert foreign.status_code == (404 if role is Role.EDUCATION_OFFICER else 403)


@pytest.mark.parametrize(
    "wrong",
    [{"day": "1969-12-31"}, {"day": "soon"}, {"school": "x"}, {"id": "1"}, {"extra": 1}],
    ids=str,
)
async def test_what_cannot_be_planned_is_refused(house: House, wrong: dict[str, Any]) -> None:
    officer = await house.sign_in("education_officer")
    answer = await officer.post(PATH, json={"id": str(uuid.uuid4()), "school": FIRST, "day": DAY} | wrong)
    assert answer.status_code in (404, 422)
    assert (await officer.get(PATH)).json()["items"] == []


async def test_pages_and_states(house: House) -> None:
    officer = await house.sign_in("education_officer")
    ids = {await planned(officer) for _ in range(3)}
    first = (await officer.get(f"{PATH}?limit=2")).json()
    rest = (await officer.get(f"{PATH}?limit=2&cursor={first['next']}")).json()
    assert {one["id"] for one in (*first["items"], *rest["items"])} == ids
    assert rest["next"] is None
    assert (await officer.get(f"{PATH}?state=begun")).json()["items"] == []
    assert (await officer.get(f"{PATH}/{next(iter(ids))}")).json()["visit"]["may"] == ["begin", "cancel"]
