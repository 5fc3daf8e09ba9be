"""Rules over the API: what holds at a unit and whence, who may set and try it, and a comparison from asking to answer."""

import asyncio
from typing import Any

import pytest

from server.core.rules import RULES
from server.registry.changes import put
from server.registry.sheets.rule_setting import RuleSetting
from server.whatif.asking import WhatIf
from tests.api.conftest import House
from tests.api.engine import fault
from tests.registry.city import CITY, NORTH, SOUTH, TOWN


async def settings(house: House, name: str, unit: str) -> dict[str, dict[str, Any]]:
    """Ask for one rule's settings at a unit."""
    client = await house.sign_in("bureau")
    answer = (await client.get(f"/api/v1/rules?unit={unit}")).json()
    [rule] = [one for one in answer["items"] if one["name"] == name]
    return {one["name"]: one for one in rule["settings"]}


async def test_every_rule_is_listed_with_its_settings_and_its_open_alerts(house: House) -> None:
    house.engine.alerts = {one.id: one for one in (fault("a"), fault("b"))}
    client = await house.sign_in("bureau")
    answer = (await client.get("/api/v1/rules")).json()
    assert [one["name"] for one in answer["items"]] == list(RULES)
    assert (answer["unit"], answer["editable"]) == (CITY, True)
    by_name = {one["name"]: one for one in answer["items"]}
    assert by_name[fault("a").rule]["open"] == 2
    assert by_name["one_key_press"]["settings"] == []
    assert not by_name["one_key_press"]["tried"]
    person = {one["name"]: one for one in by_name["gate_open"]["settings"]}["person"]
    assert (person["usual"], person["value"], person["whence"], person["least"], person["most"]) == (120, 120, "", 30, 1800)


async def test_a_setting_says_which_unit_it_comes_from(house: House) -> None:
    lines = [
        RuleSetting(unit=CITY, id="gate_open.person", value=300),
        RuleSetting(unit=NORTH, id="gate_open.person", value=60),
    ]
    await house.parts.edit([put(one) for one in lines], by="anne", reason="r")
    told = {unit: (await settings(house, "gate_open", unit))["person"] for unit in (CITY, NORTH, TOWN, SOUTH)}
    assert {unit: (one["value"], one["whence"], one["own"]) for unit, one in told.items()} == {
        CITY: (300, CITY, True),
        NORTH: (60, NORTH, True),
        TOWN: (60, NORTH, False),
        SOUTH: (300, CITY, False),
    }


async def test_a_unit_out_of_reach_is_not_found_and_a_value_out_of_bounds_is_refused(house: House) -> None:
    officer = await house.sign_in("education_officer")
    assert (await officer.get(f"/api/v1/rules?unit={SOUTH}")).status_code == 404
    foreign = await officer.post("/api/v1/rules/gate_open/whatif", json={"unit": SOUTH, "values": {"person": 60}})
    assert foreign.status_code == 404
    client = await house.sign_in("bureau")
    for rule, values in (
        ("gate_open", {"person": 5}),
        ("gate_open", {"hold": 5}),
        ("gate_open", {}),
        ("one_key_press", {"hold": 5}),
    ):
        answer = await client.post(f"/api/v1/rules/{rule}/whatif", json={"unit": CITY, "values": values})
        assert answer.status_code == 422, (rule, values)
    assert (await client.post("/api/v1/rules/nothing/whatif", json={"unit": CITY, "values": {"a": 1}})).status_code == 404


async def test_the_sheet_takes_a_setting_with_a_reason_and_refuses_one_out_of_bounds(house: House) -> None:
    client = await house.sign_in("bureau")
    for value, done in ((600, True), (9, False)):
        line = {"values": {"unit": CITY, "id": "gate_open.person", "value": value}, "reason": "market days"}
        answer = (await client.post("/api/v1/sheets/rule_setting/lines", json=line)).json()
        assert answer["done"] is done
    assert "30–1800" in answer["faults"][0]["words"]
    assert (await settings(house, "gate_open", CITY))["person"]["value"] == 600
    director = await house.sign_in("school_director")
    line = {"values": {"unit": CITY, "id": "gate_open.person", "value": 60}, "reason": "r"}
    assert (await director.post("/api/v1/sheets/rule_setting/lines", json=line)).json()["done"] is False
    assert (await settings(house, "gate_open", CITY))["person"]["value"] == 600


async def test_a_comparison_is_followed_to_its_answer_and_is_its_askers_alone(house: House) -> None:
    client = await house.sign_in("bureau")
    begun = await client.post("/api/v1/rules/gate_open/whatif", json={"unit": CITY, "values": {"person": 600}, "days": 2})
    assert begun.status_code == 202, begun.text
    address = f"/api/v1/whatif/{begun.json()['id']}"
    told: dict[str, Any] = {}
    for _ in range(400):
        told = (await client.get(address)).json()
        if told["state"] not in ("waiting", "reading"):
            break
        await asyncio.sleep(0.05)
    assert told["state"] == "done"
    assert (told["schools_done"], told["before"], told["after"], len(told["days"])) == (3, 0, 0, 3)
    assert told["notes"] == [{"code": "no_readings", "value": "3"}]
    other = await house.sign_in("administrator")
    assert (await other.get(address)).status_code == 404
    assert (await client.post(f"{address}/cancel")).json()["state"] == "done"


async def test_a_server_with_too_much_to_compare_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WhatIf, "begin", lambda *_: None)
    client = await house.sign_in("bureau")
    answer = await client.post("/api/v1/rules/gate_open/whatif", json={"unit": CITY, "values": {"person": 600}})
    assert answer.status_code == 429
