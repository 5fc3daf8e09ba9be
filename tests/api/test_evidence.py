"""Evidence by the API: within one's branch alone and each time on record; attached, marked and held as each may."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from server.core.fact import Fact, What, encode_fact
from server.evidence.verifying import verify
from server.journal.model import AlertFact
from server.journal.sql import SqlJournal
from tests.api.conftest import House
from tests.api.engine import fault, press
from tests.registry.city import FIRST, THIRD

PHOTO = b"\xff\xd8\xff\xe0" + b"picture" * 100
PLAIN = {"content-type": "application/octet-stream"}


@asynccontextmanager
async def as_user(house: House, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """Sign somebody in for a while."""
    client = await house.sign_in(name)
    yield client
    await client.aclose()


@pytest.fixture
async def incident(house: House) -> House:
    """Have an incident of the first school, a duress alarm of it, and one of another branch."""
    for alert in (press("a"), press("d", code="duress"), press("far", school=THIRD, gateway="gw-third")):
        house.engine.alerts[alert.id] = alert
        body = encode_fact(Fact(What.RAISED, 990.25, alert=alert))
        await SqlJournal(house.database).append_facts([AlertFact(alert.id, 1, 990_250, body)])
    house.now[0] = 2_000.0
    return house


async def attach(client: httpx.AsyncClient, alert: str = "a", data: bytes = PHOTO, name: str = "门口.jpg") -> httpx.Response:
    """Attach a file."""
    return await client.post(f"/api/v1/alerts/{alert}/attachments", params={"name": name}, content=data, headers=PLAIN)


async def test_every_view_of_evidence_is_on_record(incident: House) -> None:
    async with as_user(incident, "police_liaison") as client:
        first = await client.get("/api/v1/alerts/a/evidence")
        incident.now[0] += 1
        second = (await client.get("/api/v1/alerts/a/evidence")).json()

    assert first.status_code == 200, first.text
    told = first.json()
    assert [(entry["what"], entry["t"], entry["rx"]) for entry in told["entries"]] == [
        ("raised", 990_000, 990_250),
        ("press", 990_000, 990_250),
    ]
    assert told["may"] == ["attach", "take", "hold"]
    assert told["trace"]["frozen"] is False
    assert [(entry["what"], entry["by"]) for entry in second["entries"]][-1] == ("viewed", "police_liaison")
    assert (await incident.audited()).count(("police_liaison", "evidence_viewed", "alert:a")) == 2


async def test_evidence_of_another_branch_and_duress_at_the_school_are_not_there(incident: House) -> None:
    """The same answer as for what never was, and it is audited."""
    async with as_user(incident, "police_liaison") as client:
        statuses = [
            (await client.get("/api/v1/alerts/far/evidence")).status_code,
            (await client.get("/api/v1/alerts/far/evidence.zip")).status_code,
            (await client.get("/api/v1/alerts/never/evidence")).status_code,
            (await attach(client, "far")).status_code,
            (await client.post("/api/v1/alerts/far/hold", json={"move": "place", "reason": "why"})).status_code,
            (await client.get("/api/v1/alerts/far/attachments/x")).status_code,
        ]
    async with as_user(incident, "school_director") as client:
        statuses += [(await client.get("/api/v1/alerts/d/evidence")).status_code, (await attach(client, "d")).status_code]
        assert (await client.get("/api/v1/alerts/a/evidence")).json()["may"] == ["attach"]
        assert (await client.get("/api/v1/alerts/a/evidence.zip")).status_code == 403

    assert statuses == [404] * 8
    audited = await incident.audited()
    assert ("police_liaison", "outside_scope", "alert:far") in audited
    assert ("school_director", "outside_scope", "alert:d") in audited


async def test_incident_that_no_screen_knows_any_more_still_has_its_evidence(incident: House) -> None:
    incident.engine.alerts.clear()
    async with as_user(incident, "police_liaison") as client:
        assert (await client.get("/api/v1/alerts/a/evidence")).status_code == 200
        assert (await client.get("/api/v1/alerts/far/evidence")).status_code == 404


async def test_attachment_is_known_by_its_content_and_given_back_as_it_came(incident: House) -> None:
    async with as_user(incident, "school_director") as client:
        kept = await attach(client, name="../门口\u202e.exe")
        wrong = await attach(client, data=b"MZ\x90\x00")
        as_json = await client.post("/api/v1/alerts/a/attachments?name=x", json={})
        told = kept.json()
        given = await client.get(f"/api/v1/alerts/a/attachments/{told['id']}")

    assert kept.status_code == 201, kept.text
    assert (told["kind"], told["media_type"], told["bytes"], told["name"]) == (
        "photo",
        "image/jpeg",
        len(PHOTO),
        "../门口.exe",
    )
    assert (wrong.status_code, as_json.status_code) == (422, 422)
    assert given.content == PHOTO
    assert given.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in given.headers["content-security-policy"]
    assert ("school_director", "evidence_downloaded", "alert:a") in await incident.audited()


async def test_who_may_not_note_may_not_attach(incident: House) -> None:
    incident.engine.alerts["f"] = fault("f", school=FIRST)
    for name, alert, status in (
        ("maintainer", "a", 403),
        ("maintainer", "f", 201),
        ("supervisor", "a", 403),
        ("wall", "a", 403),
    ):
        async with as_user(incident, name) as client:
            assert (await attach(client, alert)).status_code == status, (name, alert)


async def test_attachment_is_marked_and_never_deleted(incident: House) -> None:
    async with as_user(incident, "school_director") as director, as_user(incident, "police_liaison") as police:
        own, theirs = (await attach(director)).json()["id"], (await attach(police, data=PHOTO + b"2")).json()["id"]
        marked = await director.post(f"/api/v1/alerts/a/attachments/{theirs}/remove", json={"reason": "no"})
        assert marked.status_code == 403
        marked = await director.post(f"/api/v1/alerts/a/attachments/{own}/remove", json={"reason": "放错了"})
        assert (marked.json()["removed_by"], marked.json()["removed_why"]) == ("school_director", "放错了")
        again = await director.post(f"/api/v1/alerts/a/attachments/{own}/remove", json={"reason": "放错了"})
        assert again.status_code == 409
        assert (await director.get(f"/api/v1/alerts/a/attachments/{own}")).status_code == 404
        listed = (await police.get("/api/v1/alerts/a/evidence")).json()["attachments"]

    assert {one["id"]: bool(one["removed_at"]) for one in listed} == {own: True, theirs: False}
    assert incident.parts.evidence is not None
    assert incident.parts.evidence.files.holds(listed[0]["sha256"], listed[0]["bytes"]) == ""


async def test_hold_is_placed_by_one_and_lifted_by_two(incident: House) -> None:
    async with as_user(incident, "police_liaison") as first, as_user(incident, "command_centre") as second:

        async def move(client: httpx.AsyncClient, name: str) -> int:
            asked = {"move": name, "reason": "立案调查"}
            return (await client.post("/api/v1/alerts/a/hold", json=asked)).status_code

        assert await move(first, "place") == 200
        held = (await first.get("/api/v1/evidence/holds")).json()
        assert [(one["alert"], one["school"], one["reason"]) for one in held["items"]] == [("a", FIRST, "立案调查")]
        kept = (await attach(first)).json()["id"]
        refused = await first.post(f"/api/v1/alerts/a/attachments/{kept}/remove", json={"reason": "why"})
        assert refused.json()["code"] == "illegal_move"
        assert await move(first, "ask_lift") == 200
        assert await move(first, "lift") == 409
        assert (await first.get("/api/v1/alerts/a/evidence")).json()["may"] == ["attach", "take"]
        assert "lift" in (await second.get("/api/v1/alerts/a/evidence")).json()["may"]
        assert await move(second, "lift") == 200
        assert (await first.get("/api/v1/evidence/holds")).json()["holds"] == 0

    what = [one for who, one, target in await incident.audited() if target == "alert:a"]
    assert [one for one in what if "hold" in one or "lift" in one or "held" in one] == [
        "evidence_held",
        "evidence_lift_asked",
        "evidence_lifted",
    ]


async def test_bundle_verifies_bears_the_log_and_is_made_again_to_the_byte(incident: House, tmp_path: Path) -> None:
    async with as_user(incident, "police_liaison") as client:
        await attach(client)
        incident.now[0] += 10
        first = await client.get("/api/v1/alerts/a/evidence.zip")
        incident.now[0] += 1_000
        await attach(client, data=PHOTO + b"later")
        again = await client.get(f"/api/v1/alerts/a/evidence.zip?as_of={2_010_000}")
        later = await client.get("/api/v1/alerts/a/evidence.zip")

    assert first.status_code == 200, first.text
    assert first.content == again.content
    assert first.content != later.content
    path = tmp_path / "bundle.zip"
    await asyncio.to_thread(path.write_bytes, first.content)
    manifest, wrong = verify(path)
    assert (wrong, manifest.as_of, manifest.alert) == ([], 2_010_000, "a")
    log = await incident.registry.audit.page(None, 500)
    head = next(line for line in log if line.sequence == manifest.audit.sequence)
    assert head.hash == manifest.audit.hash
    exported = [line for line in log if line.what == "evidence_exported"]
    assert [manifest.seal in line.detail for line in reversed(exported)] == [True, True, False]
    with zipfile.ZipFile(io.BytesIO(first.content)) as bundle:
        attached = [name for name in bundle.namelist() if name.startswith("attachments/")]
        assert [bundle.read(name) for name in attached] == [PHOTO]


async def test_large_body_is_taken_only_by_attachments(incident: House) -> None:
    big = PHOTO + b"x" * 200_000
    async with as_user(incident, "police_liaison") as client:
        assert (await attach(client, data=big)).status_code == 201
        assert (await client.post("/api/v1/alerts/a/hold", content=big, headers=PLAIN)).status_code == 413
        text = await attach(client, data=b"a" * (3 * 1024 * 1024))
        assert text.status_code == 413
