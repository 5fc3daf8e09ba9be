"""The statements of notifications, each within a transaction of its caller."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.notify import tables
from server.notify.model import Due, Hop, MessageState, Sending
from server.notify.rows import hop_row, read_due, read_sending

DUES_AT_ONCE = 200  # Looked at in one transaction.
UNKNOWN_CHANNEL_MS = 5_000  # By then a server that has the channel would have taken the message.


def overdue(channels: Collection[str], now_ms: int) -> Any:
    """Ask for due steps for which another way is to begin."""
    row = tables.notification.c
    waiting = row.state == MessageState.WAITING.value
    return (
        select(row.due)
        .where(
            or_(
                and_(waiting, row.over_ms > 0, row.over_ms <= now_ms),
                and_(row.state == MessageState.ACCEPTED.value, row.next_ms > 0, row.next_ms <= now_ms),
                and_(waiting, row.channel.not_in(channels), row.made_ms <= now_ms - UNKNOWN_CHANNEL_MS),
            )
        )
        .distinct()
        .limit(DUES_AT_ONCE)
    )


def told_before(connection: Connection, sending: Sending, what: str, by: str, reference: str) -> bool:
    """Say whether the same was told of a message before."""
    hop = tables.notification_hop.c
    same = and_(
        hop.due == sending.due, hop.message == sending.id, hop.what == what, hop.told_by == by, hop.reference == reference
    )
    return connection.execute(select(hop.number).where(same).limit(1)).scalar_one_or_none() is not None


def insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, object]]) -> Sequence[str]:
    """Insert what is not there yet, and name it: of two servers that write the same, the first is believed."""
    if not rows:
        return []
    if connection.dialect.name == "postgresql":
        one = postgresql.insert(table).on_conflict_do_nothing().returning(*table.primary_key.columns)
    else:
        one = sqlite.insert(table).on_conflict_do_nothing().returning(*table.primary_key.columns)
    return [found for row in rows for found in connection.execute(one, row).scalars()]


def locked(connection: Connection, id_: str) -> Due:
    """Read a due step that nobody else changes until the transaction ends."""
    due = tables.notification_due
    return read_due(connection.execute(select(due).where(due.c.id == id_).with_for_update()).one())


def dues(connection: Connection, ids: Collection[str]) -> dict[str, Due]:
    """Read due steps by their ids."""
    due = tables.notification_due
    found = [read_due(row) for row in connection.execute(select(due).where(due.c.id.in_(ids)))]
    return {one.id: one for one in found}


def read(connection: Connection, id_: str) -> Sending:
    """Read a message."""
    row = tables.notification
    return read_sending(connection.execute(select(row).where(row.c.id == id_)).one())


def sendings(connection: Connection, due: str) -> list[Sending]:
    """Read the messages of a due step, the oldest first."""
    row = tables.notification
    return [read_sending(one) for one in connection.execute(select(row).where(row.c.due == due).order_by(row.c.made_ms))]


def change(connection: Connection, id_: str, values: dict[str, object]) -> None:
    """Change a message."""
    connection.execute(update(tables.notification).where(tables.notification.c.id == id_).values(**values))


def note(  # One for each column of the log.
    connection: Connection, sending: Sending, at_ms: int, what: str, by: str, reference: str = "", detail: str = ""
) -> None:
    """Append a hop of a message."""
    hop = Hop(
        due=sending.due,
        at_ms=at_ms,
        what=what,
        message=sending.id,
        channel=sending.channel,
        recipient=sending.message.recipient,
        by=by,
        reference=reference,
        detail=detail,
    )
    connection.execute(insert(tables.notification_hop), hop_row(hop))
