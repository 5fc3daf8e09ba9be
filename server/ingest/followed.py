"""What another server has committed, told to our engine: shown where it is new, confirmed where we show it already."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from contract.batch import decode_batch
from contract.identity import Lane, PressId
from server.core.events import Event, PressStored, ReadingsArrived
from server.ingest.signals import Signals
from server.ingest.sorting import event_key, retold, signal_key, sort_alarms, sort_telemetry
from server.journal.model import AlarmEvent, JournaledBatch


def told_of_batch(journaled: JournaledBatch, signals: Signals, now: float) -> tuple[list[Event], int]:
    """Give what the engine is to be told of a batch, and its last position; raises `Refused` for one we cannot read."""
    batch = decode_batch(journaled.body)
    rx = journaled.rx_ms / 1_000
    if batch.lane is Lane.ALARM:
        found = sort_alarms(batch, rx)
        told: list[Event] = []
        for signal in found.signals:
            stored = PressStored(PressId(signal.id), signal.gateway, now)
            told += _news(signal_key(signal), stored, partial(replace, signal, stored=True), signals)
        return [*told, *found.told_after], batch.last_position
    found = sort_telemetry(batch, {}, rx)  # What was refused stands in the journal as a hole.
    pairs = [pair for pair in zip(found.positions, found.readings, strict=True) if pair[0] >= journaled.new_from]
    readings = ReadingsArrived(
        batch.gateway, batch.epoch, rx, [position for position, _ in pairs], [reading for _, reading in pairs]
    )
    return ([readings] if pairs else []) + list(found.told_after), batch.last_position


def told_of_events(events: Sequence[AlarmEvent], signals: Signals, now: float) -> list[Event]:
    """Give what the engine is to be told of events in the journal; of those known already, nothing."""
    told: list[Event] = []
    for event in events:
        told += _news(event_key(event), PressStored(event.id, event.gateway, now), partial(retold, event), signals)
    return told


def _news(key: str, stored: PressStored, tell: Callable[[], Event | None], signals: Signals) -> list[Event]:
    """Note that something is stored, and give what is news of it: that it is there, or that what we show is saved."""
    if signals.stored(key):
        return []
    if signals.store(key):
        return [stored]
    told = tell()
    return [] if told is None else [told]
