"""The table of handovers. Instants are milliseconds UTC; the database refuses to change or drop a line."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from server.journal.database import metadata

handover = Table(
    "handover",
    metadata,
    Column("id", String(36), primary_key=True),  # The request's own: asked twice, it is one.
    Column("scope_kind", String(8), nullable=False),
    Column("scope_id", String(32), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("outgoing", String(64), nullable=False),
    Column("incoming", String(64), nullable=False),
    Column("open", Integer, nullable=False),
    Column("seen", Text, nullable=False),
    Column("sound", String(12), nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "scope_kind", "scope_id", "at_ms"),
)
