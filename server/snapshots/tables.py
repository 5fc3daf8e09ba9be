"""The frozen days' tables. The database refuses to change a day; what it may forget, and when, stands in its triggers."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, Table, Text

from server.journal.database import metadata

snapshot = Table(  # Append-only for ever: the chain of days.
    "snapshot",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),  # Days since 1970-01-01, Asia/Shanghai.
    Column("taken_ms", BigInteger, nullable=False),  # When it was really taken.
    Column("source", String(8), nullable=False),  # What the live figures were taken from: engine or journal.
    Column("registry_sequence", BigInteger, nullable=False),
    Column("journal_sequence", BigInteger, nullable=False),
    Column("month_end", Boolean, nullable=False),
    Column("schools", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("content", String(64), nullable=False),  # SHA-256 of the body before it is compressed.
    Column("prev", String(64), nullable=False),  # The hash of the frozen day before; empty for the first.
    Column("hash", String(64), nullable=False),
)

snapshot_body = Table(  # Never altered; deleted only after `BODIES_DAYS`, and month-ends never.
    "snapshot_body",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),  # zlib of `server.snapshots.frozen.Frozen` as JSON.
)

snapshot_tally = Table(  # The figures of the same days for series, one row for each unit; never altered either.
    "snapshot_tally",
    metadata,
    Column("unit", String(32), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("counts", Text, nullable=False),  # JSON: indicator -> the ledger's counts, then the live ones, by name.
)
