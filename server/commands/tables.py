"""The table of orders. What became of one is told by the gateway's replies, which stand among the alarm events."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from server.journal.database import metadata

command = Table(
    "command",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("gateway", String(40), nullable=False),
    Column("device", String(40), nullable=False),  # Empty for the gateway itself.
    Column("school", String(10), nullable=False),
    Column("op", String(16), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("confirmed_by", String(64), nullable=False),
    Column("number", BigInteger, nullable=False),  # Rises within a gateway; 0 until it is signed.
    Column("issued_ms", BigInteger, nullable=False),
    Column("exp_ms", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # As it is sent, signature and all; empty until then.
    Index(None, "exp_ms"),
    Index(None, "gateway", "number"),
    Index(None, "asked_ms"),
)
