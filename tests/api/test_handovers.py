"""A shift is handed over with what is open: both names, on record for ever, and only within one post."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from contract.identity import UserName
from server.core.alert import Severity
from tests.api.conftest import HASH, House
from tests.api.engine import fault, press
from tests.registry.city import THIRD, users

ID = "0b0c6a52-0000-4000-8000-000000000001"


async def with_colleague(house: House) -> None:
    """Let a second officer sit at the police liaison's post."""
    police = next(user for user in users(HASH) if user.name == "police_liaison")
    await house.registry.accounts.put([replace(police, name=UserName("second"), display="second 北")])
    low = fault("f2", severity=Severity.LOW)
    foreign = press("p3", school=THIRD, gateway="gw-third")
    house.engine.alerts = {alert.id: alert for alert in (press("p1"), low, foreign)}


def asked(**given: Any) -> dict[str, Any]:
    """Write a request that fits."""
    return {"id": ID, "outgoing": "second", "seen": ["p1"], "sound": "heard", "note": "雨大"} | given


async def take(house: House, role: str = "police_liaison", **given: Any) -> httpx.Response:
    """Take over as a role."""
    return await (await house.sign_in(role)).post("/api/v1/handovers", json=asked(**given))


async def test_incoming_officer_sees_what_is_open_and_both_names_are_on_record(house: House) -> None:
    await with_colleague(house)
    client = await house.sign_in("police_liaison")
    before = (await client.get("/api/v1/handovers")).json()

    after = (await take(house)).json()

    assert [alert["id"] for alert in before["urgent"]] == ["p1"]
    assert (before["open"], [one["name"] for one in before["colleagues"]]) == (2, ["second"])
    [line] = after["items"]
    assert (line["outgoing"], line["incoming"]) == ("second 北", "police_liaison 北")
    assert (line["open"], line["seen"], line["sound"], line["note"]) == (2, ["p1"], "heard", "雨大")
    assert any(what == "shift_handover" for _, what, _ in await house.audited())


async def test_asked_twice_it_is_one(house: House) -> None:
    await with_colleague(house)

    assert len((await take(house)).json()["items"]) == len((await take(house)).json()["items"]) == 1


async def test_open_matter_that_was_not_seen_is_named(house: House) -> None:
    await with_colleague(house)

    refused = await take(house, seen=[])

    assert refused.status_code == 422
    assert refused.json()["errors"] == ["p1"]


@pytest.mark.parametrize("outgoing", ["police_liaison", "chief", "command_centre", "nobody"])
async def test_only_a_colleague_of_the_same_post_hands_over(house: House, outgoing: str) -> None:
    await with_colleague(house)

    assert (await take(house, outgoing=outgoing)).status_code == 422


@pytest.mark.parametrize("role", ["school_director", "guard", "wall", "administrator", "supervisor", "maintainer"])
async def test_others_have_no_shift_to_hand_over(house: House, role: str) -> None:
    await with_colleague(house)

    assert (await take(house, role)).status_code == 403


async def test_record_is_of_ones_own_post(house: House) -> None:
    await with_colleague(house)
    await take(house)

    assert (await (await house.sign_in("command_centre")).get("/api/v1/handovers")).json()["items"] == []


@pytest.mark.parametrize("change", ["update handover set note = ''", "delete from handover"])
async def test_database_refuses_to_take_a_handover_back(house: House, change: str) -> None:
    await with_colleague(house)
    await take(house)

    with pytest.raises(DBAPIError, match="append-only"):
        await house.database.run(lambda connection: connection.exec_driver_sql(change) and None)
