"""The tables of evidence. Instants are milliseconds UTC; nothing takes back what somebody did with it."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Select, String, Table, Text, select

from server.journal.database import metadata

evidence_act = Table(  # Append-only: the database refuses to change or drop a line.
    "evidence_act",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("alert", String(80), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("role", String(32), nullable=False),
    Column("what", String(16), nullable=False),
    Column("ref", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "alert"),
)

evidence_file = Table(
    "evidence_file",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("alert", String(80), nullable=False),
    Column("shelf", String(12), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("role", String(32), nullable=False),
    Column("name", String(200), nullable=False),
    Column("note", Text, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("source", String(40), nullable=False),
    Column("media_type", String(40), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("removed_ms", BigInteger, nullable=False),
    Column("removed_by", String(64), nullable=False),
    Column("removed_why", Text, nullable=False),
    Column("expired_ms", BigInteger, nullable=False),
    Index(None, "alert"),
    Index(None, "sha256"),
    Index(None, "shelf", "at_ms"),
)

evidence_trace = Table(
    "evidence_trace",
    metadata,
    Column("alert", String(80), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("shelf", String(12), nullable=False),
    Column("taken_ms", BigInteger, nullable=False),
    Column("presses", Integer, nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),  # The trace as zlib of JSON.
    Index(None, "shelf", "taken_ms"),
)

evidence_hold = Table(
    "evidence_hold",
    metadata,
    Column("alert", String(80), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("school", String(10), nullable=False),
    Column("from_ms", BigInteger, nullable=False),  # What was received in this span is held too.
    Column("to_ms", BigInteger, nullable=False),
    Column("placed_ms", BigInteger, nullable=False),
    Column("placed_by", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_why", Text, nullable=False),
    Column("lifted_ms", BigInteger, nullable=False),  # 0 while it stands.
    Column("lifted_by", String(64), nullable=False),
    Index(None, "lifted_ms"),
)


def held_alerts() -> Select[Any]:
    """Give the query of the incidents whose evidence is held, for whoever removes things."""
    return select(evidence_hold.c.alert).where(evidence_hold.c.lifted_ms == 0)
