"""The ledger of gaps: their state, their moves for ever, and the cells that are watched until they count."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "gap_line",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("school", sa.String(10), nullable=False),
        sa.Column("indicator", sa.String(40), nullable=False),
        sa.Column("figure", sa.String(8), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("bad", sa.Boolean, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("clause", sa.Text, nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sa.Column("opened_ms", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("due", sa.Date),
        sa.Column("due_until_ms", sa.BigInteger, nullable=False),
        sa.Column("closed_ms", sa.BigInteger, nullable=False),
        sa.Column("rectified_by", sa.String(64), nullable=False),
        sa.Column("reopened", sa.Integer, nullable=False),
        sa.Column("visit", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gap_line"),
    )
    op.create_index("ix_gap_line_school", "gap_line", ["school"])
    op.create_index("ix_gap_line_due_until_ms", "gap_line", ["due_until_ms"])
    op.create_index("ix_gap_line_visit", "gap_line", ["visit"])
    op.create_table(
        "gap_move",
        sa.Column("gap", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("move", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("due", sa.Date),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("gap", "number", name="pk_gap_move"),
    )
    op.create_table(
        "gap_watch",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("school", sa.String(10), nullable=False),
        sa.Column("bad", sa.Boolean, nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gap_watch"),
    )
    op.create_index("ix_gap_watch_school", "gap_watch", ["school"])
    op.create_index("ix_gap_watch_since_ms", "gap_watch", ["since_ms"])
    _append_only(op.get_bind())


def _append_only(connection: sa.Connection) -> None:
    words = "moves of gaps are append-only"
    if connection.dialect.name == "postgresql":
        op.execute(
            "create function gap_move_is_append_only() returns trigger language plpgsql as "
            f"$$ begin raise exception '{words}'; end $$"
        )
        op.execute(
            "create trigger gap_move_is_append_only before update or delete or truncate on gap_move "
            "for each statement execute function gap_move_is_append_only()"
        )
    else:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger gap_move_refuses_{change} before {change} on gap_move "
                f"begin select raise(abort, '{words}'); end"
            )
