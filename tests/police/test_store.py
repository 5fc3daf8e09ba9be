"""Receipts on record, on both databases: of messages that their channel has sent, and of no others."""

import pytest
import sqlalchemy as sa

from server.channels.channel import Message, Outcome, Receipt
from server.journal.database import Database
from server.notify.composing import compose
from server.notify.model import Recipient, Way
from server.notify.reading import NotificationLog
from server.notify.sending import Sender
from server.notify.store import Notifications
from server.police.lifecycle import Effect, PoliceState, Told
from server.police.store import OF_ONE_MESSAGE_MAX, PoliceReceipts
from server.police.tables import police_receipt
from tests.notify.town import NOW, Clock, House, an_alert, house
from tests.notify.town import Told as Channel

PLAN = ((Recipient("110", (Way("dc09", "4507000001"), Way("sms", "1"))),),)


class Police(Channel):
    """A channel whose answer says how far the call is."""

    says = PoliceState.ACCEPTED

    async def send(self, message: Message) -> Receipt:
        """Take a message."""
        receipt = await super().send(message)
        return Receipt(receipt.outcome, receipt.at, receipt.reference, "no unit free", police=self.says, digest="d" * 64)


def told(state: PoliceState, at: float = NOW, **more: str) -> Told:
    """Write what a police system tells."""
    return Told(state=state, at_ms=round(at * 1_000), by="dc09", **more)


def wired(database: Database, *channels: Channel) -> tuple[House, PoliceReceipts, list[tuple[str, Receipt]]]:
    """Make a server's notifications with police receipts beside them."""
    clock = Clock()
    there = house(database, channels, PLAN, clock=clock)
    receipts, settled = PoliceReceipts(database, clock), list[tuple[str, Receipt]]()
    kinds = {channel.name: channel.kind for channel in channels}
    there.store = Notifications(
        database,
        "s:a",
        lambda due, one, now_ms: compose(due, one, now_ms, kinds),
        clock,
        beside=receipts.beside,
        follows={"dc09"},
    )
    there.dispatcher._store = there.store
    named = {channel.name: channel for channel in channels}
    there.sender = Sender(
        there.store, named, there.alerts.get, clock, settled=lambda alert, receipt: settled.append((alert, receipt))
    )
    return there, receipts, settled


async def sent(there: House, database: Database) -> str:
    """Tell an alert; gives the id of its message."""
    await there.tell(an_alert())
    await there.turn()
    [one] = await NotificationLog(database).of_alert("press-1")
    return one.sendings[0].id


async def test_answer_that_takes_the_call_is_on_record_with_its_try(database: Database) -> None:
    """Sent and accepted, with the digest of the answer, in the order in which they are."""
    there, receipts, settled = wired(database, Police("dc09"))

    message = await sent(there, database)

    known = await receipts.of_alert("press-1")
    assert [(one.told.state, one.effect) for one in known] == [
        (PoliceState.SENT, Effect.MOVED),
        (PoliceState.ACCEPTED, Effect.MOVED),
    ]
    assert {one.message for one in known} == {message}
    assert known[1].told.digest == "d" * 64
    assert [(alert, receipt.police) for alert, receipt in settled] == [("press-1", PoliceState.ACCEPTED)]


async def test_channel_that_is_no_police_link_leaves_no_police_receipt(database: Database) -> None:
    """A text message that was delivered says nothing of the police."""
    there, receipts, _ = wired(database, Channel("dc09", [Outcome.DELIVERED]))

    await sent(there, database)

    assert not await receipts.of_alert("press-1")


async def test_receipts_come_late_twice_and_out_of_order_and_are_all_kept(database: Database) -> None:
    """On the scene first; the rest is kept and moves nothing."""
    there, receipts, _ = wired(database, Police("dc09"))
    message = await sent(there, database)
    words = [
        (PoliceState.ON_SCENE, NOW + 300, Effect.MOVED),
        (PoliceState.DISPATCHED, NOW + 60, Effect.LATE),
        (PoliceState.DISPATCHED, NOW + 60, Effect.REPEATED),
        (PoliceState.CLOSED, NOW + 900, Effect.MOVED),
        (PoliceState.ON_SCENE, NOW + 300, Effect.REPEATED),
    ]

    for state, at, effect in words:
        taken = await receipts.take("dc09", message, "", told(state, at, reason="handled", reference="J-9"))
        assert taken is not None
        assert taken.effect is effect

    known = await receipts.of_alert("press-1")
    assert [one.told.state for one in known[2:]] == [state for state, _, _ in words]
    assert (known[-2].told.reason, known[-2].told.reference) == ("handled", "J-9")


async def test_other_sides_number_finds_the_message_and_a_foreign_one_does_not(database: Database) -> None:
    """By its own number, by our id, and never for a message that went by another channel."""
    there, receipts, _ = wired(database, Police("dc09"))
    message = await sent(there, database)

    assert await receipts.take("dc09", "", "dc09-1", told(PoliceState.DISPATCHED)) is not None
    assert await receipts.take("dc09", "", "", told(PoliceState.DISPATCHED)) is None
    assert await receipts.take("cap", message, "", told(PoliceState.CLOSED)) is None
    assert await receipts.take("dc09", "0" * 32, "", told(PoliceState.CLOSED)) is None
    assert PoliceState.CLOSED not in {one.told.state for one in await receipts.of_alert("press-1")}


async def test_endless_receipts_fill_no_disk_and_the_last_move_has_room(database: Database) -> None:
    """Beyond the limit only a move is kept."""
    there, receipts, _ = wired(database, Police("dc09"))
    message = await sent(there, database)

    for number in range(OF_ONE_MESSAGE_MAX + 5):
        await receipts.take("dc09", message, "", told(PoliceState.ACCEPTED, NOW + number))
    last = await receipts.take("dc09", message, "", told(PoliceState.CLOSED))

    known = await receipts.of_alert("press-1")
    assert len(known) == OF_ONE_MESSAGE_MAX + 1
    assert last is not None
    assert last.effect is Effect.MOVED


async def test_receipts_are_appended_and_never_changed(database: Database) -> None:
    """The database itself refuses; what is too old leaves as a whole."""
    there, receipts, _ = wired(database, Police("dc09"))
    await sent(there, database)

    with pytest.raises(sa.exc.DBAPIError, match="not changed"):
        await database.run(_say_closed)
    await receipts.purge(round((NOW + 1) * 1_000))

    assert not await receipts.of_alert("press-1")


def _say_closed(connection: sa.Connection) -> None:
    connection.execute(sa.update(police_receipt).values(state="closed"))
