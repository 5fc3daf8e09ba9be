"""From a journaled batch to the rows of history: which records count, and at which instant they stand. Pure."""

from dataclasses import dataclass

from contract.batch import Batch
from contract.records import Reading
from server.history.store import NS_PER_MS, Row

CLOCK_SUSPECT = "clock_suspect"  # The field that marks a row standing at the time of receipt.
SANE_FROM_MS = 1_577_836_800_000  # 2020-01-01: before this service existed; an older time is a clock that never was set.
AHEAD_MS_MAX = 86_400_000  # A day: time zones and drift stay within it; beyond it the gateway's clock is wrong.
POSITIONS_PER_MS = NS_PER_MS  # Positions wrap at a million, far above the records a gateway can append in one millisecond.


@dataclass(frozen=True, slots=True)
class Projected:
    """The rows of one batch, and how many of its records leave none: bad ones and those that measure nothing."""

    rows: list[Row]
    skipped: int


def project(batch: Batch, rx_ms: int, new_from: int = 0) -> Projected:
    """Give the readings of a batch, from position `new_from` on, as rows; earlier ones belong to an earlier batch.

    A reading whose time cannot be right stands at its time of receipt and is marked; the journal keeps what it claimed.
    """
    rows: list[Row] = []
    position = batch.first_position
    latest_ms = rx_ms + AHEAD_MS_MAX
    gateway = batch.gateway
    for record in batch.records:
        if type(record) is Reading:
            if position < new_from:
                position += 1
                continue
            t_ms = record.t
            metrics = record.m
            if not SANE_FROM_MS <= t_ms <= latest_ms:
                t_ms = rx_ms
                metrics = {**metrics, CLOCK_SUSPECT: True}
            rows.append(Row(gateway, record.d, t_ms * NS_PER_MS + position % POSITIONS_PER_MS, metrics))  # type: ignore[arg-type]
            position += 1
        else:
            position += record.positions()
    return Projected(rows, len(batch.records) - len(rows))
