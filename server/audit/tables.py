"""The audits' tables: each run with its report, and of each day what the last run that covered it found."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text

from server.journal.database import metadata

audit_run = Table(
    "audit_run",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("asked_by", String(64), nullable=False),  # A user, or empty for the server itself.
    Column("started_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("differences", BigInteger, nullable=False),
    Column("report", Text, nullable=False),  # JSON.
)

audit_day = Table(
    "audit_day",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),  # Days since 1970-01-01, Asia/Shanghai.
    Column("run", String(36), nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
