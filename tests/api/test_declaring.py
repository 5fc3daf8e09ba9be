"""Declared tests and drills, check-ins by telephone, and screens' words about themselves."""

from dataclasses import replace
from typing import Any

import pytest

from server.core.alert import Severity
from tests.api.conftest import House
from tests.api.engine import press
from tests.registry.city import FIRST, THIRD

ID = "0191d3f4-aaaa-7bbb-8ccc-00000000000"


def window(**changes: Any) -> dict[str, Any]:
    """Make a lawful declaration: one hour from now."""
    return {
        "mode": "drill",
        "school": FIRST,
        "devices": [["gw-first", "button-1"]],
        "start": 1_000_000,
        "end": 4_600_000,
    } | changes


async def test_declared_window_is_kept_told_and_audited(house: House) -> None:
    """The police declare at once: the engine is told what is already on the disk, with the name of who answers for it."""
    client = await house.sign_in("police_liaison")

    answer = await client.post("/api/v1/windows", json=window(note="季度试警"))
    listed = (await client.get("/api/v1/windows")).json()["items"]

    [told] = house.windows
    assert answer.status_code == 201
    assert listed == [answer.json()]
    assert (told.id, told.mode, told.start, told.end, told.approved_by) == (
        answer.json()["id"],
        "drill",
        1000.0,
        4600.0,
        "police_liaison",
    )
    assert list(await house.parts.windows.counting(1000.0)) == [told]
    assert (await house.audited())[-1] == ("police_liaison", "window_declared", f"school:{FIRST}")
    assert (answer.json()["state"], answer.json()["note"], answer.json()["moves"]) == ("approved", "季度试警", ["withdraw"])


async def test_school_asks_and_its_police_approve(house: House) -> None:
    """Until the station has approved, the window counts for nothing; and from then on only."""
    school, police = await house.sign_in("school_director"), await house.sign_in("police_liaison")

    asked = (await school.post("/api/v1/windows", json=window())).json()
    assert (asked["state"], asked["moves"], house.windows[-1].approved_by) == ("asked", ["withdraw"], "")
    assert (await school.get(f"/api/v1/windows/{asked['id']}")).json()["window"]["moves"] == ["withdraw"]

    house.now[0] = 1300.0
    seen = (await police.get("/api/v1/windows")).json()["items"][0]
    assert seen["moves"] == ["approve", "refuse", "withdraw"]
    answer = await police.post(f"/api/v1/windows/{asked['id']}/moves", json={"move": "approve", "version": 1})

    told = house.windows[-1]
    assert answer.status_code == 200, answer.text
    assert (told.approved_by, told.start, told.end) == ("police_liaison", 1300.0, 4600.0)
    assert [(step["move"], step["state"]) for step in answer.json()["history"]] == [
        ("ask", "asked"),
        ("approve", "approved"),
    ]
    assert [what for _, what, _ in await house.audited()][-2:] == ["window_asked", "window_approved"]


async def test_nobody_approves_alone_or_from_the_school(house: House) -> None:
    """A school's request is for its police to rule on, and a second answer to the same question changes nothing."""
    school, police = await house.sign_in("school_director"), await house.sign_in("police_liaison")
    asked = (await school.post("/api/v1/windows", json=window())).json()
    address = f"/api/v1/windows/{asked['id']}/moves"

    async def move(client: Any, move: str, version: int = 1, note: str = "") -> tuple[int, str]:
        answer = await client.post(address, json={"move": move, "version": version, "note": note})
        return answer.status_code, answer.json().get("code", "")

    assert await move(school, "approve") == (403, "forbidden")
    assert await move(police, "refuse") == (422, "invalid")
    assert await move(police, "refuse", note="考试日") == (200, "")
    assert await move(police, "approve") == (409, "version_conflict")
    assert await move(police, "approve", 2) == (409, "illegal_move")
    assert house.windows[-1].approved_by == ""


async def test_window_ends_early_for_all_at_the_same_instant(house: House) -> None:
    """What has begun ends two seconds later, when every server has learnt of it; what has not begun never was."""
    police = await house.sign_in("police_liaison")
    running = (await police.post("/api/v1/windows", json=window())).json()
    later = (await police.post("/api/v1/windows", json=window(start=5_000_000, end=5_600_000))).json()
    house.now[0] = 1200.0

    for one in (running, later):
        await police.post(f"/api/v1/windows/{one['id']}/moves", json={"move": "withdraw", "version": 1})

    ended, withdrawn = house.windows[-2:]
    assert (ended.end, ended.approved_by) == (1202.0, "police_liaison")
    assert withdrawn.approved_by == ""
    assert (await police.get("/api/v1/windows")).json()["items"] == []
    past = (await police.get("/api/v1/windows?past=true")).json()["items"]
    assert [(one["state"], one["until"]) for one in past] == [("withdrawn", 5_600_000), ("ended", 1_202_000)]


async def test_same_request_again_is_the_same_window(house: House) -> None:
    """A form sent twice over a bad line declares one drill."""
    police = await house.sign_in("police_liaison")
    asked = window(id="0191d3f4-aaaa-7bbb-8ccc-000000000009")

    first, second = [(await police.post("/api/v1/windows", json=asked)).json() for _ in range(2)]

    assert first == second
    assert len((await police.get("/api/v1/windows")).json()["items"]) == 1


async def test_a_button_is_never_in_a_test_and_a_drill_at_once(house: House) -> None:
    """Whoever presses has to know which of the two it is."""
    police = await house.sign_in("police_liaison")
    await police.post("/api/v1/windows", json=window())

    answer = await police.post("/api/v1/windows", json=window(mode="test", start=4_000_000, end=5_000_000))

    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
    assert (await police.post("/api/v1/windows", json=window(mode="test", start=4_700_000, end=5_000_000))).is_success


async def test_window_shows_its_presses_and_what_rang_beside_it(house: House) -> None:
    """The press of the drill and the real one of another button stand together with the window, each as what it is."""
    police = await house.sign_in("police_liaison")
    kept = (await police.post("/api/v1/windows", json=window())).json()
    beside = replace(press("beside"), detail=(("window", kept["id"]), ("why_real", "unlisted")))
    within = replace(press("within"), mode="drill", severity=Severity.LOW, detail=(("window", kept["id"]),))
    house.engine.alerts = {one.id: one for one in (beside, within, press("other"))}

    shown = (await police.get(f"/api/v1/windows/{kept['id']}")).json()["alerts"]

    assert [(one["id"], one["mode"], one["why_real"]) for one in shown] == [
        ("beside", "real", "unlisted"),
        ("within", "drill", ""),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"end": 1_000_000 + 7_200_001},
        {"end": 1_000_000},
        {"start": 1_000_000 - 300_001, "end": 1_100_000},
        {"start": 900_000, "end": 999_999},
        {"start": 8_000_000_000, "end": 8_000_100_000},
        {"mode": "real"},
        {"devices": []},
        {"devices": [["gw-third", "button-1"]]},
        {"devices": [["gw-first", "old-1"]]},
        {"devices": [["gw-first"]]},
        {"school": "x"},
        {"start": "soon"},
        {"extra": 1},
    ],
)
async def test_unlawful_window_is_refused(house: House, changes: dict[str, Any]) -> None:
    """Too long, over, in the past, far ahead, of other schools' buttons: a real press must not be played down."""
    client = await house.sign_in("police_liaison")

    answer = await client.post("/api/v1/windows", json=window(**changes))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert house.windows == []
    assert list(await house.parts.windows.counting(0.0)) == []


async def test_window_that_was_not_kept_is_not_told(house: House) -> None:
    """A window the engine knows and the disk does not would be forgotten by a restart in the middle of a drill."""
    client = await house.sign_in("police_liaison")
    database = house.parts.sessions._database
    await database.run(lambda connection: connection.exec_driver_sql("drop table declared_window"))

    answer = await client.post("/api/v1/windows", json=window())

    assert answer.status_code == 503
    assert house.windows == []


def check_in(number: int, **changes: Any) -> dict[str, Any]:
    """Make a check-in at the first school's post."""
    post = {"gateway": "gw-first", "device": "post-1"}
    return {"id": f"{ID}{number}", "post": post, "act": "in", "t": 999_000} | changes


async def test_check_ins_are_kept_each_by_itself(house: House) -> None:
    """One bad line does not hold up the rest, and each says what became of it."""
    client = await house.sign_in("guard")
    items = [
        check_in(1),
        check_in(2, id="not-a-uuid"),
        check_in(3, post={"gateway": "gw-third", "device": "post-1"}),
        check_in(4, post={"gateway": "gw-first", "device": "cam-1"}),
        check_in(5, t=1_300_001),
        check_in(6, act="patrol", point="gate"),
    ]

    answer = await client.post("/api/v1/checkins", json={"items": items})

    assert [(item["status"], item["reason"]) for item in answer.json()["items"]] == [
        ("accepted", ""),
        ("refused", "bad_identity"),
        ("refused", "unknown_post"),
        ("refused", "unknown_post"),
        ("refused", "bad_time"),
        ("accepted", ""),
    ]
    assert [(one.guard, one.act, one.point, one.t, one.rx) for one in house.check_ins] == [
        ("guard", "in", "", 999.0, 1000.0),
        ("guard", "patrol", "gate", 999.0, 1000.0),
    ]


async def test_check_in_the_journal_does_not_take_is_not_accepted(house: House) -> None:
    """The telephone keeps it and sends it again."""
    house.storage_down = True
    client = await house.sign_in("guard")

    answer = await client.post("/api/v1/checkins", json={"items": [check_in(1)]})

    assert [(item["status"], item["reason"]) for item in answer.json()["items"]] == [("refused", "unavailable")]


async def test_the_skew_of_a_telephones_clock_is_told_kept_and_taken_off(house: House) -> None:
    """A clock that is an hour ahead neither refuses a check-in nor makes it fresher than it is."""
    client = await house.sign_in("guard")
    body = {"items": [check_in(1, t=4_000_000), check_in(2, t=4_590_000)], "sent": 4_600_000}

    answer = (await client.post("/api/v1/checkins", json=body)).json()

    assert answer["skew_ms"] == 3_600_000
    assert [(item["status"], item["late"]) for item in answer["items"]] == [("accepted", True), ("accepted", False)]
    assert [(one.t, one.rx, one.skew_ms) for one in house.check_ins] == [
        (400.0, 1000.0, 3_600_000),
        (990.0, 1000.0, 3_600_000),
    ]


async def test_too_many_check_ins_at_once_are_refused_whole(house: House) -> None:
    """Fifty is a queue, more is a flood."""
    client = await house.sign_in("guard")

    answer = await client.post("/api/v1/checkins", json={"items": [check_in(1)] * 51})

    assert answer.status_code == 422
    assert house.check_ins == []


async def test_screens_that_cannot_ring_are_counted(house: House) -> None:
    """The newest word of each session counts, for three minutes."""
    first, second = await house.sign_in("chief"), await house.sign_in("wall")
    for client, audio in ((first, "on"), (second, "on"), (second, "blocked")):
        await client.post("/api/v1/screens/health", json={"audio": audio, "visible": True, "stream_age_ms": 10})

    assert house.parts.screens.by_audio() == {"on": 1, "off": 0, "blocked": 1}
    house.now[0] += 181
    assert house.parts.screens.by_audio() == {"on": 0, "off": 0, "blocked": 0}


async def test_window_of_another_branch_is_not_listed(house: House) -> None:
    """The south's drill is no business of the north's station."""
    chief = await house.sign_in("chief")
    await chief.post("/api/v1/windows", json=window(school=THIRD, devices=[["gw-third", "button-1"]]))

    assert len((await chief.get("/api/v1/windows")).json()["items"]) == 1
    assert (await (await house.sign_in("police_liaison")).get("/api/v1/windows")).json()["items"] == []
