"""Deliveries of outside events: by whose key, for which branch, once, all or nothing, and no faster than allowed."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from contract.identity import UnitId
from server.api.asks import OutsideEvent, OutsidePlace
from server.core.risk.factor import local_time
from server.core.roster import RosterIndex
from server.outside import LINES_MAX, delivered, distance_m
from server.registry.changes import apply, put
from server.registry.outside import OutsideKind, OutsideLevel
from server.registry.sheets.outside_area import OutsideArea
from server.registry.sheets.outside_gate import OutsideGate
from server.registry.sheets.outside_source import OutsideSource
from server.security.tokens import digest
from tests.api.conftest import House
from tests.registry.city import CITY, NORTH, SOUTH, roster

KEY = "a-key-of-the-bureau"
SOURCE = OutsideSource(unit=CITY, id="met", key_hash=digest(KEY))


def event(house: House, **told: Any) -> dict[str, Any]:
    """Describe a warning of the next hour."""
    now_ms = round(house.now[0] * 1_000)
    plain = {"id": "w1", "kind": "weather", "level": "red", "begins": now_ms, "ends": now_ms + 3_600_000, "unit": NORTH}
    return plain | told


async def open_house(house: House, source: OutsideSource = SOURCE) -> None:
    """Let the registry and the engine know of the source."""
    await house.parts.edit([put(source)], by="test", reason="")
    renew(house)


def renew(house: House) -> None:
    """Let the engine see what was edited."""
    house.engine.roster = RosterIndex(house.registry.roster)


async def deliver(house: House, *events: dict[str, Any], key: str = KEY) -> httpx.Response:
    """Deliver as a service does: without session, cookie or CSRF token."""
    answer = await house.client().post(
        "/api/v1/outside", json={"events": list(events)}, headers={"Authorization": f"Bearer {key}"}
    )
    renew(house)
    return answer


def lines(house: House) -> list[OutsideArea | OutsideGate]:
    """List what is in the ledger of the source."""
    return [
        one
        for one in house.registry.roster.records
        if isinstance(one, OutsideArea | OutsideGate) and one.source == SOURCE.id
    ]


async def test_delivery_is_taken_once(house: House) -> None:
    await open_house(house)

    first, again = await deliver(house, event(house)), await deliver(house, event(house))

    assert (first.status_code, first.json()) == (200, {"changed": 1}), first.text
    assert again.json() == {"changed": 0}
    [line] = lines(house)
    assert isinstance(line, OutsideArea)
    assert (line.unit, line.id, line.level) == (NORTH, "met:w1", OutsideLevel.RED)
    assert ("outside:met", "registry_edited", "outside_area:450703/met:w1") in await house.audited()


async def test_event_told_again_takes_the_place_of_what_it_was_and_can_be_taken_back(house: House) -> None:
    await open_house(house)
    await deliver(house, event(house))
    await deliver(house, event(house, unit=SOUTH, level="blue"))
    assert [(one.home, one.level) for one in lines(house)] == [(SOUTH, OutsideLevel.BLUE)]

    await deliver(house, event(house, gone=True))

    assert lines(house) == []


@pytest.mark.parametrize("key", ["", "wrong"])
async def test_stranger_is_refused(house: House, key: str) -> None:
    await open_house(house)
    assert (await deliver(house, event(house), key=key)).status_code == 401


async def test_source_without_a_key_may_tell_nothing(house: House) -> None:
    await open_house(house, OutsideSource(unit=CITY, id="met"))
    assert (await deliver(house, event(house), key="")).status_code == 401


async def test_one_wrong_event_refuses_the_whole_delivery(house: House) -> None:
    await open_house(house, OutsideSource(unit=SOUTH, id="met", key_hash=digest(KEY)))
    for wrong in (
        event(house, id="w2"),  # Of the north: not its branch.
        event(house, id="w2", unit=SOUTH, text="致电13800138000"),
        event(house, id="w2", unit=SOUTH, ends=event(house)["begins"]),
        event(house, id="w2", unit=SOUTH, near={"lat": 21.9, "lon": 108.6, "radius_m": 100}),
        event(house, id="不", unit=SOUTH),
    ):
        answer = await deliver(house, event(house, unit=SOUTH), wrong)
        assert answer.status_code == 422, answer.text
        assert lines(house) == []


async def test_source_that_comes_too_often_waits(house: House) -> None:
    await open_house(house)
    for _ in range(6):
        assert (await deliver(house, event(house))).status_code == 200
    answer = await deliver(house, event(house))
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    house.now[0] += 61
    assert (await deliver(house, event(house))).status_code == 200


def told(**more: Any) -> OutsideEvent:
    """Describe an event for the pure part."""
    facts: dict[str, Any] = {
        "id": "e",
        "kind": OutsideKind.POLICE_CALL,
        "level": OutsideLevel.ORANGE,
        "begins": 0,
        "ends": 3_600_000,
    }
    return OutsideEvent(**(facts | more))


def test_near_event_is_matched_by_distance_and_leaves_a_day_after_its_end() -> None:
    """Two of the schools lie at one place, 111 m from the event; the ledger forgets it, the history does not."""
    city = roster()
    index = RosterIndex(apply(city, [put(SOURCE)]))
    place = city.schools[0]
    near = OutsidePlace(lat=place.latitude + 0.001, lon=place.longitude, radius_m=200)

    edits = delivered(SOURCE, [told(near=near)], index, 60.0)

    gates = [edit.line for edit in edits]
    assert gates
    assert all(isinstance(one, OutsideGate) and one.distance_m == 111 for one in gates)
    close = OutsidePlace(lat=near.lat, lon=near.lon, radius_m=100)
    assert delivered(SOURCE, [told(near=close)], index, 60.0) == []
    later = RosterIndex(apply(index.roster, edits))
    assert delivered(SOURCE, [], later, 3_600.0 + 86_399.0) == []
    assert {edit.line for edit in delivered(SOURCE, [], later, 3_600.0 + 86_401.0)} == {None}


def test_source_cannot_fill_the_ledger() -> None:
    index = RosterIndex(apply(roster(), [put(SOURCE)]))
    begins = local_time(0)
    full = [
        OutsideArea(
            unit=UnitId(CITY),
            id=f"met:{number}",
            source="met",
            kind=OutsideKind.OTHER,
            level=OutsideLevel.BLUE,
            begins=begins,
            ends=begins + timedelta(days=9),
        )
        for number in range(LINES_MAX)
    ]
    crowded = RosterIndex(apply(index.roster, [put(one) for one in full]))
    with pytest.raises(Exception, match="allowed: 2000"):
        delivered(SOURCE, [told(unit=CITY)], crowded, 60.0)


def test_degree_of_latitude_is_111_km() -> None:
    assert round(distance_m((21.0, 108.0), (22.0, 108.0)) / 1_000) == 111
