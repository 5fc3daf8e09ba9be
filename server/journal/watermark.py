"""How far a table of PostgreSQL may be read in the order of its numbers: they are taken in one order, committed in another.

A row below one already read may still be uncommitted. So we note the newest number and the newest transaction together;
once every transaction of that time has ended, nothing can appear at or below that number any more.
"""

from sqlalchemy import Connection

_NEWEST = "select case when is_called then last_value else 0 end from {}"
_RUNNING = "select pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint from pg_current_snapshot() as s"


class Watermark:
    """Grows with each look; a quiet database is read to its end at the second look. `sequence` is the one in SQL."""

    def __init__(self, sequence: str) -> None:
        self._newest = _NEWEST.format(sequence)
        self._safe = 0
        self._noted = 0
        self._noted_transaction: int | None = None

    def safe(self, connection: Connection) -> int:
        """Name the sequence up to which everything that will ever be there is there."""
        [newest] = connection.exec_driver_sql(self._newest).one()
        # Only now the transactions: whoever took a number up to `newest` is among them, for it wrote before it took one.
        oldest_running, next_transaction = connection.exec_driver_sql(_RUNNING).one()
        if oldest_running == next_transaction:  # Nobody is writing at all: all numbers taken are settled.
            self._safe = max(self._safe, newest)
        if self._noted_transaction is not None and oldest_running >= self._noted_transaction:
            self._safe = max(self._safe, self._noted)
            self._noted_transaction = None
        if self._noted_transaction is None:
            self._noted, self._noted_transaction = newest, next_transaction
        return self._safe
