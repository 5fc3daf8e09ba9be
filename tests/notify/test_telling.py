"""Each due step is told at least once, by one server at a time, and another way when one fails; on both databases."""

import asyncio
from dataclasses import replace

import pytest

from contract.errors import StorageError
from server.channels.channel import Outcome
from server.core.alert import State, Step
from server.core.effects import NotificationDue
from server.journal.database import Database
from server.notify.model import DueState, MessageState, Recipient, Way
from server.notify.reading import NotificationLog, Wanted
from server.notify.store import LEASE_SECONDS
from tests.notify.town import FIRST, NOW, SECOND, Clock, Told, an_alert, house

A, R, F, D = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.FAILED, Outcome.DELIVERED


async def state_of(database: Database, alert: str = "press-1") -> list[DueState]:
    """Give the states of an alert's due steps."""
    return [told.due.state for told in await NotificationLog(database).of_alert(alert)]


async def test_message_is_on_record_before_it_is_tried_and_told_only_by_a_receipt(database: Database) -> None:
    """Before the try it waits; after the receipt it is told, with every hop in the log."""
    sms = Told("sms")
    there = house(database, [sms, Told("chat")])

    await there.tell(an_alert())
    [before] = await NotificationLog(database).of_alert("press-1")
    await there.turn()
    [after] = await NotificationLog(database).of_alert("press-1")

    assert [one.state for one in before.sendings] == [MessageState.WAITING]
    assert before.due.state is DueState.OPEN
    assert [one.state for one in after.sendings] == [MessageState.ACCEPTED]
    assert after.due.state is DueState.TOLD
    assert [hop.what for hop in after.hops] == ["accepted", "told"]
    assert after.hops[0].reference == "sms-1"
    assert [message.address for message in sms.got] == ["13800000001"]


async def test_what_is_told_twice_is_sent_once(database: Database) -> None:
    """The engine may say the same again, and so may another server: the message is one."""
    sms = Told("sms")
    there = house(database, [sms])
    alert = an_alert()

    await there.tell(alert)
    await there.tell(alert)
    await there.turn()
    await there.tell(alert)
    await there.turn()

    assert len(sms.got) == 1


async def test_later_ring_is_told_again(database: Database) -> None:
    """A second press of the same incident rings anew, and so does its message, which says so."""
    sms = Told("sms")
    there = house(database, [sms])

    await there.tell(an_alert())
    await there.turn()
    await there.tell(an_alert(rings=2))
    await there.turn()

    assert len({message.id for message in sms.got}) == 2


async def test_failed_channel_goes_on_by_another_and_then_by_the_next_of_the_audience(database: Database) -> None:
    """Refused at once, the chat comes; when that fails for long, the next officer."""
    sms, chat = Told("sms", [R, A]), Told("chat", [F])
    there = house(database, [sms, chat])

    await there.tell(an_alert())
    await there.turn()
    assert [message.recipient for message in chat.got] == [FIRST.id]

    await there.turn(6)
    await there.turn()

    assert [message.recipient for message in sms.got] == [FIRST.id, SECOND.id]
    assert await state_of(database) == [DueState.TOLD]


async def test_way_that_comes_back_is_used_although_all_had_failed(database: Database) -> None:
    """A step nobody could be told of is dead, is tried on all the same, and is told when a way is there again."""
    sms = Told("sms", [F])
    there = house(database, [sms], ((FIRST,),))
    await there.tell(an_alert())
    await there.turn()
    await there.turn(6)
    assert await state_of(database) == [DueState.DEAD]

    sms.answers = [A]
    await there.turn(60)

    assert await state_of(database) == [DueState.TOLD]


async def test_tries_end_after_their_time(database: Database) -> None:
    """Half an hour after a press no way is tried any more."""
    sms = Told("sms", [F])
    there = house(database, [sms], ((SECOND,),))
    await there.tell(an_alert())
    for _ in range(40):
        await there.turn(60)
    tries = len(sms.got)

    await there.turn(3_600)

    assert len(sms.got) == tries
    [told] = await NotificationLog(database).of_alert("press-1")
    assert [one.state for one in told.sendings] == [MessageState.GIVEN_UP]


async def test_nobody_on_duty_is_dead_and_not_silence(database: Database) -> None:
    """A plan without anybody is a dead step at once."""
    there = house(database, [Told("sms")], ())

    await there.tell(an_alert())

    [told] = await NotificationLog(database).of_alert("press-1")
    assert (told.due.state, told.due.why) == (DueState.DEAD, "nobody_on_duty")


async def test_channel_that_is_not_there_is_refused_and_another_way_begins(database: Database) -> None:
    """An address by a channel that no server has does not wait for ever."""
    chat = Told("chat")
    there = house(database, [chat])

    await there.tell(an_alert())
    await there.turn(6)
    await there.turn()

    assert len(chat.got) == 1


async def test_acknowledged_alert_stops_what_was_not_sent(database: Database) -> None:
    """A fault that somebody has in hand tells nobody any more, not even by another way."""
    sms, chat = Told("sms", [F]), Told("chat")
    there = house(database, [sms, chat])
    fault = an_alert(rule="camera_offline", flow="fault", severity=3)
    await there.tell(fault)
    await there.turn()

    there.alerts[fault.id] = replace(fault, state=State.ACKNOWLEDGED, acknowledged_at=there.clock.now)
    await there.turn(400)

    assert (len(sms.got), len(chat.got)) == (1, 0)
    assert await state_of(database) == [DueState.STOPPED]


async def test_first_step_of_a_press_goes_to_every_level_although_one_has_acknowledged(database: Database) -> None:
    """The station's acknowledgement does not take the press from the command centre; a later step it does."""
    sms = Told("sms")
    there = house(database, [sms], ((SECOND,),))
    press = an_alert()
    there.alerts[press.id] = press

    await there.tell(press, 0, ("command_centre",))
    await there.tell(press, 1, ("station_phone",))
    there.alerts[press.id] = replace(press, state=State.ACKNOWLEDGED)
    await there.turn()

    assert [message.audience for message in sms.got] == ["command_centre"]


async def test_resolved_press_tells_nobody_any_more(database: Database) -> None:
    """What is over is over."""
    sms = Told("sms")
    there = house(database, [sms])
    press = an_alert()
    await there.tell(press)

    there.alerts[press.id] = replace(press, state=State.RESOLVED)
    await there.turn()

    assert not sms.got
    assert await state_of(database) == [DueState.STOPPED]


async def test_step_that_a_person_asked_for_is_told_after_the_acknowledgement(database: Database) -> None:
    """Who has an alert in hand may call for more help."""
    sms = Told("sms")
    there = house(database, [sms])

    await there.tell(an_alert(state=State.ACKNOWLEDGED), 2, ("sub_bureau_duty",))
    await there.turn()

    assert len(sms.got) == 1


async def test_two_living_servers_send_one_message(database: Database) -> None:
    """Both hear the press, both put it on record and both look: one sends."""
    sms = [Told("sms", ["stall"]), Told("sms", ["stall"])]
    clock = Clock()
    one = house(database, [sms[0]], owner="server-1:a", clock=clock)
    other = house(database, [sms[1]], owner="server-2:b", clock=clock)
    alert = an_alert()

    await asyncio.gather(one.tell(alert), other.tell(alert))
    await asyncio.gather(one.sender.look(), other.sender.look())
    await asyncio.sleep(0.05)
    await asyncio.gather(one.sender.look(), other.sender.look())
    await asyncio.sleep(0.05)

    assert len(sms[0].got) + len(sms[1].got) == 1


async def test_message_of_a_server_that_died_is_sent_by_its_next_start_under_the_same_id(database: Database) -> None:
    """Killed between the try and the receipt, it is sent again: twice rather than not at all, and known as the same."""
    first, second = Told("sms", ["stall"]), Told("sms")
    clock = Clock()
    dying = house(database, [first], owner="server-1:a", clock=clock)
    await dying.tell(an_alert())
    await dying.sender.look()
    await asyncio.sleep(0.05)

    born = house(database, [second], owner="server-1:b", clock=clock)
    await born.store.begin()
    await born.turn()

    assert [message.id for message in first.got] == [message.id for message in second.got] != []


async def test_message_of_a_dead_server_is_taken_over_when_its_lease_ends(database: Database) -> None:
    """Another server waits for the lease, and then sends."""
    first, second = Told("sms", ["stall"]), Told("sms")
    clock = Clock()
    dying = house(database, [first], owner="server-1:a", clock=clock)
    await dying.tell(an_alert())
    await dying.sender.look()
    await asyncio.sleep(0.05)
    other = house(database, [second], owner="server-2:b", clock=clock)
    await other.turn()
    assert not second.got

    if database.dialect == "postgresql":
        await database.run(lambda connection: connection.exec_driver_sql("update notification set lease_ms = 0") and None)
    await other.turn(LEASE_SECONDS + 1)

    assert [message.id for message in first.got] == [message.id for message in second.got]


async def test_what_the_server_lost_before_it_was_on_record_is_found_from_the_alerts(database: Database) -> None:
    """Every step that an alert has reached is looked for, and what is missing is told."""
    sms = Told("sms")
    there = house(database, [sms], ((SECOND,),))
    press = an_alert(escalation=1)
    there.alerts[press.id] = press

    await there.dispatcher.reconcile()
    await there.turn()

    assert sorted(message.audience for message in sms.got) == [
        "command_centre",
        "school",
        "station",
        "station_phone",
        "sub_bureau",
    ]


async def test_queue_is_bounded_and_what_does_not_fit_is_found_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limit nothing is kept in memory, and nothing is lost."""
    monkeypatch.setattr("server.notify.dispatcher.QUEUE_MAX", 2)
    there = house(database, [Told("sms")], ((SECOND,),), leads=False)
    await there.dispatcher.reconcile()
    for number in range(5):
        alert = an_alert(f"press-{number}")
        there.alerts[alert.id] = alert
        there.dispatcher.tell(NotificationDue(alert, 0, ("station",)))
    assert there.dispatcher.waiting == 2

    await there.dispatcher.put()
    await there.dispatcher.reconcile()

    assert {told.due.alert for told in (await NotificationLog(database).page(Wanted(), 0, 100))[0]} == set(there.alerts)


async def test_stalled_channel_keeps_no_other_waiting(database: Database) -> None:
    """One channel never answers; another's messages go out meanwhile, however many wait for the first."""
    sms, chat = Told("sms", ["stall"]), Told("chat")
    there = house(database, [sms, chat], ((Recipient("duty/3", (Way("sms"),)), Recipient("duty/4", (Way("chat"),))),))
    for number in range(30):
        await there.tell(an_alert(f"press-{number}"))

    async with asyncio.timeout(10):
        while len(chat.got) < 30:
            await there.sender.look()
            await asyncio.sleep(0.01)

    assert len(sms.got) == 4


async def test_accepted_and_never_reported_goes_another_way(database: Database) -> None:
    """A provider that says yes and drops the message is found out by the report that does not come."""
    sms, chat = Told("sms", [A], report_seconds=20.0), Told("chat")
    there = house(database, [sms, chat])
    await there.tell(an_alert())
    await there.turn()
    await there.turn(10)
    assert not chat.got

    await there.turn(11)
    await there.turn()

    assert len(chat.got) == 1
    [told] = await NotificationLog(database).of_alert("press-1")
    assert {one.channel: one.state for one in told.sendings} == {
        "sms": MessageState.UNREPORTED,
        "chat": MessageState.ACCEPTED,
    }


async def test_reports_come_late_twice_and_out_of_order(database: Database) -> None:
    """Delivered stays delivered; the same word twice is one line of the log; a later failure changes nothing."""
    sms = Told("sms", [A], report_seconds=20.0)
    there = house(database, [sms])
    await there.tell(an_alert())
    await there.turn()
    [message] = sms.got
    at_ms = round(there.clock.now * 1_000)

    for what in ("delivered", "accepted", "delivered", "failed"):
        assert await there.store.later(message.id, what, at_ms, "sms", "r-1")

    [told] = await NotificationLog(database).of_alert("press-1")
    assert [one.state for one in told.sendings] == [MessageState.DELIVERED]
    assert [hop.what for hop in told.hops] == ["accepted", "told", "delivered", "accepted", "failed"]
    assert not await there.store.later("0" * 32, "delivered", at_ms, "sms")


async def test_receipt_that_the_database_did_not_take_is_kept_and_the_message_not_sent_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database is away, what was sent is remembered."""
    sms = Told("sms")
    there = house(database, [sms])
    await there.tell(an_alert())
    settle, failing = there.store.settle, True

    async def settled(*given: object) -> DueState:
        if failing:
            raise StorageError("away")
        return await settle(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(there.store, "settle", settled)
    monkeypatch.setattr("server.notify.store.LEASE_SECONDS", 0.05)
    monkeypatch.setattr("server.notify.sending.SEND_SECONDS", 0.01)
    monkeypatch.setattr("server.notify.sending.SPARE_SECONDS", 0.01)
    await there.sender.look()
    await there.sender.idle()
    failing = False
    await database.run(lambda connection: connection.exec_driver_sql("update notification set lease_ms = 0") and None)
    await there.turn(1)

    assert len(sms.got) == 1
    assert await state_of(database) == [DueState.TOLD]


async def test_mistake_in_a_channel_costs_a_try_and_no_more(database: Database) -> None:
    """A channel that raises is one that failed."""
    sms = Told("sms", ["bug", D])
    there = house(database, [sms])
    await there.tell(an_alert())
    await there.turn()

    await there.turn(2)

    assert there.sender.faults == 1
    assert await state_of(database) == [DueState.TOLD]


async def test_old_notifications_are_forgotten_with_all_that_belongs_to_them(database: Database) -> None:
    """After the audit period nothing of them is left; before it all is."""
    there = house(database, [Told("sms")])
    await there.tell(an_alert())
    await there.turn()

    assert await there.store.purge(round(there.clock.now * 1_000) - 1) == 0
    assert await there.store.purge(round(there.clock.now * 1_000) + 1) == 1
    assert await NotificationLog(database).of_alert("press-1") == []


async def test_button_that_is_pressed_a_thousand_times_does_not_hinder_looking_at_the_alerts(database: Database) -> None:
    """Each press rings; what the steps of the chain told at any of them holds for the last one too."""
    there = house(database, [Told("sms")], ((SECOND,),))
    history = tuple(Step(NOW, "raised" if number == 0 else "pressed") for number in range(1_000))
    for number in range(40):
        first = an_alert(f"press-{number}", escalation=3)
        there.alerts[first.id] = first
    await there.dispatcher.reconcile()
    before = (await NotificationLog(database).page(Wanted(), 0, 1))[1]

    for alert in list(there.alerts.values()):
        there.alerts[alert.id] = replace(alert, rings=1_000, history=history, version=1_001)
    await there.dispatcher.reconcile()

    after = (await NotificationLog(database).page(Wanted(), 0, 1))[1]
    assert (before, after - before) == (40 * 8, 40 * 4)  # Of the last ring the first step alone is new.


async def test_alert_that_is_held_back_tells_nobody(database: Database) -> None:
    """Shelved, planned or under another alert: neither by looking at the alerts nor by what was not sent yet."""
    sms = Told("sms")
    there = house(database, [sms], ((SECOND,),))
    fault = an_alert("fault-1", rule="camera_offline", flow="fault", severity=3, group="area-1")
    there.alerts[fault.id] = fault

    await there.dispatcher.reconcile()
    await there.tell(fault)
    await there.turn()

    assert not sms.got
