"""The tables of tests and drills. Instants are milliseconds UTC; nothing takes a move back."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from server.journal.database import metadata

declared_window = Table(
    "declared_window",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("mode", String(8), nullable=False),
    Column("school", String(10), nullable=False),
    Column("devices", Text, nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger, nullable=False),
    Column("approved_by", String(64), nullable=False),
    Column("state", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("until_ms", BigInteger, nullable=False),  # When it stops to count: its end, or when it was ended before that.
    Column("asked_by", String(64), nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("approved_ms", BigInteger, nullable=False),
    Column("moved_ms", BigInteger, nullable=False),  # When it was last moved: what other servers look for.
    Column("note", Text, nullable=False),
    Index(None, "until_ms"),
    Index(None, "moved_ms"),
    Index(None, "school", "start_ms"),
)

window_move = Table(  # Append-only: the database refuses to change or drop a line.
    "window_move",
    metadata,
    Column("window", String(36), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("move", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("role", String(32), nullable=False),
    Column("note", Text, nullable=False),
)

test_round = Table(
    "test_round",
    metadata,
    Column("id", String(40), primary_key=True),  # Made of school, period and number: two servers cannot make two of one.
    Column("school", String(10), nullable=False),
    Column("station", String(32), nullable=False),
    Column("period", String(8), nullable=False),
    Column("number", Integer, nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger, nullable=False),
    Column("devices", Text, nullable=False),
    Column("announced", Boolean, nullable=False),
    Column("state", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("noticed_ms", BigInteger, nullable=False),
    Column("receipted_ms", BigInteger, nullable=False),
    Column("receipted_by", String(64), nullable=False),
    Column("approved_ms", BigInteger, nullable=False),
    Column("approved_by", String(64), nullable=False),
    Column("window", String(36), nullable=False),
    Column("reason", String(24), nullable=False),
    Column("results", Text, nullable=False),
    Index(None, "school", "start_ms"),
    Index(None, "state", "start_ms"),
)

round_move = Table(  # Append-only: the database refuses to change or drop a line.
    "round_move",
    metadata,
    Column("round", String(40), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("move", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("note", Text, nullable=False),
)
