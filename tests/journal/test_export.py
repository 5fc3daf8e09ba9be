"""Exports, on both databases: what came in an interval, all of it, with its gaps, and nothing that names a person."""

import asyncio
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from contract.batch import encode_batch
from contract.identity import EpochId, GatewayId, Lane
from contract.records import CheckIn, Hole, Reading, Record, encode_record
from server.app import main
from server.core.alert import Alert, Attached, Flow, Severity, State
from server.core.fact import Fact, What, decode_fact, encode_fact
from server.export.export import DISORDER_MS, Export
from server.export.lines import Wanted
from server.journal.database import Database, open_database
from server.journal.model import AlertFact, BatchWrite
from server.journal.sql import SqlJournal
from server.registry.roster_file import encode_roster
from server.registry.store import Registry
from server.registry.tree import Tree
from tests.registry.city import FIRST, THIRD, roster

E = EpochId("000001abcd")
TREE = Tree(roster())
NOON = 1_795_492_800_000
ALL = Wanted(0, 2**53)


def batch(gateway: str, first: int, rx_ms: int, *records: Record, grade: str = "") -> BatchWrite:
    """Make a batch as ingest writes it."""
    bodies = [encode_record(record) for record in records]
    body = encode_batch(GatewayId(gateway), E, Lane.TELEMETRY, first, rx_ms, bodies, grade=grade)
    last = first + sum(record.positions() for record in records) - 1
    return BatchWrite(GatewayId(gateway), E, Lane.TELEMETRY, first, last, rx_ms, hashlib.sha256(body).digest(), body)


def reading(value: float, device: str = "cam-1") -> Reading:
    """Make a reading."""
    return Reading(device, NOON - 5, {"fps": value})


def press(name: str, school: str, at_ms: int) -> list[AlertFact]:
    """Make the facts of a press that was acknowledged with a note."""
    at = at_ms / 1_000
    attached = Attached(f"p-{name}", "button-1", at, at, "short", stored=True, late=False)
    begun = Alert(
        id=name,
        rule="one_key_press",
        severity=Severity.CRITICAL,
        state=State.RAISED,
        mode="real",
        school=school,
        gateway="gw-first",
        device="button-1",
        t=at,
        rx=at,
        version=1,
        updated=at,
        presses=(attached,),
        press_count=1,
        flow=Flow.INCIDENT,
    )
    facts = [
        Fact(What.RAISED, at, alert=begun),
        Fact(What.ACKNOWLEDGED, at + 5, by="liang", role="police_liaison", note="called 黄老师 at 138"),
    ]
    return [AlertFact(name, number, at_ms, encode_fact(fact)) for number, fact in enumerate(facts, 1)]


def fault(name: str, at_ms: int) -> AlertFact:
    """Make the first fact of a fault of a thing."""
    raised = decode_fact(press(name, FIRST, at_ms)[0].body)
    assert raised.alert is not None
    alert = replace(raised.alert, flow=Flow.FAULT, rule="camera_offline", presses=())
    return AlertFact(name, 1, at_ms, encode_fact(msgspec.structs.replace(raised, alert=alert)))


async def exported(database: Database, what: str, wanted: Wanted) -> list[dict[str, object]]:
    """Read an export to its end."""
    pieces = [piece async for piece in Export(database, SqlJournal(database)).stream(what, wanted, TREE)]  # type: ignore[arg-type]
    lines = [json.loads(line) for line in b"".join(pieces).splitlines()]
    assert lines[-1] == {"kind": "end", "lines": len(lines) - 1}
    return lines[:-1]


async def test_readings_come_with_place_grade_and_holes_and_without_check_ins(database: Database) -> None:
    check_in = CheckIn("0198c2a0-5e31-7b52-9d0c-3f4e5a6b7c8d", "post-1", NOON, "guard-7", "in")
    await SqlJournal(database).write(
        [
            batch("gw-first", 1, NOON, reading(1.0), Hole(n=40, why="shed"), check_in, reading(2.0)),
            batch("gw-third", 1, NOON, reading(3.0), grade="telemetry"),
        ]
    )
    lines = await exported(database, "readings", ALL)

    head = {"school": FIRST, "gateway": "gw-first", "epoch": E}
    told = {"device": "cam-1", "t": NOON - 5, "rx": NOON, "q": 3}
    assert lines == [
        {
            "kind": "reading",
            **head,
            "position": 1,
            "device": "cam-1",
            "t": NOON - 5,
            "rx": NOON,
            "q": 3,
            "metrics": {"fps": 1.0},
        },
        {"kind": "hole", **head, "position": 2, "count": 40, "why": "shed", "rx": NOON},
        {
            "kind": "reading",
            **head,
            "position": 43,
            "device": "cam-1",
            "t": NOON - 5,
            "rx": NOON,
            "q": 3,
            "metrics": {"fps": 2.0},
        },
        {
            "kind": "reading",
            **(head | {"school": THIRD, "gateway": "gw-third"}),
            "position": 1,
            **told,
            "grade": "telemetry",
            "metrics": {"fps": 3.0},
        },
    ]


async def test_what_an_earlier_batch_had_brought_is_not_told_twice(database: Database) -> None:
    journal = SqlJournal(database)
    await journal.write([batch("gw-first", 1, NOON, reading(1.0), reading(2.0))])
    await journal.write([batch("gw-first", 2, NOON + 1, reading(2.0), reading(3.0))])

    assert [line["position"] for line in await exported(database, "readings", ALL)] == [1, 2, 3]


@pytest.mark.parametrize("size", [1, 7, 300])
async def test_exactly_the_interval_is_found_in_a_long_journal(database: Database, size: int) -> None:
    """By halving, with batches that were committed a little out of order, as retries are."""
    journal = SqlJournal(database)
    step = DISORDER_MS // 4
    times = [NOON + step * (place + (-2 if place % 5 == 0 else 0)) for place in range(size)]
    await journal.write([batch("gw-first", place + 1, rx, reading(float(place))) for place, rx in enumerate(times)])
    for start, end in ((0, size), (size // 3, size // 2 + 1), (size - 1, size), (-9, 0), (size, size + 9)):
        wanted = Wanted(NOON + step * start, NOON + step * end)
        expected = [place + 1 for place, rx in enumerate(times) if wanted.from_ms <= rx < wanted.to_ms]

        assert [line["position"] for line in await exported(database, "readings", wanted)] == expected


async def test_a_batch_that_was_committed_before_an_earlier_one_is_found(database: Database) -> None:
    """The halving meets the earlier one first."""
    journal = SqlJournal(database)
    times = (NOON + 10_000, NOON - 20_000, NOON + 30_000)
    await journal.write([batch("gw-first", place, rx, reading(1.0)) for place, rx in enumerate(times, 1)])

    assert [line["position"] for line in await exported(database, "readings", Wanted(NOON, NOON + 60_000))] == [1, 3]


async def test_a_school_or_gateway_alone_and_never_beyond_what_may_be_seen(database: Database) -> None:
    journal = SqlJournal(database)
    await journal.write([batch("gw-first", 1, NOON, reading(1.0)), batch("gw-third", 1, NOON, reading(3.0))])
    await journal.append_facts([*press("one", FIRST, NOON), *press("three", THIRD, NOON)])
    for wanted, schools in (
        (Wanted(0, 2**53, school=FIRST), [FIRST]),
        (Wanted(0, 2**53, gateway="gw-first"), [FIRST]),
        (Wanted(0, 2**53, sees=lambda school: school == THIRD), [THIRD]),
        (Wanted(0, 2**53, school=FIRST, sees=lambda school: school == THIRD), []),
    ):
        assert [line["school"] for line in await exported(database, "readings", wanted)] == schools
    for wanted, ids in (
        (Wanted(0, 2**53, school=THIRD), ["three"]),
        (Wanted(0, 2**53, sees_alert=lambda alert: alert.id == "one"), ["one"]),
    ):
        assert [line["id"] for line in await exported(database, "incidents", wanted)] == ids


async def test_incidents_come_with_presses_and_history_and_without_notes(database: Database) -> None:
    journal = SqlJournal(database)
    await journal.append_facts([*press("early", FIRST, NOON - 1), *press("one", FIRST, NOON), fault("cam", NOON)])
    [line] = await exported(database, "incidents", Wanted(NOON, NOON + 1))

    assert (line["id"], line["state"], line["acknowledged"], line["press_count"]) == ("one", "acknowledged", NOON + 5_000, 1)
    assert line["presses"] == [
        {
            "id": "p-one",
            "device": "button-1",
            "t": NOON,
            "rx": NOON,
            "press": "short",
            "stored": True,
            "late": False,
            "repaired": False,
            "cleared": None,
        }
    ]
    assert line["history"] == [
        {"at": NOON, "what": "raised"},
        {"at": NOON + 5_000, "what": "acknowledged", "by": "liang", "role": "police_liaison", "noted": True},
    ]
    assert "黄老师" not in json.dumps(line, ensure_ascii=False)


async def test_more_incidents_than_a_page_are_all_there(database: Database) -> None:
    facts = [fact for number in range(230) for fact in press(f"a{number:03}", FIRST, NOON + number)]
    await SqlJournal(database).append_facts(facts)

    assert [line["id"] for line in await exported(database, "incidents", ALL)] == [f"a{number:03}" for number in range(230)]


def test_the_command_writes_a_file_of_its_owner_alone_or_the_standard_output(tmp_path: Path, address: str) -> None:
    """Both databases; the interval is in the city's time."""
    (tmp_path / "server.toml").write_text(f'database = "{address}"\n')

    async def fill() -> None:
        database = open_database(address)
        await Registry(database).replace(roster())
        await SqlJournal(database).write([batch("gw-first", 1, NOON, reading(1.0))])
        await database.close()

    asyncio.run(fill())
    out = tmp_path / "out.jsonl"
    day = ["--from", "2026-11-24", "--to", "2026-11-25", "--config", str(tmp_path / "server.toml")]
    told = run("readings", *day, "--out", str(out))
    assert told.exit_code == 0, told.output
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["reading", "end"]
    assert out.stat().st_mode & 0o077 == 0
    assert not out.with_name("out.jsonl.part").exists()
    told = run("incidents", *day)
    assert json.loads(told.stdout) == {"kind": "end", "lines": 0}
    told = run("readings", *day, "--school", "0000000000")
    assert (told.exit_code, told.output) == (2, "--school: '0000000000' is not in the roster\n")
    told = run("readings", "--from", "yesterday", *day[2:])
    assert (told.exit_code, told.output.startswith("'yesterday' is no instant; allowed: 2026-11-24")) == (2, True)
    told = run("readings", "--from", "2026-11-25", *day[2:])
    assert (told.exit_code, told.output) == (2, "--from, --to: the first has to be earlier\n")


async def test_a_file_that_a_running_server_holds_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "roster.json").write_bytes(encode_roster(roster()))
    held = open_database(f"sqlite:///{tmp_path}/anxiao.db")
    day = ["--from", "2026-11-24", "--to", "2026-11-25", "--folder", str(tmp_path)]
    told = await asyncio.to_thread(run, "readings", *day, "--out", str(tmp_path / "out.jsonl"))
    await held.close()

    assert told.exit_code == 2
    assert "another process has the file open" in told.output
    assert "GET /api/v1/export/readings" in told.output
    assert not (tmp_path / "out.jsonl").exists()


def run(*words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["export", *words])
