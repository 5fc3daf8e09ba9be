"""Comparisons of a running server: bounded, followed, given up, one at a time, with what was left out said."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import fields
from pathlib import Path

import pytest

from contract.batch import encode_batch
from contract.identity import EpochId, GatewayId, Lane
from contract.records import Reading, encode_record
from server.core.roster import RosterIndex
from server.journal.archive import ArchivedRaw
from server.journal.database import Database, migrate, open_database
from server.journal.model import BatchWrite
from server.journal.sql import SqlJournal
from server.registry.model import School
from server.whatif import asking
from server.whatif.asking import Job, WhatIf
from server.whatif.model import Proposal
from tests.core.talking import MONDAY, beijing, city, gateway_of, school

START = beijing(MONDAY, 9)
NOW = START + 3_600.0
EPOCH = EpochId("0000000001")
LONGER = Proposal("450700", "gate_open", {"person": 480})


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    address = f"sqlite:///{tmp_path / 'journal.db'}"
    migrate(address)
    opened = open_database(address)
    yield opened
    await opened.close()


@pytest.fixture
async def whatif(database: Database, tmp_path: Path) -> AsyncIterator[WhatIf]:
    index = RosterIndex(city(plain(1), plain(2)))
    made = WhatIf(ArchivedRaw(database, tmp_path / "archive"), lambda: index, lambda: NOW)
    yield made
    await made.close()


async def store(database: Database, gateway: GatewayId, minutes: int, *, open_for: int) -> None:
    """Store a batch a minute; the gate stands open for the first so many."""
    writes = []
    for minute in range(minutes):
        at = round((START + minute * 60) * 1_000)
        told = [encode_record(Reading("gate-1", at, {"open": minute < open_for}))]
        body = encode_batch(gateway, EPOCH, Lane.TELEMETRY, minute + 1, at, told)
        writes.append(batch(gateway, minute + 1, at, body))
    await SqlJournal(database).write(writes)


def batch(gateway: GatewayId, position: int, at: int, body: bytes) -> BatchWrite:
    """Make a batch as ingest writes it."""
    digest = hashlib.sha256(body).digest()
    return BatchWrite(gateway, EPOCH, Lane.TELEMETRY, position, position, at, digest, body)


def plain(number: int) -> School:
    """Make a school of the product's own type: it travels to another process."""
    made = school(number)
    return School(**{one.name: getattr(made, one.name) for one in fields(School)})


async def ended(job: Job) -> Job:
    """Wait until a comparison does nothing any more."""
    assert job.task is not None
    await asyncio.wait([job.task], timeout=60)
    return job


async def test_a_comparison_reads_the_journal_and_says_which_school_sent_nothing(database: Database, whatif: WhatIf) -> None:
    await store(database, gateway_of(1), 30, open_for=5)
    job = whatif.begin("anne", LONGER, [school(1).id, school(2).id], 1)
    assert job is not None
    await ended(job)
    assert job.state == "done"
    assert [(one.school, len(one.before), len(one.after)) for one in job.answer.sides] == [
        (school(1).id, 1, 0),
        (school(2).id, 0, 0),
    ]
    assert job.answer.notes == {"no_readings": "1", "begins": str(round(START * 1_000))}


async def test_many_schools_are_sampled_and_that_is_said(whatif: WhatIf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SCHOOLS_MAX", 1)
    job = whatif.begin("anne", LONGER, [school(1).id, school(2).id], 1)
    assert job is not None
    await ended(job)
    assert (job.answer.schools_asked, job.answer.chosen, job.answer.notes["sampled"]) == (2, (school(1).id,), "1")


async def test_when_the_time_is_over_it_answers_with_what_it_has(whatif: WhatIf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SECONDS_MAX", 0.0)
    job = whatif.begin("anne", LONGER, [school(1).id, school(2).id], 1)
    assert job is not None
    await ended(job)
    assert (job.state, job.answer.notes["time_over"]) == ("done", "2")


async def test_it_can_be_given_up_and_a_new_one_of_the_same_person_takes_its_place(whatif: WhatIf) -> None:
    first = whatif.begin("anne", LONGER, [school(1).id], 1)
    second = whatif.begin("anne", LONGER, [school(1).id], 1)
    assert first is not None
    assert second is not None
    await ended(first)
    assert first.state == "cancelled"
    whatif.cancel(second)
    await ended(second)
    assert second.state == "cancelled"
    third = whatif.begin("anne", LONGER, [school(1).id], 1)
    assert third is not None
    assert (await ended(third)).state == "done", "what was given up holds nobody up"


async def test_it_belongs_to_whoever_asked(whatif: WhatIf) -> None:
    job = whatif.begin("anne", LONGER, [school(1).id], 1)
    assert job is not None
    assert whatif.find(job.id, "anne") is job
    assert whatif.find(job.id, "eve") is None


async def test_only_so_many_wait_and_the_oldest_answers_are_forgotten(
    whatif: WhatIf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "WAITING_MAX", 2)
    monkeypatch.setattr(asking, "KEPT_MAX", 2)
    made = [whatif.begin(f"user-{number}", LONGER, [], 1) for number in range(3)]
    assert made[2] is None
    for job in made[:2]:
        assert job is not None
        await ended(job)
    later = whatif.begin("anne", LONGER, [], 1)
    assert later is not None
    assert whatif.find(made[0].id, "user-0") is None  # type: ignore[union-attr]  # Asserted above.


async def test_a_journal_that_is_down_fails_the_comparison_alone(
    whatif: WhatIf, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatif._raw, "entries", _down)
    job = whatif.begin("anne", LONGER, [school(1).id], 1)
    assert job is not None
    assert (await ended(job)).state == "failed"


async def _down(*_: object) -> Callable[[], None]:
    from contract.errors import StorageError  # noqa: PLC0415

    raise StorageError("down")
