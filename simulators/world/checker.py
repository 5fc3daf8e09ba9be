"""Compares what the server says at the end with what really happened. Each line it gives is a broken promise."""

from collections import Counter
from collections.abc import Mapping

import msgspec

from contract.batch import decode_batch
from contract.identity import EpochId, GatewayId, Lane, PressId
from contract.records import Hole
from simulators.world.ghost import Ghost, Place
from simulators.world.server import SimServer, at_once


def broken_promises(server: SimServer, ghost: Ghost) -> list[str]:
    """Name every promise that was broken, in words; none is a good world."""
    return [*ghost.broken, *_presses(server, ghost), *_journal(server, ghost), *_counters(server)]


def left_waiting(waiting: Mapping[GatewayId, int]) -> list[str]:
    """Name the schools that still wait for receipts though everything has healed long ago."""
    return [f"{gateway} still has {count} records without a receipt" for gateway, count in waiting.items() if count]


def _counters(server: SimServer) -> list[str]:
    """Hold every message to have had one fate, and none to be still under way."""
    tally = server.tally
    received, ended = sum(tally.received.values()), sum(tally.fates.values())
    return (
        [] if (received, tally.pending) == (ended, 0) else [f"{received} messages, {ended} fates, {tally.pending} pending"]
    )


def _presses(server: SimServer, ghost: Ghost) -> list[str]:
    """Hold each answered press to be one event, in one incident; and no press to be there that nobody made."""
    found: list[str] = []
    events = Counter(event.id for event in at_once(server.journal.events(0)) if event.kind == "press")
    rows = Counter(
        PressId(press.id)
        for alert in server.engine.alerts.values()
        if alert.rule == "one_key_press"
        for press in alert.presses
    )
    for press in ghost.answered:
        if events[press] != 1:
            found.append(f"answered press {press} is {events[press]} events")
        if rows[press] != 1:
            found.append(f"answered press {press} is {rows[press]} rows on the screens")
    found += [f"press {press} is in the journal and nobody made it" for press in events if press not in ghost.pressed]
    found += [f"press {press} is on the screens {count} times" for press, count in rows.items() if count > 1]
    found += [f"press {press} is on the screens and not in the journal" for press in rows if press not in events]
    return found


def _journal(server: SimServer, ghost: Ghost) -> list[str]:
    """Hold positions to be contiguous from 1, each with one content, and everything once durable to be there unchanged."""
    found: list[str] = []
    kept: dict[Place, object] = {}
    last: dict[tuple[GatewayId, EpochId, Lane], int] = {}
    for journaled in at_once(server.journal.read(0, 1_000_000)):
        batch = decode_batch(journaled.body)
        key = (journaled.gateway, journaled.epoch, journaled.lane)
        position = batch.first_position
        for record in batch.records:
            width = record.positions()
            if position >= journaled.new_from:
                if position != last.get(key, 0) + 1:
                    found.append(f"{key} goes on at {position} after {last.get(key, 0)}")
                last[key] = position + width - 1
                if not isinstance(record, Hole):
                    kept[*key, position] = record
            position += width
    for place, body in ghost.durable.items():
        found_there = kept.get(place)
        if found_there is None:
            if place[3] <= last.get(place[:3], 0):
                found.append(f"{place} was durable, and stands in the journal as a hole")
            else:
                found.append(f"{place} was durable and never reached the journal")
        elif _encoded(found_there) != body:
            found.append(f"{place} changed on its way")
    return found


def _encoded(record: object) -> bytes:
    return msgspec.json.encode(record)
