"""What is read of the time before a start, the same on both databases."""

from dataclasses import replace

import msgspec

from contract.identity import DeviceId, GatewayId, PressId, make_press_id
from contract.records import DeviceAlert, encode_record
from server.journal.database import Database
from server.journal.model import AlarmEvent
from server.journal.recent import SqlRecent
from server.journal.sql import SqlJournal
from tests.journal.test_sql import G, batch


def alert(number: int, device: str, code: str, *, on: bool = True, rx_ms: int = 5) -> AlarmEvent:
    """Make a device alert, or its end."""
    identity = make_press_id(1, number)
    body = encode_record(DeviceAlert(id=identity, d=device, code=code, t=4, on=on))
    return AlarmEvent(PressId(identity), "alert", G, DeviceId(device), 4, rx_ms, body, "on" if on else "off")


async def test_an_empty_journal_has_nothing_recent(database: Database) -> None:
    recent = SqlRecent(database)
    assert await recent.newest() == (0, 0)
    assert not await recent.read_back(100, 10)
    assert not await recent.offline(0)


async def test_batches_come_newest_first_from_where_it_is_asked(database: Database) -> None:
    written = await SqlJournal(database).write([batch(1, 1), batch(2, 2), batch(3, 3)])
    recent = SqlRecent(database)
    first, second, newest = (one.sequence for one in written)

    assert await recent.newest() == (newest, 1_003)
    assert [one.sequence for one in await recent.read_back(newest, 10)] == [newest, second, first]
    assert [one.sequence for one in await recent.read_back(newest, 2)] == [newest, second]
    [oldest] = await recent.read_back(first, 10)
    assert (oldest.gateway, oldest.rx_ms, oldest.body, oldest.new_from) == (G, 1_001, batch(1, 1).body, 1)


async def test_a_device_is_lost_from_its_report_until_it_is_reported_as_found(database: Database) -> None:
    """Others of its alerts say nothing about it, and a second loss after the first was over counts."""
    await SqlJournal(database).store_events(
        [
            alert(1, "cam-1", "offline"),
            alert(2, "cam-2", "offline"),
            alert(2, "cam-2", "offline", on=False),
            alert(3, "cam-3", "battery_low"),
            alert(4, "cam-2", "offline", rx_ms=9),
            replace(alert(5, "cam-4", "offline", rx_ms=1), gateway=GatewayId("gw-0002")),
        ]
    )
    recent = SqlRecent(database)
    assert set(await recent.offline(0)) == {(G, "cam-1"), (G, "cam-2"), ("gw-0002", "cam-4")}
    assert set(await recent.offline(5)) == {(G, "cam-1"), (G, "cam-2")}


async def test_an_alert_that_cannot_be_read_hides_no_other(database: Database) -> None:
    broken = replace(alert(1, "cam-1", "offline"), body=msgspec.json.encode({"k": "alert"}))
    await SqlJournal(database).store_events([broken, alert(2, "cam-2", "offline")])
    assert list(await SqlRecent(database).offline(0)) == [(G, "cam-2")]
