"""The registry by the API: read by branch, edited by role and sheet, imported whole or not at all."""

import asyncio
import io
from typing import Any

import httpx
import openpyxl
import pytest

from server.registry.coordinates import converted
from server.registry.exchange.fields import MASK
from server.registry.model import Role
from server.registry.sheets.guard import Guard
from tests.api.conftest import House
from tests.registry.city import FIRST, NORTH, SECOND, THIRD, TOWN

DAY = "1970-01-01"  # The house's clock stands there.
FILE = {"content-type": "application/octet-stream"}


async def put(client: httpx.AsyncClient, sheet: str, values: dict[str, Any], **more: Any) -> httpx.Response:
    """Put a line."""
    return await client.post(f"/api/v1/sheets/{sheet}/lines", json={"values": values, "reason": "核对", **more})


async def imported(client: httpx.AsyncClient, data: bytes, query: str, *, apply: bool = True) -> dict[str, Any]:
    """Bring a file, and do what it would if nothing is wrong."""
    taken = await client.post(f"/api/v1/imports?name=file&{query}", content=data, headers=FILE)
    assert taken.status_code == 202, taken.text
    view = await settled(client, taken.json()["id"])
    if apply and view["ready"]:
        applied = await client.post(f"/api/v1/imports/{view['id']}/apply", json={"reason": "导入"})
        assert applied.status_code == 202, applied.text
        view = await settled(client, view["id"])
    return view


async def settled(client: httpx.AsyncClient, id_: str) -> dict[str, Any]:
    """Wait until an import does nothing more."""
    while True:
        view: dict[str, Any] = (await client.get(f"/api/v1/imports/{id_}")).json()
        if view["state"] in ("checked", "done", "refused"):
            return view
        await asyncio.sleep(0.05)


async def test_a_line_is_put_edited_and_taken_out_with_its_history(house: House) -> None:
    client = await house.sign_in("education_officer")

    first = await put(client, "kit", {"school": FIRST, "id": "k9", "item": "防暴头盔", "count": "2"})
    second = await put(client, "kit", {"count": 3}, key=[FIRST, "k9"])
    gone = await client.post("/api/v1/sheets/kit/retire", json={"key": [FIRST, "k9"], "reason": "报废"})
    steps = (await client.get(f"/api/v1/sheets/kit/history?key={FIRST}&key=k9")).json()["items"]

    assert [answer.json()["done"] for answer in (first, second, gone)] == [True] * 3
    assert [step["values"] and step["values"]["count"] for step in steps] == [2, 3, None]
    assert {step["actor"] for step in steps} == {"education_officer 北"}
    assert [step["reason"] for step in steps] == ["核对", "核对", "报废"]
    assert steps[0]["effective"] == DAY
    assert (await client.get(f"/api/v1/sheets/kit/lines?school={FIRST}")).json()["total"] == 1


async def test_what_is_wrong_with_a_line_is_said_by_column_in_both_languages(house: House) -> None:
    client = await house.sign_in("education_officer")

    answer = (await put(client, "kit", {"school": FIRST, "id": "k9", "item": "伞", "expires": "x"})).json()
    twice = (await put(client, "kit", {"school": FIRST, "id": "k1", "item": "helmet"})).json()
    moved = (await put(client, "kit", {"id": "k2"}, key=[FIRST, "k1"])).json()
    used = (await put(client, "device", {"gb_id": "4507020000132" + SECOND[-7:]}, key=["gw-first", "cam-1"])).json()

    assert not answer["done"]
    assert [(one["column"], bool(one["words"]), bool(one["words_en"])) for one in answer["faults"]] == [
        ("item", True, True),
        ("expires", True, True),
    ]
    assert twice["faults"][0]["words"] == "该编号已存在"
    assert moved["faults"][0]["words_en"] == "an id cannot be changed"
    assert "gw-second cam-1" in used["faults"][0]["words"] or "gw-first cam-1" in used["faults"][0]["words"]
    assert house.registry.tree.devices["gw-first", "cam-1"].gb_id.endswith(FIRST[-7:])


async def test_lines_are_found_by_words_school_and_unit_and_paged(house: House) -> None:
    client = await house.sign_in("bureau")

    async def found(query: str) -> list[str]:
        return [line["key"][0] for line in (await client.get(f"/api/v1/sheets/device/lines?{query}")).json()["items"]]

    assert len(await found("")) == 12
    assert await found(f"school={SECOND}") == ["gw-second"] * 4
    assert set(await found(f"unit={NORTH}")) == {"gw-first", "gw-second"}
    assert await found("q=gw-third+摄像机+校门摄") == ["gw-third"]
    page = (await client.get("/api/v1/sheets/device/lines?limit=5")).json()
    rest = (await client.get(f"/api/v1/sheets/device/lines?limit=50&cursor={page['next']}")).json()
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (5, 7, None)


async def test_personal_columns_are_masked_without_the_permission_and_cannot_be_searched(house: House) -> None:
    officer, supervisor = await house.sign_in("education_officer"), await house.sign_in("supervisor")
    path = f"/api/v1/sheets/guard/lines?school={FIRST}"

    seen = (await officer.get(path)).json()["items"][0]["values"]
    masked = (await supervisor.get(path)).json()["items"][0]["values"]

    assert (seen["name"], masked["name"], masked["certificate"]) == ("保安1", MASK, MASK)
    assert (await supervisor.get(path + "&q=保安1")).json()["total"] == 0
    assert "保安1" not in (await supervisor.get("/api/v1/ledger/export?sheet=guard&form=csv")).text
    assert "保安1" not in (await supervisor.get(f"/api/v1/sheets/guard/history?key={FIRST}&key=g1")).text
    admin = await house.sign_in("administrator")  # May edit, and may not see.
    assert (await put(admin, "guard", {"name": MASK, "employer": "甲公司"}, key=[FIRST, "g1"])).json()["done"]
    [guard] = [
        one for one in house.registry.roster.records if isinstance(one, Guard) and (one.school, one.id) == (FIRST, "g1")
    ]
    assert (guard.name, guard.employer) == ("保安1", "甲公司")


@pytest.mark.parametrize(
    ("who", "sheet", "values", "status"),
    [
        ("school_director", "kit", {"school": FIRST, "id": "n", "item": "helmet"}, 200),
        ("school_director", "kit", {"school": SECOND, "id": "n", "item": "helmet"}, 404),
        (
            "school_director",
            "exemption",
            {"school": FIRST, "id": "t1", "document": "d", "approver": "a", "reason": "r", "until": DAY},
            403,
        ),
        ("school_director", "gateway", {"id": "gw-new", "school": FIRST}, 403),
        ("education_officer", "kit", {"school": SECOND, "id": "n", "item": "helmet"}, 200),
        ("education_officer", "kit", {"school": THIRD, "id": "n", "item": "helmet"}, 404),
        ("education_officer", "unit", {"id": "450703-02", "kind": "township", "parent": NORTH, "name": "新镇"}, 200),
        ("education_officer", "unit", {"id": "450702-02", "kind": "township", "parent": "450702", "name": "新镇"}, 404),
        ("education_officer", "station", {"id": "P9", "kind": "station", "parent": "P1", "name": "新所"}, 403),
        ("bureau", "station", {"id": "P9", "kind": "station", "parent": "P1", "name": "新所"}, 200),
        ("bureau", "kit", {"school": THIRD, "id": "n", "item": "helmet"}, 200),
        ("supervisor", "kit", {"school": FIRST, "id": "n", "item": "helmet"}, 403),
        ("police_liaison", "kit", {"school": FIRST, "id": "n", "item": "helmet"}, 403),
    ],
)
async def test_who_may_edit_which_sheet_where(
    house: House, who: str, sheet: str, values: dict[str, Any], status: int
) -> None:
    client = await house.sign_in(who)
    before = house.registry.sequence

    answer = await put(client, sheet, values)

    assert answer.status_code == status, answer.text
    assert (house.registry.sequence > before) is (status == 200)
    assert any(what == "outside_scope" for _, what, _ in await house.audited()) is (status == 404)


async def test_a_line_cannot_be_moved_out_of_ones_reach(house: House) -> None:
    client = await house.sign_in("education_officer")

    assert (await put(client, "device", {"school": THIRD}, key=["gw-first", "cam-1"])).status_code == 404
    assert (await put(client, "school", {"unit": "450702"}, key=[FIRST])).status_code == 404


async def test_nobody_reads_a_foreign_branch(house: House) -> None:
    client = await house.sign_in("school_director")

    for sheet in ("school", "device", "gateway", "kit", "guard", "gate", "post"):
        assert SECOND not in (await client.get(f"/api/v1/sheets/{sheet}/lines")).text
        assert SECOND not in (await client.get(f"/api/v1/ledger/export?sheet={sheet}&form=csv")).text
    assert (await client.get(f"/api/v1/sheets/kit/history?key={SECOND}&key=k1")).status_code == 404


async def test_an_import_is_shown_first_and_then_done_whole(house: House) -> None:
    client = await house.sign_in("education_officer")
    exported = (await client.get("/api/v1/ledger/export?sheet=kit&sheet=gate")).content
    book = openpyxl.load_workbook(io.BytesIO(exported))
    kit = book["保安装备"]
    kit["D2"] = 9
    kit.append([FIRST, "k7", "口哨"])
    changed = io.BytesIO()
    book.save(changed)
    before = house.registry.sequence

    view = await imported(client, changed.getvalue(), "", apply=False)
    assert (view["state"], view["ready"], house.registry.sequence) == ("checked", True, before)
    counts = {one["sheet"]: (one["added"], one["changed"], one["removed"], one["same"]) for one in view["counts"]}
    assert counts == {"kit": (1, 1, 0, 1), "gate": (0, 0, 0, 2)}

    await client.post(f"/api/v1/imports/{view['id']}/apply", json={"reason": "导入"})
    view = await settled(client, view["id"])

    assert (view["state"], view["changed"], house.registry.sequence) == ("done", 2, before + 2)
    [step] = (await client.get(f"/api/v1/sheets/kit/history?key={FIRST}&key=k7")).json()["items"]
    assert step["reason"] == "导入"
    again = await client.post(f"/api/v1/imports/{view['id']}/apply", json={"reason": "导入"})
    assert again.status_code == 409


async def test_an_import_with_one_fault_changes_nothing(house: House) -> None:
    client = await house.sign_in("education_officer")
    text = f"学校标识码,编号,装备\n{FIRST},a,口哨\n{THIRD},b,口哨\n{FIRST},c,伞\n9999999999,d,口哨\n"
    before = house.registry.sequence

    view = await imported(client, text.encode(), "sheet=kit")

    assert [(one["row"], one["column"]) for one in view["faults"]] == [(4, "item"), (3, ""), (5, "school")]
    assert view["faults"][1]["words"] == "不在您的管辖范围内"
    assert not view["ready"]
    assert house.registry.sequence == before
    assert (await client.post(f"/api/v1/imports/{view['id']}/apply", json={"reason": "r"})).status_code == 409


async def test_a_director_cannot_import_what_a_form_would_refuse(house: House) -> None:
    client = await house.sign_in("school_director")
    text = f"学校标识码,指标,批准文号,批准单位或职务,理由,有效期至\n{FIRST},t1,文,局,窄路,2027-01-01\n"

    view = await imported(client, text.encode(), "sheet=exemption")

    assert view["faults"][0]["words_en"] == "your role may not edit this sheet"


async def test_an_import_is_its_bringers_alone_and_can_be_given_up(house: House) -> None:
    client, other = await house.sign_in("education_officer"), await house.sign_in("bureau")
    view = await imported(client, f"学校标识码,编号,装备\n{FIRST},a,口哨\n".encode(), "sheet=kit", apply=False)

    assert (await other.get(f"/api/v1/imports/{view['id']}")).status_code == 404
    assert (await client.post(f"/api/v1/imports/{view['id']}/discard")).status_code == 204
    assert (await client.get(f"/api/v1/imports/{view['id']}")).status_code == 404


async def test_files_are_refused_in_words_and_by_size(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await house.sign_in("education_officer")

    old = await imported(client, b"\xd0\xcf\x11\xe0" + bytes(9), "")
    assert (old["state"], ".xls" in old["trouble"], ".xls" in old["trouble_en"]) == ("refused", True, True)
    monkeypatch.setattr("server.importing.FILE_BYTES_MAX", 100)
    large = await client.post("/api/v1/imports?name=f&sheet=kit", content=bytes(101), headers=FILE)
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    form = await client.post("/api/v1/imports?name=f", json={})
    assert form.status_code == 422


async def test_a_merger_moves_boxes_devices_and_lines_as_one_act(house: House) -> None:
    client = await house.sign_in("education_officer")
    ask = {"act": "merge", "day": DAY, "into": SECOND, "devices": "move", "records": "move", "reason": "撤并"}

    answer = await client.post(f"/api/v1/schools/{FIRST}/reorganise", json=ask)

    assert answer.json()["done"], answer.text
    roster = house.registry.roster
    first = house.registry.tree.schools[FIRST]
    assert (first.closed is not None, first.merged_into) == (True, SECOND)
    assert {one.school for one in roster.gateways} | {one.school for one in roster.devices} == {SECOND, THIRD}
    assert not [one for one in roster.records if one.home == FIRST]
    guards = [one.id for one in roster.records if isinstance(one, Guard) and one.school == SECOND]
    assert len(guards) == len(set(guards)) == 6
    [*_, step] = (await client.get(f"/api/v1/sheets/school/history?key={FIRST}")).json()["items"]
    assert (step["reason"], step["values"]["merged_into"]) == ("撤并", SECOND)


async def test_a_closed_school_retires_its_devices_and_keeps_its_lines(house: House) -> None:
    client = await house.sign_in("education_officer")
    ask = {"act": "close", "day": DAY, "devices": "retire", "records": "keep", "reason": "停办"}

    assert (await client.post(f"/api/v1/schools/{FIRST}/reorganise", json=ask)).json()["done"]
    assert house.registry.tree.devices_of(FIRST) == ()
    assert [one for one in house.registry.roster.records if one.home == FIRST]
    for wrong in ({"act": "close", "devices": "move"}, {"act": "merge", "into": SECOND, "day": "2099-01-01"}):
        refused = await client.post(f"/api/v1/schools/{SECOND}/reorganise", json=ask | wrong)
        assert refused.status_code == 422
    foreign = await client.post(f"/api/v1/schools/{SECOND}/reorganise", json=ask | {"act": "merge", "into": THIRD})
    assert foreign.status_code == 404
    renamed = {"act": "rename", "day": DAY, "name": "新名", "name_en": "New", "reason": "更名"}
    assert (await client.post(f"/api/v1/schools/{SECOND}/reorganise", json=renamed)).json()["done"]
    assert house.registry.tree.schools[SECOND].name == "新名"


async def test_the_calendar_is_the_citys_and_says_what_cannot_be(house: House) -> None:
    county, bureau = await house.sign_in("education_officer"), await house.sign_in("bureau")
    shown = (await bureau.get("/api/v1/calendar")).json()
    wanted = {key: shown[key] for key in ("terms", "holidays", "exam_days", "class_hours", "peaks")}
    wanted |= {"make_up_days": ["2026-10-10"], "reason": "调休"}

    assert (shown["editable"], (await county.get("/api/v1/calendar")).json()["editable"]) == (True, False)
    assert (await county.post("/api/v1/calendar", json=wanted)).status_code == 404
    bad = (await bureau.post("/api/v1/calendar", json=wanted | {"make_up_days": ["2026-10-12"]})).json()
    assert (bad["done"], bad["faults"][0]["column"]) == (False, "make_up_days")
    assert (await bureau.post("/api/v1/calendar", json=wanted)).json()["done"]
    assert (await bureau.get("/api/v1/calendar")).json()["make_up_days"] == ["2026-10-10"]


@pytest.mark.parametrize("role", [Role.GUARD, Role.WALL, Role.SUPERVISOR, Role.POLICE_LIAISON, Role.MAINTAINER])
async def test_those_who_do_not_edit_have_no_way_to(house: House, role: Role) -> None:
    client = await house.sign_in(role.value)

    for path in ("imports?name=f", "imports/x/apply", "imports/x/discard", f"schools/{FIRST}/reorganise", "calendar"):
        assert (await client.post(f"/api/v1/{path}", content=b"{}")).status_code == 403, path


async def test_sheets_say_what_may_be_edited(house: House) -> None:
    client = await house.sign_in("school_director")

    sheets = {one["name"]: one for one in (await client.get("/api/v1/sheets")).json()["items"]}

    assert {name for name in ("kit", "guard", "exemption", "school", "gateway") if sheets[name]["editable"]} == {
        "kit",
        "guard",
    }
    assert sheets["kit"]["lines"] == 1
    kind = next(one for one in sheets["device"]["columns"] if one["name"] == "kind")
    assert (kind["kind"], kind["needed"]) == ("choice", True)
    assert "camera" in {one["value"] for one in kind["choices"]}


async def test_screens_have_one_datum(house: House) -> None:
    client = await house.sign_in("bureau")
    await put(client, "school", {"datum": "GCJ-02"}, key=[FIRST])
    place = house.registry.tree.schools[FIRST]

    page = (await client.get(f"/api/v1/schools/{FIRST}")).json()["school"]
    columns = (await client.get("/api/v1/bootstrap")).json()["schools"]

    wanted = converted(place.latitude, place.longitude, "GCJ-02")
    assert (page["lat"], page["lon"], page["datum"]) == (*wanted, "WGS-84")
    at = columns["id"].index(FIRST)
    assert (columns["lat"][at], columns["lon"][at]) == wanted
    assert wanted != (place.latitude, place.longitude)
    assert TOWN in house.registry.tree.units


async def test_teaching_points_stand_under_their_central_school(house: House) -> None:
    client = await house.sign_in("bureau")
    await put(client, "school", {"central": FIRST, "kind": "教学点"}, key=[THIRD])
    await put(client, "school", {"central": FIRST, "kind": "教学点"}, key=[SECOND])
    county = await house.sign_in("education_officer")

    async def page(who: httpx.AsyncClient, school: str) -> dict[str, Any]:
        found: dict[str, Any] = (await who.get(f"/api/v1/schools/{school}")).json()["school"]
        return found

    assert (await page(client, FIRST))["points"] == [SECOND, THIRD]
    assert (await page(county, FIRST))["points"] == [SECOND]  # The other lies out of reach.
    assert (await page(county, SECOND))["central"] == FIRST
