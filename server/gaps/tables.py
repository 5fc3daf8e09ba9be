"""The tables of gaps. Instants are milliseconds UTC, dates those of Asia/Shanghai; nothing takes a move back."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, String, Table, Text

from server.journal.database import metadata

gap_line = Table(
    "gap_line",
    metadata,
    Column("id", String(80), primary_key=True),  # Made of its cell or its visit: two servers cannot make two of one.
    Column("school", String(10), nullable=False),
    Column("indicator", String(40), nullable=False),
    Column("figure", String(8), nullable=False),
    Column("state", String(12), nullable=False),
    Column("bad", Boolean, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("severity", String(8), nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("due", Date),
    Column("due_until_ms", BigInteger, nullable=False),  # The end of the due day; 0 without one.
    Column("closed_ms", BigInteger, nullable=False),
    Column("rectified_by", String(64), nullable=False),
    Column("reopened", Integer, nullable=False),
    Column("visit", String(36), nullable=False),
    Index(None, "school"),
    Index(None, "due_until_ms"),
    Index(None, "visit"),
)

gap_move = Table(  # Append-only: the database refuses to change or drop a line.
    "gap_move",
    metadata,
    Column("gap", String(80), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("move", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("role", String(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("due", Date),
    Column("evidence", Text, nullable=False),
)

gap_watch = Table(
    "gap_watch",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("school", String(10), nullable=False),
    Column("bad", Boolean, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Index(None, "school"),
    Index(None, "since_ms"),
)

visit = Table(
    "visit",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("school", String(10), nullable=False),
    Column("day", Date, nullable=False),
    Column("state", String(12), nullable=False),
    Column("planned_by", String(64), nullable=False),
    Column("planned_ms", BigInteger, nullable=False),
    Column("draw", String(36), nullable=False),
    Column("begun_by", String(64), nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=False),
    Column("findings", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "school"),
    Index(None, "day"),
)

visit_draw = Table(
    "visit_draw",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("seed", String(64), nullable=False),
    Column("unit", String(32), nullable=False),
    Column("count", Integer, nullable=False),
    Column("list_hash", String(64), nullable=False),
    Column("list_size", Integer, nullable=False),
    Column("by", String(64), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("schools", Text, nullable=False),
    Index(None, "unit"),
)
