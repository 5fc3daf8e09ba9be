"""Evidence of alerts: attachments, frozen traces, holds, and what anybody did with them."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "evidence_act",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("alert", sa.String(80), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_evidence_act"),
    )
    op.create_index("ix_evidence_act_alert", "evidence_act", ["alert"])
    op.create_table(
        "evidence_file",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("alert", sa.String(80), nullable=False),
        sa.Column("shelf", sa.String(12), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("removed_ms", sa.BigInteger, nullable=False),
        sa.Column("removed_by", sa.String(64), nullable=False),
        sa.Column("removed_why", sa.Text, nullable=False),
        sa.Column("expired_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_evidence_file"),
    )
    op.create_index("ix_evidence_file_alert", "evidence_file", ["alert"])
    op.create_index("ix_evidence_file_sha256", "evidence_file", ["sha256"])
    op.create_index("ix_evidence_file_shelf_at_ms", "evidence_file", ["shelf", "at_ms"])
    op.create_table(
        "evidence_trace",
        sa.Column("alert", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("shelf", sa.String(12), nullable=False),
        sa.Column("taken_ms", sa.BigInteger, nullable=False),
        sa.Column("presses", sa.Integer, nullable=False),
        sa.Column("from_ms", sa.BigInteger, nullable=False),
        sa.Column("to_ms", sa.BigInteger, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("alert", "number", name="pk_evidence_trace"),
    )
    op.create_index("ix_evidence_trace_shelf_taken_ms", "evidence_trace", ["shelf", "taken_ms"])
    op.create_table(
        "evidence_hold",
        sa.Column("alert", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("school", sa.String(10), nullable=False),
        sa.Column("from_ms", sa.BigInteger, nullable=False),
        sa.Column("to_ms", sa.BigInteger, nullable=False),
        sa.Column("placed_ms", sa.BigInteger, nullable=False),
        sa.Column("placed_by", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_ms", sa.BigInteger, nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("asked_why", sa.Text, nullable=False),
        sa.Column("lifted_ms", sa.BigInteger, nullable=False),
        sa.Column("lifted_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("alert", "number", name="pk_evidence_hold"),
    )
    op.create_index("ix_evidence_hold_lifted_ms", "evidence_hold", ["lifted_ms"])
    _append_only(op.get_bind())


def _append_only(connection: sa.Connection) -> None:
    words = "acts on evidence are append-only"
    if connection.dialect.name == "postgresql":
        op.execute(
            "create function evidence_act_is_append_only() returns trigger language plpgsql as "
            f"$$ begin raise exception '{words}'; end $$"
        )
        op.execute(
            "create trigger evidence_act_is_append_only before update or delete or truncate on evidence_act "
            "for each statement execute function evidence_act_is_append_only()"
        )
    else:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger evidence_act_refuses_{change} before {change} on evidence_act "
                f"begin select raise(abort, '{words}'); end"
            )
