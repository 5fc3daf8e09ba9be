"""Reports by the API: made of a branch within reach, put on record before they are given, known again by their hashes."""

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.api.app import build_app
from server.core.indicators import INDICATORS
from server.core.roster import RosterIndex
from server.core.verdict import Judgement, Verdict
from server.gaps.cells import HELD_MS, Cell
from server.gaps.model import Asked, Move
from server.registry.changes import put
from server.snapshots.frozen import Basis, Pair, freeze
from server.snapshots.past import Past
from server.snapshots.store import Snapshots
from tests.api.conftest import House
from tests.registry.city import FIRST, NORTH, NORTH_STATION, SECOND, SOUTH, THIRD


@asynccontextmanager
async def as_user(house: House, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """Sign somebody in for a while."""
    client = await house.sign_in(name)
    yield client
    await client.aclose()


def judge(house: House) -> None:
    """Let the engine have judged the three schools."""
    met, missing = Verdict(Judgement.MET), Verdict(Judgement.NOT_MET, ("alarm_host.offline",))
    house.engine.judged = {FIRST: {"t1": (met, missing)}, SECOND: {"t1": (met, met)}, THIRD: {"t1": (missing, missing)}}


async def test_report_is_given_and_stands_on_record(house: House) -> None:
    """The log has who, when, of what, and the hash of the very bytes; the same knowledge gives the same file."""
    judge(house)
    async with as_user(house, "education_officer") as client:
        first = await client.get(f"/api/v1/reports/gaps?unit={NORTH}")
        again = await client.get(f"/api/v1/reports/gaps?unit={NORTH}&language=zh&form=html&day=1970-01-01")
        book = await client.get(f"/api/v1/reports/circular?unit={NORTH}&form=xlsx&language=en")
        digest = hashlib.sha256(first.content).hexdigest()
        listed = (await client.get("/api/v1/reports")).json()
        found = (await client.get(f"/api/v1/reports?sha256={digest[:16]}")).json()

    assert (first.status_code, again.status_code, book.status_code) == (200, 200, 200)
    assert first.content == again.content
    assert f"学校{FIRST}" in first.text
    assert first.headers["repr-digest"] == f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"
    assert "script-src" not in first.headers["content-security-policy"]
    assert book.headers["content-disposition"].startswith("attachment")
    assert book.content[:2] == b"PK"
    assert [one["id"] for one in listed["kinds"]] == ["ledger", "circular", "gaps"]
    assert [(one["by"], one["report"], one["scope"], one["day"], one["form"]) for one in listed["given"]] == [
        ("education_officer", "circular", NORTH, "1970-01-01", "xlsx"),
        ("education_officer", "gaps", NORTH, "1970-01-01", "html"),
        ("education_officer", "gaps", NORTH, "1970-01-01", "html"),
    ]
    assert {one["sha256"] for one in found["given"]} == {digest}
    assert ("education_officer", "report_given", f"unit:{NORTH}") in await house.audited()


async def test_report_is_of_one_whole_branch_within_reach(house: House) -> None:
    """Another's branch, and one that lies only partly within reach, answer 404; so does a report that is none."""
    judge(house)
    async with as_user(house, "education_officer") as client:
        for query, status in (
            (f"gaps?unit={SOUTH}", 404),
            (f"gaps?school={THIRD}", 404),
            (f"gaps?station={NORTH_STATION}", 200),
            ("gaps?unit=nowhere", 404),
            ("nothing", 404),
            (f"circular?school={FIRST}", 422),
            (f"gaps?school={FIRST}&unit={NORTH}", 422),
            ("gaps?day=yesterday", 422),
            ("gaps?language=fr", 422),
        ):
            assert (await client.get(f"/api/v1/reports/{query}")).status_code == status, query
    async with as_user(house, "bureau") as client:
        assert (await client.get("/api/v1/reports/circular")).status_code == 200
        seen = (await client.get("/api/v1/reports")).json()["given"]
    async with as_user(house, "education_officer") as client:
        mine = (await client.get("/api/v1/reports")).json()["given"]

    assert [one["scope"] for one in seen] == ["450700", NORTH_STATION]
    assert [one["scope"] for one in mine] == [NORTH_STATION]


async def test_log_of_reports_cannot_be_changed(house: House) -> None:
    """The database itself refuses."""
    judge(house)
    async with as_user(house, "bureau") as client:
        await client.get("/api/v1/reports/gaps")
    for statement in ("delete from report_given", "update report_given set actor = 'x'"):
        with pytest.raises(DBAPIError, match="append-only"):
            await house.database.run(lambda connection, told=statement: connection.execute(text(told)))  # type: ignore[misc]


async def test_nothing_is_given_that_cannot_be_put_on_record(house: House) -> None:
    """Without the database there is no report, only the refusal."""
    judge(house)
    async with as_user(house, "bureau") as client:
        await house.database.run(lambda connection: connection.execute(text("drop table report_given")))
        answer = await client.get("/api/v1/reports/gaps")

    assert answer.status_code >= 500
    assert "学校" not in answer.text


async def test_league_lists_small_places_without_a_rank(house: House) -> None:
    """Only places wholly within reach are in it; with so few schools none has a band."""
    judge(house)
    async with as_user(house, "bureau") as client:
        counties = (await client.get("/api/v1/league?indicator=t1&by=county&figure=ledger")).json()
        stations = (await client.get("/api/v1/league?indicator=t1&by=station")).json()
        wrong = await client.get("/api/v1/league?indicator=t9")
    async with as_user(house, "education_officer") as client:
        mine = (await client.get("/api/v1/league?indicator=t1&by=county")).json()

    assert [(row["id"], row["counts"]["met"], row["band"]) for row in counties["rows"]] == [
        (NORTH, 2, None),
        (SOUTH, 0, None),
    ]
    assert [(row["id"], row["counted"]) for row in stations["rows"]] == [(NORTH_STATION, 2), ("P2-1", 1)]
    assert counties["least"] == 10
    assert wrong.status_code == 422
    assert [row["id"] for row in mine["rows"]] == [NORTH]


async def test_frozen_day_is_reported_as_it_was_known_then(house: House) -> None:
    """What was renamed and judged otherwise since does not change it; the file is the same whenever it is made."""
    met, missing = Verdict(Judgement.MET), Verdict(Judgement.NOT_MET, ("alarm_host.offline",))
    judged: dict[str, dict[str, Pair]] = {FIRST: {"t1": (missing, missing)}, SECOND: {"t1": (met, met)}}
    snapshots = Snapshots(house.database)
    basis = Basis(1, "engine", 0, house.registry.sequence, 0)
    asked: list[Any] = [replace(INDICATORS[0], name="t1")]
    await snapshots.append(freeze(0, RosterIndex(house.registry.roster), asked, judged, basis))
    cell = Cell(FIRST, "t1", "live", missing, "c")
    for at_ms in (1_000, 1_000 + HELD_MS["live"]):  # It counts too late for that day.
        await house.parts.gaps.compare([FIRST], [cell], at_ms, ["live"])
    ledger_cell = Cell(FIRST, "t1", "ledger", missing, "c")
    await house.parts.gaps.compare([FIRST], [ledger_cell], 1_000, ["ledger"])
    for at_ms, version, owner in ((2_000, 1, "甲科"), (90_000_000, 2, "乙科")):
        assigned = Asked(Move.ASSIGN, "o", "r", version, owner=owner, due=date(1970, 1, 5))
        await house.parts.gaps.move(ledger_cell.id, assigned, at_ms, still_bad=True)
    house.now[0] = 2 * 86_400.0
    past = Past(snapshots, None, None, None, registry_sequence=lambda: 0, clock=lambda: house.now[0])  # type: ignore[arg-type]
    house.app = build_app(replace(house.parts, past=past))
    async with as_user(house, "bureau") as client:
        before = await client.get("/api/v1/reports/gaps?day=1970-01-01")
        renamed = replace(house.registry.roster.schools[0], name="改名后的学校")
        await house.parts.edit([put(renamed)], by="bureau", reason="renamed")
        after = await client.get("/api/v1/reports/gaps?day=1970-01-01")
        ledger = await client.get(f"/api/v1/reports/ledger?school={FIRST}&day=1970-01-01")
        statuses = [(await client.get(f"/api/v1/reports/gaps?day=1970-01-{day}")).status_code for day in ("02", "09")]
        given = (await client.get("/api/v1/reports")).json()["given"]

    head = await snapshots.head(0)
    assert head is not None
    assert before.content == after.content
    assert f"学校{FIRST}" in after.text
    assert "甲科" in after.text
    assert "1970-01-05" in after.text
    assert "乙科" not in after.text  # It was given only a day later.
    assert head.hash[:16] in after.text
    assert f"学校{FIRST}" in ledger.text
    assert statuses == [404, 422]
    assert {one["frozen"] for one in given} == {head.hash}
