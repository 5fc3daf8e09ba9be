"""Audits with their reports, the days they covered, and the files of the archive."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "archive_file",
        sa.Column("last_sequence", sa.BigInteger, autoincrement=False),
        sa.Column("first_sequence", sa.BigInteger, nullable=False),
        sa.Column("first_rx_ms", sa.BigInteger, nullable=False),
        sa.Column("last_rx_ms", sa.BigInteger, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("prev", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("written_ms", sa.BigInteger, nullable=False),
        sa.Column("expired", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("last_sequence", name="pk_archive_file"),
    )
    op.create_table(
        "audit_run",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
        sa.Column("from_ms", sa.BigInteger, nullable=False),
        sa.Column("to_ms", sa.BigInteger, nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("differences", sa.BigInteger, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_run"),
    )
    op.create_table(
        "audit_day",
        sa.Column("day", sa.Integer, autoincrement=False),
        sa.Column("run", sa.String(36), nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_audit_day"),
    )
