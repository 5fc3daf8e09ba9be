"""A server with a planted bug: it sends receipts for alarms without committing them. Only for the checker's own test."""

from collections.abc import Sequence

from contract.identity import Lane
from server import app
from server.journal.model import BatchWrite, Outcome, Written
from server.journal.sql import SqlJournal

_whole = SqlJournal.write


async def _hasty(self: SqlJournal, batches: Sequence[BatchWrite]) -> Sequence[Written]:
    if any(batch.lane is Lane.ALARM for batch in batches):
        return [Written(Outcome.APPLIED, batch.last_position) for batch in batches]
    return await _whole(self, batches)


SqlJournal.write = _hasty  # type: ignore[method-assign]

if __name__ == "__main__":
    app.main()
