"""Declared tests and drills, check-ins by telephone, and screens' words about themselves."""

from typing import Any

import pytest

from tests.api.conftest import House
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
    """The engine is told what is already on the disk, with the name of who approved it."""
    client = await house.sign_in("police_liaison")

    answer = await client.post("/api/v1/windows", json=window())
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
    assert list(await house.registry.windows.current(1000.0)) == [told]
    assert (await house.audited())[-1] == ("police_liaison", "window_declared", f"school:{FIRST}")


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
    assert list(await house.registry.windows.current(0.0)) == []


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

    assert answer.json()["items"] == [{"id": f"{ID}1", "status": "refused", "reason": "unavailable"}]


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
    assert (await (await house.sign_in("police_liaison")).get("/api/v1/windows")).json() == {"items": []}
