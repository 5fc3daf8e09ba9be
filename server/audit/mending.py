"""Single tables made what the journal says; each in transactions of a few rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, delete, func, insert, select, update

from server.audit.alarms import accepted_looks, key_of, look, told_as
from server.audit.derived import REFUSED, Derived
from server.audit.digest import Missing, Told
from server.audit.scratch import Item, Line, Scratch
from server.core.fact import Fact, What, encode_fact
from server.journal import tables
from server.journal.database import Database
from server.journal.raw import as_bytes

HOLES, JOINED = "holes", "joined"
ASKED_MAX = 200
FOR_EVER = 2**62
FACT_LOST = "an entry of this history is lost"
LOST = "the record itself is lost; told anew from the batch it was taken out of"


async def mend_events(database: Database, told: Sequence[Told]) -> tuple[int, int]:
    """Add rows that are missing and correct those that say something else; says how many of each."""
    added = corrected = 0
    for begun in range(0, len(told), ASKED_MAX):
        some = told[begun : begun + ASKED_MAX]
        more, changed = await database.run(lambda connection, some=some: _mend_events(connection, some))  # type: ignore[misc]
        added += more
        corrected += changed
    return added, corrected


def _mend_events(connection: Connection, told: Sequence[Told]) -> tuple[int, int]:
    table = tables.alarm_event
    event = table.c
    query = select(event.id, event.kind, event.state, event.gateway, event.device, event.t_ms, event.rx_ms, event.body)
    rows: Sequence[Any] = connection.execute(query.where(event.id.in_({one.id for one in told}))).all()
    looks = {
        key_of(one): look(one)
        for one in (
            Told(identity, kind, state, gateway, device, t_ms, rx_ms, as_bytes(body))
            for identity, kind, state, gateway, device, t_ms, rx_ms, body in rows
        )
    }
    added = corrected = 0
    for one in told:
        there = looks.get(key_of(one))
        if there is None:
            connection.execute(insert(table).values(**msgspec.structs.asdict(one)))
            added += 1
        elif there not in accepted_looks(one):
            same = and_(event.id == one.id, event.kind == one.kind, event.state == one.state, event.gateway == one.gateway)
            values = {"device": one.device, "t_ms": one.t_ms, "body": one.body}
            connection.execute(update(table).where(same).values(**values))
            corrected += 1
        looks[key_of(one)] = look(one)
    return added, corrected


async def mend_cursors(database: Database, ends: Mapping[tuple[str, str, str], int]) -> int:
    """Set each cursor to where its stream ends; a box that holds more than that sends it again."""
    moved = 0
    streams = list(ends.items())
    cursor = tables.cursor.c
    for begun in range(0, len(streams), ASKED_MAX):

        def work(connection: Connection, some: Sequence[Any] = streams[begun : begun + ASKED_MAX]) -> int:
            changed = 0
            for (gateway, epoch, lane), end in some:
                same = and_(cursor.gateway == gateway, cursor.epoch == epoch, cursor.lane == lane)
                moving = update(tables.cursor).where(same, cursor.position != end).values(position=end)
                changed += connection.execute(moving).rowcount
            return changed

        moved += await database.run(work)
    return moved


def hole_items(missing: Iterable[Missing]) -> list[Item]:
    """Write positions without a record so that they can be read back."""
    return [
        (msgspec.json.encode([one.gateway, one.epoch, one.lane, one.position, one.rx_ms]).decode(),
         msgspec.json.encode([one.count, one.why]).decode(), one.rx_ms)
        for one in missing
    ]  # fmt: skip


async def mend_holes(database: Database, derived: Derived, scratch: Scratch) -> tuple[int, int]:
    """Make gap and quarantine name what the journal declares as missing; says how many lines came and went.

    Lines of the quarantine that no batch speaks of are left: they are evidence.
    """
    async for page in derived.missing(0, FOR_EVER):
        scratch.found(HOLES, hole_items(page))
    added = removed = 0
    for lines in scratch.uneven(HOLES):
        for line in lines:
            if line.should != line.found:
                more, less = await database.run(lambda connection, line=line: _mend_hole(connection, line))  # type: ignore[misc]
                added += more
                removed += less
    return added, removed


def _mend_hole(connection: Connection, line: Line) -> tuple[int, int]:
    gateway, epoch, lane, position, rx_ms = msgspec.json.decode(line.key)
    count, why = msgspec.json.decode(line.print)
    place = {"gateway": gateway, "epoch": epoch, "lane": lane, "position": position, "rx_ms": rx_ms}
    gap = tables.gap.c
    same = and_(
        gap.gateway == gateway, gap.epoch == epoch, gap.lane == lane, gap.position == position, gap.rx_ms == rx_ms,
        gap.count == count, gap.reason == why,
    )  # fmt: skip
    gone = connection.execute(delete(tables.gap).where(same)).rowcount
    wanted = max(0, line.should - (line.found - gone))
    refused = count == 1 and why == REFUSED and not gone
    for _ in range(wanted):
        if refused:
            connection.execute(insert(tables.quarantine).values(**place, reason=REFUSED, detail=LOST, raw=b""))
        else:
            connection.execute(insert(tables.gap).values(**place, count=count, reason=why))
    return max(0, wanted - gone), max(0, gone - wanted)


async def untold_presses(derived: Derived, scratch: Scratch) -> list[str]:
    """List the presses that no fact puts into an alert; of those that two gateways told under one id, both."""
    async for page in derived.events(0, FOR_EVER):
        scratch.should(JOINED, [(one.id, "", one.rx_ms) for one in page if one.kind == "press"])
    async for joined in derived.joined(0):
        scratch.found(JOINED, [(told_as(signal)[0], one.alert, one.at_ms) for one in joined for signal in one.signals])
    return [
        lines[0].key
        for lines in scratch.uneven(JOINED)
        if sum(line.found for line in lines) < sum(line.should for line in lines)
    ]


async def fill_numbers(database: Database, now: float) -> int:
    """Put a note where a fact of an alert is lost: facts are counted, and a server could add none to a broken count."""
    fact = tables.alert_fact.c
    broken = select(fact.alert).group_by(fact.alert).having(func.max(fact.number) != func.count())
    query = select(fact.alert, fact.number, fact.settled).where(fact.alert.in_(broken)).order_by(fact.alert, fact.number)
    note = encode_fact(Fact(What.NOTED, now, note=FACT_LOST))

    def work(connection: Connection) -> int:
        known: dict[str, dict[int, bool]] = {}
        for alert, number, settled in connection.execute(query):
            known.setdefault(alert, {})[number] = settled
        filled = 0
        for alert, numbers in known.items():
            settled = False
            for number in range(2, max(numbers)):  # A lost beginning is told again with its press.
                settled = numbers.get(number, settled)
                if number not in numbers:
                    values = {
                        "alert": alert,
                        "number": number,
                        "at_ms": round(now * 1_000),
                        "settled": settled,
                        "body": note,
                    }
                    connection.execute(insert(tables.alert_fact).values(**values))
                    filled += 1
        return filled

    return await database.run(work)
