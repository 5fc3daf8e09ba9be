"""What tests of buttons have proven, and the word of police screens."""

from dataclasses import replace

from server.core.proof import ButtonTests, Proof
from tests.api.conftest import House
from tests.api.engine import press
from tests.registry.city import FIRST, THIRD

DAY = 86_400.0
PROVEN = Proof("p1", 100.0, 100.2, 100.3, 101.0, 130.0)


async def test_buttons_are_listed_with_every_step_those_first_that_need_a_test_most(house: House) -> None:
    """Failed before overdue before never tested before proven; a proof says when each step was taken."""
    key = ("gw-first", "button-1")
    house.engine.tested = {FIRST: {key: ButtonTests(PROVEN, PROVEN)}}
    house.now[0] = 100.0 + 30 * DAY - 1
    client = await house.sign_in("police_liaison")

    fresh = (await client.get(f"/api/v1/tests?school={FIRST}")).json()
    house.now[0] += 1
    overdue = (await client.get(f"/api/v1/tests?school={FIRST}")).json()
    house.engine.tested[FIRST][key] = ButtonTests(replace(PROVEN, press="p2", receipted=None), PROVEN)
    failed = (await client.get("/api/v1/tests?state=failed")).json()

    [shown] = [one for one in fresh["items"] if one["device"] == "button-1"]
    assert (shown["state"], shown["due"]) == ("proven", round((100 + 30 * DAY) * 1_000))
    assert shown["proven"] == {
        "press": "p1",
        "alert": "",
        "pressed": 100_000,
        "received": 100_200,
        "stored": 100_300,
        "shown": 101_000,
        "receipted": 130_000,
        "lacking": "",
    }
    assert (overdue["items"][0]["state"], overdue["counts"]["overdue"]) == ("overdue", 1)
    assert [one["last"]["lacking"] for one in failed["items"]] == ["no_receipt"]


async def test_a_police_screen_says_what_it_has_drawn_and_nobody_else_can(house: House) -> None:
    """A school's own screen proves nothing of the police's; and no station speaks of another branch's presses."""
    house.engine.alerts = {one.id: one for one in (press("near"), replace(press("far"), school=THIRD))}
    body = {
        "items": [{"alert": "near", "count": 1, "ago_ms": 200}, {"alert": "far", "count": 1}, {"alert": "no", "count": 1}]
    }

    refused = await (await house.sign_in("school_director")).post("/api/v1/screens/shown", json=body)
    taken = await (await house.sign_in("police_liaison")).post("/api/v1/screens/shown", json=body)

    assert (refused.status_code, taken.status_code) == (403, 204)
    assert [(one.alert, one.count, one.by, one.at) for one in house.shown] == [("near", 1, "police_liaison", 999.8)]
