"""An audit passes on what the server itself wrote, and goes red for each thing that is changed behind its back."""

from collections.abc import Awaitable, Callable

import duckdb
import pytest

from contract.errors import ConfigurationError
from contract.identity import EpochId, Lane
from contract.messages import OpenPress
from contract.records import Reading
from server.audit.days import day_of
from server.audit.report import in_words
from server.history.duckdb_store import DuckDbStore
from tests.audit.town import BUTTON, CAMERA, CITY, DAY, GATEWAY, Town, check, failed, press_id, told


async def test_what_the_server_wrote_agrees_with_the_journal(town: Town) -> None:
    await town.an_hour(8)
    await town.project()
    report = await town.audit()

    assert failed(report) == [], in_words(report)
    assert (report.readings, report.values) == (48, 8 * 15)
    assert check(report, "alarms").compared == 3 * 4
    assert check(report, "incidents").compared == 3
    assert check(report, "history").compared == 8 * 15
    assert "passed: everything derived agrees" in in_words(report)


async def test_an_empty_server_passes(town: Town) -> None:
    assert failed(await town.audit()) == []


async def test_late_readings_wrong_clocks_and_repairs_are_no_differences(town: Town) -> None:
    """What arrives days late, from clocks ahead or never set, twice or out of order, is where it should be."""
    await town.an_hour(2)
    town.now += DAY
    await town.send(Reading(d=CAMERA.id, t=town.ms() - 3 * 86_400_000, m={"fps": 1.5}), town.reading(80_000_000, fps=2))
    await town.send(Reading(d=CAMERA.id, t=5, m={"fps": 3, "model": "a\nb"}), town.hole(40), town.reading(fps=99_999))
    lost, early = town.press(5), town.press(8)
    await town.beat(*(OpenPress(id=press_id(number), d=BUTTON.id, t=town.ms()) for number in (5, 6)))
    await town.send(lost, lane=Lane.ALARM)
    first = town.next[Lane.ALARM]
    await town.send(early, lane=Lane.ALARM, first=first + 1)  # Not applied: the one before it has not come yet.
    await town.send(town.press(7), lane=Lane.ALARM, first=first)
    town.now += 60
    await town.send(early, town.press(9), lane=Lane.ALARM, first=first + 1)
    await town.send(town.press(77), lane=Lane.ALARM, first=first)  # Two contents for one position.
    await town.project()
    for span in ((None, None), (day_of(town.ms()), day_of(town.ms()))):
        report = await town.audit(*span)

        assert failed(report) == [], in_words(report)
    assert any("2 presses were repaired" in note for note in check(report, "alarms").notes)
    assert check(report, "refused").compared == 2
    assert any("without their refused records" in note for note in check(report, "batches").notes)


async def test_two_gateways_that_use_one_id_are_no_difference(town: Town) -> None:
    """Each has its row and its incident; the row of either is still missed, and so is its incident."""
    other = CITY.roster.gateways[-1].id
    await town.send(town.press(7), lane=Lane.ALARM)
    await town.send(town.press(7), lane=Lane.ALARM, gateway=other, first=1)
    await town.project()
    assert failed(await town.audit()) == []

    await town.sql(f"delete from alarm_event where gateway = '{other}'")
    assert failed(await town.audit()) == ["alarms", "incidents"]
    await town.sql(f"delete from alert_fact where alert = '{press_id(7)}@{other}'")
    assert failed(await town.audit()) == ["alarms"]


async def test_a_press_that_shares_its_id_and_is_in_no_incident_is_missed(town: Town) -> None:
    other = CITY.roster.gateways[-1].id
    await town.send(town.press(7), lane=Lane.ALARM)
    await town.send(town.press(7), lane=Lane.ALARM, gateway=other, first=1)
    await town.project()
    await town.sql(f"delete from alert_fact where alert = '{press_id(7)}@{other}'")

    assert failed(await town.audit()) == ["incidents"]
    assert f"press {press_id(7)} is in no incident" in " ".join(told(await town.audit()))


async def test_a_press_that_is_told_under_two_names_is_told_twice(town: Town) -> None:
    """What two servers that heard two such gateways in different order may do is not passed over."""
    await town.send(town.press(7), lane=Lane.ALARM)
    await town.project()
    [[alert, body]] = await town.rows("select alert, body from alert_fact where number = 1")
    twice = f"{alert}@{GATEWAY}"
    again = bytes(body).replace(str(alert).encode(), twice.encode())  # type: ignore[call-overload]
    insert = "insert into alert_fact (alert, at_ms, settled, body, number) values (:alert, :ms, false, :body, 1)"
    await town.sql(insert, alert=twice, ms=town.ms(), body=again)

    assert "is told more than once" in " ".join(told(await town.audit()))


async def test_only_the_days_asked_for_are_compared(town: Town) -> None:
    await town.an_hour(2)
    town.now += 3 * DAY
    await town.an_hour(2)
    await town.project()
    day = day_of(town.ms())
    await town.sql("delete from alarm_event where rx_ms < :ms", ms=town.ms() - 86_400_000)

    assert failed(await town.audit(day, day)) == []
    assert "alarms" in failed(await town.audit(day - 3, day - 3))


async def test_a_span_beyond_the_journal_is_refused_in_a_sentence(town: Town) -> None:
    await town.an_hour()
    with pytest.raises(ConfigurationError, match="can be audited from 2026-11-24 on"):
        await town.audit(day_of(town.ms()) - 1)
    with pytest.raises(ConfigurationError, match="empty"):
        await town.audit(day_of(town.ms()), day_of(town.ms()) - 1)


async def test_batches_that_the_history_has_not_been_given_are_not_passed(town: Town) -> None:
    await town.an_hour()
    await town.project()
    town.now += 60
    await town.send(town.reading(fps=5))
    report = await town.audit()

    assert check(report, "history").differences == 0
    assert check(report, "history").unchecked == 1
    assert not report.passed


TAMPERS = {
    "an event is missing": ("alarms", "delete from alarm_event where kind = 'clear'"),
    "a press is missing": (
        "alarms",
        "delete from alarm_event where kind = 'press' and rx_ms in (select min(rx_ms) from alarm_event)",
    ),
    "an event says another time": ("alarms", "update alarm_event set t_ms = t_ms + 1 where kind = 'press'"),
    "an event says another device": ("alarms", "update alarm_event set device = 'sos-9' where kind = 'alert'"),
    "an event holds another body": ("alarms", "update alarm_event set body = '{}' where kind = 'clear'"),
    "an event is there twice": (
        "alarms",
        (
            "insert into alarm_event select id, kind, 'more', gateway, device, t_ms, rx_ms, body from alarm_event"
            " where kind = 'press'"
        ),
    ),
    "an event has no record": (
        "alarms",
        (
            "insert into alarm_event select '00000000-0000-7000-8000-00000000ffff', kind, state, gateway, device, t_ms,"
            " rx_ms, body from alarm_event where kind = 'press' and rx_ms in (select min(rx_ms) from alarm_event)"
        ),
    ),
    "a press is in no incident": (
        "incidents",
        "delete from alert_fact where sequence in (select min(sequence) from alert_fact where alert like '0000%')",
    ),
    "a press is in two incidents": (
        "incidents",
        (
            "insert into alert_fact (alert, number, at_ms, settled, body) select 'another', 1, at_ms, settled, body"
            " from alert_fact where sequence in (select min(sequence) from alert_fact where alert like '0000%')"
        ),
    ),
    "a fact tells a signal of which there is no row": (
        "incidents",
        (
            "insert into alert_fact (alert, number, at_ms, settled, body) select alert, 1000, at_ms, settled,"
            """ '{"what":"pressed","at": 1,"press":{"id":"00000000-0000-7000-8000-00000000eeee"}}'"""
            " from alert_fact where sequence in (select min(sequence) from alert_fact where alert like '0000%')"
        ),
    ),
    "a fact is missing": ("incidents", "delete from alert_fact where alert like '0000%' and number = 2"),
    "a fact cannot be read": (
        "incidents",
        "update alert_fact set body = 'x' where sequence in (select max(sequence) from alert_fact)",
    ),
    "a batch is missing": ("positions", "delete from raw_batch where sequence = 2"),
    "the last batch is missing": (
        "positions",
        "delete from raw_batch where position in (select max(position) from raw_batch)",
    ),
    "the first batch is missing": ("positions", "delete from raw_batch where sequence = 1"),
    "a batch is there twice": (
        "positions",
        (
            "insert into raw_batch select 100, stream, position + 1, body_position, last_position, rx_ms, sha256, body"
            " from raw_batch where sequence = 1"
        ),
    ),
    "a batch begins before its time": (
        "positions",
        "update raw_batch set position = position - 1 where sequence in (select max(sequence) from raw_batch)",
    ),
    "a cursor is ahead": ("positions", "update cursor set position = position + 1"),
    "a cursor is behind": ("positions", "update cursor set position = position - 1"),
    "a batch holds another body": ("batches", "update raw_batch set body = (select body from raw_batch where sequence = 2)"),
    "a batch has another digest": ("batches", "update raw_batch set sha256 = '0' where sequence = 1"),
    "a body is rubbish": ("batches", "update raw_batch set body = 'x' where sequence = 1"),
    "a gap is missing": ("refused", "delete from gap"),
    "a gap is longer": ("refused", "update gap set count = count + 1"),
    "a gap is there twice": (
        "refused",
        (
            "insert into gap (gateway, epoch, lane, position, count, reason, rx_ms)"
            " select gateway, epoch, lane, position, count, reason, rx_ms from gap"
        ),
    ),
    "a gap has another reason": ("refused", "update gap set reason = 'lost'"),
    "a gap was never declared": ("refused", "update gap set position = position + 1"),
    "a refused record is missing": ("refused", "delete from quarantine"),
    "a refused record stands elsewhere": ("refused", "update quarantine set position = position + 1"),
}


@pytest.mark.parametrize("tamper", TAMPERS)
async def test_what_is_changed_in_the_database_turns_its_check_red(town: Town, tamper: str) -> None:
    await town.an_hour(4)
    await town.send(town.hole(40), town.reading(fps=99_999), town.reading(1, fps=9))
    await town.project()
    assert failed(await town.audit()) == []
    name, statement = TAMPERS[tamper]
    if town.database.dialect == "postgresql":
        for body in ("'{}'", "'x'", "'0'"):
            statement = statement.replace(f"= {body}", f"= {body}::bytea")
        statement = statement.replace("}}'", "}}'::bytea")
        statement = statement.replace("select 100", "select nextval('raw_batch_sequence')")

    assert await town.sql(statement) > 0
    report = await town.audit()

    assert name in failed(report), in_words(report)
    assert check(report, name).differences > 0
    assert told(report)


Change = Callable[[duckdb.DuckDBPyConnection], object]
HISTORY: dict[str, str] = {
    "a value is another": "update readings set value = value + 1 where t = (select max(t) from readings)",
    "a value is missing": "delete from readings where t = (select min(t) from readings)",
    "a value stands at another time": "update readings set t = t + 1 where t = (select max(t) from readings)",
    "a value is there twice": "insert into readings select * from readings limit 1",
    "a value is of another device": "update readings set source = (select max(id) + 1 from sources)",
    "a value was never measured": "insert into readings select source, metric, t + 60000000000, value from readings limit 1",
    "a text is another": "update texts set value = value || '!' where t = (select max(t) from texts)",
    "a text is missing": "delete from texts",
    "two values changed places": "update readings set value = 40.75 - value where value in (20.25, 20.5)",
    "a gateway is another": "update sources set gateway = 'gw-other'",
}


@pytest.mark.parametrize("tamper", HISTORY)
async def test_what_is_changed_in_the_history_turns_it_red(town: Town, tamper: str) -> None:
    await town.an_hour(3)
    await town.project()
    assert failed(await town.audit()) == []

    await change(town, HISTORY[tamper])
    report = await town.audit()

    assert failed(report) == ["history"], in_words(report)
    assert check(report, "history").differences > 0
    assert check(report, "history").shown


async def test_a_late_reading_that_is_missing_is_found(town: Town) -> None:
    """It was measured before the days that are audited, and received within them."""
    await town.an_hour()
    town.now += DAY
    await town.send(Reading(d=CAMERA.id, t=town.ms() - 86_400_000, m={"fps": 1.5}))
    await town.project()
    day = day_of(town.ms())
    assert failed(await town.audit(day, day)) == []

    await change(town, "delete from readings where value = 1.5")

    assert failed(await town.audit(day, day)) == ["history"]


async def test_streams_of_two_epochs_are_told_apart(town: Town) -> None:
    await town.an_hour()
    await town.send(town.reading(fps=1), epoch=EpochId("000002abcd"), first=1)
    await town.project()
    assert failed(await town.audit()) == []


async def change(town: Town, statement: str) -> None:
    """Change the history behind the store's back."""
    assert isinstance(town.store, DuckDbStore)
    work: Callable[[Change], Awaitable[object]] = town.store._call
    await work(lambda connection: connection.execute(statement))
