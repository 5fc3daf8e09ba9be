"""Alerts: what each reach sees, the details, and the moves."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from contract.identity import UnitId
from server.api import views
from server.core.alert import Alert, Severity, State
from server.core.effects import ActRefused
from server.core.events import ActRequested, ShelveRequested
from server.core.roster import RosterIndex
from server.registry.sheets.escalation import Context, Escalation
from tests.api.conftest import House
from tests.api.engine import fault, press
from tests.registry.city import CITY, FIRST, NORTH, SECOND, SOUTH, THIRD, TOWN

KEY = "0191d3f4-aaaa-7bbb-8ccc-000000000001"


def headers(version: int = 3, key: str = KEY) -> dict[str, str]:
    """Make the headers of a move."""
    return {"If-Match": f'"{version}"', "Idempotency-Key": key}


def put(house: House, *alerts: Alert) -> None:
    """Let the engine know alerts."""
    house.engine.alerts.update({alert.id: alert for alert in alerts})


async def ids(house: House, name: str, query: str = "") -> list[str]:
    """List the ids one user sees."""
    client = await house.sign_in(name)
    answer = await client.get(f"/api/v1/alerts{query}")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_lists_are_cut_to_the_branch(house: House) -> None:
    """A station sees its territory, a director the one school, the city everything."""
    put(house, press("a"), press("b", school=SECOND, rx=991.0), press("c", school=THIRD, rx=992.0))

    assert await ids(house, "police_liaison") == ["b", "a"]
    assert await ids(house, "school_director") == ["a"]
    assert await ids(house, "chief") == ["c", "b", "a"]


async def test_press_of_a_gateway_nobody_registered_is_seen_by_command_centres_and_the_city(house: House) -> None:
    """It lies in no branch, and yet somebody must see it: never nobody, never everybody."""
    put(house, press("x", school="", gateway="gw-stray", device="button-77"))

    assert await ids(house, "chief") == ["x"]
    assert await ids(house, "command_centre") == ["x"]
    assert await ids(house, "bureau") == ["x"]
    assert await ids(house, "police_liaison") == []
    assert await ids(house, "education_officer") == []
    assert await ids(house, "school_director") == []
    chief = await house.sign_in("chief")
    shown = (await chief.get("/api/v1/alerts/x")).json()
    assert (shown["gateway"], shown["device"], shown["device_name"], shown["contact"]) == ("gw-stray", "button-77", "", None)


async def test_a_confirmed_press_says_who_must_agree_and_is_plain_to_the_school(house: House) -> None:
    """In the list and in the detail alike."""
    put(house, press("a", confirmed=True, proposed_by="chief", proposed_cause="false_human", ack_expires_at=1_300.0))

    liaison, director = await house.sign_in("police_liaison"), await house.sign_in("school_director")
    seen = (await liaison.get("/api/v1/alerts/a")).json()
    shown = (await director.get("/api/v1/alerts/a")).json()
    [line] = (await director.get("/api/v1/alerts")).json()["items"]

    assert (seen["confirmed"], seen["proposed_by"], seen["proposed_cause"]) == (True, "市局指挥中心", "false_human")
    assert (seen["ack_expires_at"], seen["ack_expired"], seen["steps"]) == (1_300_000, False, 4)
    assert seen["plan"]["name"] == "critical"
    assert seen["plan"]["hops"][0] == {"after_s": 0, "audiences": ["school", "station", "sub_bureau", "command_centre"]}
    for one in (shown, line):
        assert (one["confirmed"], one["proposed_by"], one["proposed_cause"]) == (False, "", "")


async def test_two_accounts_of_one_person_are_told_to_the_engine(house: House) -> None:
    """Of the same name: whoever asked first by one does not agree by the other."""
    put(house, press("a"))
    chief = await house.sign_in("chief")

    await chief.post("/api/v1/alerts/a/acts", json={"act": "acknowledge"}, headers=headers())

    [asked] = house.acts
    assert isinstance(asked, ActRequested)
    assert asked.also == {"gone"}


async def test_the_chains_of_escalation_are_listed_with_those_built_in(house: House) -> None:
    """The nearest unit first, also those of units above; each with its steps, and which are our own."""
    lines = (
        Escalation(unit=UnitId(CITY), id="city", hops="0 s: station; 30 s: sub_bureau", ack_minutes=3),
        Escalation(unit=UnitId(NORTH), id="north", severity=2, hops="0 s: school", context=Context.EXAM),
        Escalation(unit=UnitId(SOUTH), id="south", hops="0 s: station"),
    )
    plain = house.engine.roster.roster
    house.engine.roster = RosterIndex(replace(plain, records=(*plain.records, *lines)))

    client = await house.sign_in("education_officer")
    told = (await client.get("/api/v1/escalation")).json()

    assert [chain["name"] for chain in told["chains"]] == [
        *("north", "city", "silent", "critical", "high", "repair", "routine", "advice", "untold", "area", "rehearsal")
    ]
    assert told["chains"][1]["hops"] == [
        {"after_s": 0, "audiences": ["station"]},
        {"after_s": 30, "audiences": ["sub_bureau"]},
    ]
    assert (told["chains"][0]["context"], told["chains"][1]["ack_s"], told["chains"][2]["unit"]) == ("exam", 180, "")
    assert told["acks"][0] == {"severity": 1, "call_s": 300, "fault_s": 1800}
    assert {one["name"] for one in told["audiences"]} >= {"school", "station"}


async def test_duress_is_never_shown_at_the_school(house: House) -> None:
    """Whoever forces somebody there may be looking at the screen."""
    put(house, press("d", code="duress"))

    assert await ids(house, "police_liaison") == ["d"]
    assert await ids(house, "school_director") == []
    director = await house.sign_in("school_director")
    page = (await director.get(f"/api/v1/schools/{FIRST}")).json()
    bootstrap = (await director.get("/api/v1/bootstrap")).json()
    assert (await director.get("/api/v1/alerts/d")).status_code == 404
    assert page["alerts"] == bootstrap["alerts"] == []


async def test_filters_narrow_the_list(house: House) -> None:
    """State, severity, school, unit, rule and mode each cut the list."""
    put(
        house,
        press("a"),
        fault("b", school=SECOND),
        fault("c", state=State.CLOSED),
        press("d", mode="drill", school=THIRD),
    )

    assert set(await ids(house, "chief")) == {"a", "b", "d"}
    assert set(await ids(house, "chief", "?state=all")) == {"a", "b", "c", "d"}
    assert await ids(house, "chief", "?severity=3") == ["b"]
    assert await ids(house, "chief", f"?school={SECOND}") == ["b"]
    assert await ids(house, "chief", f"?unit={TOWN}") == ["a"]
    assert set(await ids(house, "chief", f"?unit={NORTH}")) == {"a", "b"}
    assert await ids(house, "chief", "?rule=camera_offline") == ["b"]
    assert await ids(house, "chief", "?mode=drill") == ["d"]


async def test_pages_hold_every_alert_once(house: House) -> None:
    """Alerts of one instant are neither lost nor shown twice at the edge of a page, also when new ones come between."""
    put(house, *(press(f"a{number:02}", rx=990.0 + number // 4) for number in range(23)))
    client = await house.sign_in("chief")
    seen: list[str] = []
    cursor = ""
    while True:
        answer = (await client.get(f"/api/v1/alerts?limit=5{cursor}")).json()
        seen += [item["id"] for item in answer["items"]]
        if answer["next"] is None:
            break
        cursor = f"&cursor={answer['next']}"
        put(house, press(f"new-{len(seen)}", rx=999.0))

    assert len(seen) == len(set(seen)) == 23
    assert seen == sorted(seen, key=lambda name: (-(int(name[1:]) // 4), name))


@pytest.mark.parametrize("cursor", ["x", "!!!", "W10", "bnVsbA", "a" * 200])
async def test_strange_cursor_is_refused(house: House, cursor: str) -> None:
    """A cursor comes from outside."""
    client = await house.sign_in("chief")

    answer = await client.get(f"/api/v1/alerts?cursor={cursor}")

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("police_liaison", "/api/v1/alerts/far"),
        ("police_liaison", "/api/v1/alerts/never-was"),
        ("police_liaison", f"/api/v1/alerts?school={THIRD}"),
        ("police_liaison", f"/api/v1/alerts?unit={SOUTH}"),
        ("education_officer", f"/api/v1/coverage?parent={SOUTH}"),
        ("education_officer", f"/api/v1/coverage/gaps?unit={SOUTH}"),
        ("education_officer", f"/api/v1/coverage/gaps.csv?unit={SOUTH}"),
        ("school_director", f"/api/v1/schools/{SECOND}"),
        ("school_director", f"/api/v1/schools/{SECOND}/history?device=cam-1&metric=online&from=0&to=9"),
        ("school_director", f"/api/v1/schools/{FIRST}/history?device=cam-9&metric=online&from=0&to=9"),
    ],
)
async def test_crossing_the_branch_answers_404_and_is_audited(house: House, name: str, path: str) -> None:
    """What is outside and what does not exist get the same answer, and both leave a line."""
    put(house, press("far", school=THIRD))
    client = await house.sign_in(name)

    answer = await client.get(path)

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert [(who, what) for who, what, _ in await house.audited()][-1] == (name, "outside_scope")


async def test_detail_tells_everything_of_an_alert(house: House) -> None:
    """History, presses, surroundings, whom to call, and the moves that are legal now for this role."""
    put(house, press("a", code="ram", owner="chief", detail=(("speed", "40"),)))
    client = await house.sign_in("police_liaison")

    answer = await client.get("/api/v1/alerts/a")
    detail = msgspec.json.decode(answer.content, type=views.AlertDetail)

    assert answer.headers["etag"] == '"3"'
    assert detail.owner_display == "市局指挥中心"
    assert detail.detail == {"speed": "40", "code": "ram"}
    assert (detail.device_name, detail.place, detail.unit, detail.station) == ("门卫按钮", "东门", TOWN, "P1-1")
    assert detail.contact == views.Contact(
        school="安全办", phone="0777-100", address="某路1号", station="所P1-1", station_phone="0777-P1-1"
    )
    assert detail.acts == ["acknowledge", "note", "escalate"]
    assert [(one.device, one.liveness) for one in detail.related] == [
        ("button-1", "live"),
        ("cam-1", "live"),
        ("post-1", "live"),
    ]
    assert (detail.t, detail.presses[0].rx) == (990_000, 990_250)


async def test_contacts_are_for_those_who_work_with_them(house: House) -> None:
    """Walls, guards, maintainers and supervisors see no telephone number, neither here nor on the school's page."""
    put(house, press("a"))

    for name, seen in {"education_officer": True, "wall": False, "guard": False, "maintainer": False}.items():
        client = await house.sign_in(name)
        alert = (await client.get("/api/v1/alerts/a")).json()
        page = (await client.get(f"/api/v1/schools/{FIRST}")).json()
        assert (alert["contact"] is not None) is seen, name
        assert bool(page["school"]["contact_phone"]) is seen, name


async def test_move_is_asked_with_all_it_needs_and_audited(house: House) -> None:
    """Who, in which role, what was seen and the key reach the engine; the answer is the alert as it stands then."""
    put(house, press("a"))
    client = await house.sign_in("police_liaison")

    answer = await client.post("/api/v1/alerts/a/acts", json={"act": "acknowledge", "note": "去"}, headers=headers())

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["ver"], answer.json()["owner"]) == ("acknowledged", 4, "police_liaison")
    [asked] = house.acts
    assert isinstance(asked, ActRequested)
    assert (asked.by, asked.role, asked.version, asked.note, asked.key) == ("police_liaison", "police_liaison", 3, "去", KEY)
    assert (await house.audited())[-1] == ("police_liaison", "alert_acknowledge", "alert:a")


@pytest.mark.parametrize(
    ("code", "status"),
    [("version_conflict", 409), ("illegal_move", 409), ("second_person_required", 409), ("cause_required", 422)],
)
async def test_refused_move_shows_the_alert_as_it_is(house: House, code: str, status: int) -> None:
    """The screen can say who was first."""
    put(house, press("a"))
    house.refuse = ActRefused(code, "why", replace(press("a"), owner="chief", version=9))
    client = await house.sign_in("police_liaison")

    answer = await client.post("/api/v1/alerts/a/acts", json={"act": "acknowledge"}, headers=headers())

    problem = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["code"], problem["current"]["owner_display"], problem["current"]["ver"]) == (code, "市局指挥中心", 9)


async def test_move_that_could_not_be_stored_says_so(house: House) -> None:
    """An acknowledgement that is not on the disk is not confirmed."""
    put(house, press("a"))
    house.storage_down = True
    client = await house.sign_in("police_liaison")

    answer = await client.post("/api/v1/alerts/a/acts", json={"act": "acknowledge"}, headers=headers())

    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        ({"If-Match": '"3"'}, {"act": "acknowledge"}),
        ({"Idempotency-Key": KEY}, {"act": "acknowledge"}),
        ({"If-Match": "*", "Idempotency-Key": KEY}, {"act": "acknowledge"}),
        ({"If-Match": '"3"', "Idempotency-Key": "short"}, {"act": "acknowledge"}),
        (headers(), {"act": "destroy"}),
        (headers(), {"act": "acknowledge", "nots": "misspelt"}),
        (headers(), {"act": "acknowledge", "note": "x" * 1001}),
        (headers(), []),
        (headers(), "acknowledge"),
    ],
)
async def test_move_that_is_not_as_the_api_has_it_changes_nothing(house: House, sent: dict[str, str], body: Any) -> None:
    """A missing header, an unknown act, a misspelt field: refused with the reason."""
    put(house, press("a"))
    client = await house.sign_in("police_liaison")

    answer = await client.post("/api/v1/alerts/a/acts", json=body, headers=sent)

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"
    assert house.acts == []


async def test_school_cannot_work_its_own_press(house: House) -> None:
    """A director may add a note to a press and acknowledge a broken camera; more is for others."""
    put(house, press("a"), fault("b"))
    client = await house.sign_in("school_director")

    async def ask(alert: str, act: str) -> int:
        answer = await client.post(f"/api/v1/alerts/{alert}/acts", json={"act": act}, headers=headers())
        return answer.status_code

    assert await ask("a", "acknowledge") == 403
    assert await ask("a", "note") == 200
    assert await ask("b", "acknowledge") == 200
    assert await ask("b", "close") == 403


async def test_first_paint_has_every_urgent_alert_and_the_newest_of_the_rest(house: House) -> None:
    """A flood of small faults never pushes a press out of the picture."""
    put(
        house,
        press("old", rx=1.0),
        fault("high", severity=Severity.HIGH, rx=2.0),
        *(fault(f"f{number:03}", rx=500.0 + number) for number in range(600)),
    )
    client = await house.sign_in("police_liaison")

    shown = [alert["id"] for alert in (await client.get("/api/v1/bootstrap")).json()["alerts"]]

    assert len(shown) == 502
    assert {"old", "high", "f599", "f100"} <= set(shown)
    assert "f099" not in shown


async def test_a_fault_is_put_aside_with_a_reason_and_audited(house: House) -> None:
    """Until when and why is asked of the core; its refusal is told with the alert as it stands."""
    put(house, fault("f"))
    client = await house.sign_in("police_liaison")

    answer = await client.post("/api/v1/alerts/f/shelf", json={"until": 5_000_000, "reason": "等待配件", "whole": True})

    assert answer.status_code == 200, answer.text
    assert house.acts == [ShelveRequested("f", "police_liaison", "police_liaison", 5_000.0, "等待配件", whole=True)]
    assert (await house.audited())[-1] == ("police_liaison", "alert_shelved", "alert:f")
    house.refuse = ActRefused("illegal_move", "this kind of alert is never shelved", house.engine.alerts["f"])
    refused = await client.post("/api/v1/alerts/f/shelf", json={"until": None, "reason": "等待配件"})
    assert (refused.status_code, refused.json()["current"]["id"]) == (409, "f")


async def test_the_row_of_an_area_is_seen_by_whoever_minds_a_school_of_it_and_by_no_school(house: House) -> None:
    """Its members could not be found otherwise; a school sees its own alert."""
    group = fault("g", rule="area_silent", school="", gateway="", device="", unit=NORTH)
    put(house, group, fault("m", group="g"), fault("s", rule="camera_offline", shelved_until=9_000.0))

    assert set(await ids(house, "chief")) == {"g", "m", "s"}
    assert set(await ids(house, "police_liaison")) == {"g", "m", "s"}
    assert set(await ids(house, "school_director")) == {"m", "s"}
    assert await ids(house, "chief", "?group=g") == ["m"]
    assert await ids(house, "chief", "?held=shelved") == ["s"]
    assert set(await ids(house, "chief", "?held=any")) == {"m", "s"}


async def test_nobody_answers_for_an_area_that_lies_partly_out_of_reach(house: House) -> None:
    """A station sees the row of the city, and its bureau works it."""
    put(house, fault("g", rule="area_silent", school="", gateway="", device="", unit=CITY))
    for name, status in (("police_liaison", 403), ("bureau", 200)):
        client = await house.sign_in(name)
        shown = (await client.get("/api/v1/alerts/g")).json()
        assert ("acknowledge" in shown["acts"]) is (status == 200), name
        answer = await client.post("/api/v1/alerts/g/acts", json={"act": "acknowledge"}, headers=headers())
        assert answer.status_code == status, answer.text
