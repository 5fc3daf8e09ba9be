"""The log of reports that were given. Instants are milliseconds UTC, days those of Asia/Shanghai."""

from sqlalchemy import BigInteger, Column, Date, Index, Integer, String, Table, Text

from server.journal.database import metadata

report_given = Table(  # Append-only: the database refuses to change or drop a line.
    "report_given",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("report", String(24), nullable=False),
    Column("scope_kind", String(8), nullable=False),
    Column("scope_id", String(32), nullable=False),
    Column("day", Date, nullable=False),
    Column("as_of_ms", BigInteger, nullable=False),
    Column("frozen", String(64), nullable=False),
    Column("language", String(2), nullable=False),
    Column("form", String(4), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Index(None, "digest"),
    Index(None, "sha256"),
)
