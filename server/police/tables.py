"""The table of police receipts. Instants are milliseconds UTC; nothing takes a receipt back."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from server.journal.database import metadata

police_receipt = Table(  # Append-only: the database refuses to change a line.
    "police_receipt",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("message", String(32), nullable=False),
    Column("alert", Text, nullable=False),
    Column("channel", String(40), nullable=False),
    Column("state", String(12), nullable=False),
    Column("effect", String(12), nullable=False),
    Column("at_ms", BigInteger, nullable=False),  # By the clock of whoever told it …
    Column("rx_ms", BigInteger, nullable=False),  # … and when it came.
    Column("told_by", String(64), nullable=False),
    Column("reference", String(120), nullable=False),
    Column("reason", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Index(None, "message"),
    Index(None, "alert"),
    Index(None, "rx_ms"),
)
