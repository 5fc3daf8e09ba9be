"""Planned tests of schools: a round for each school and period, and every move of one."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "test_round",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("school", sa.String(10), nullable=False),
        sa.Column("station", sa.String(32), nullable=False),
        sa.Column("period", sa.String(8), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("end_ms", sa.BigInteger, nullable=False),
        sa.Column("devices", sa.Text, nullable=False),
        sa.Column("announced", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("noticed_ms", sa.BigInteger, nullable=False),
        sa.Column("receipted_ms", sa.BigInteger, nullable=False),
        sa.Column("receipted_by", sa.String(64), nullable=False),
        sa.Column("approved_ms", sa.BigInteger, nullable=False),
        sa.Column("approved_by", sa.String(64), nullable=False),
        sa.Column("window", sa.String(36), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("results", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_test_round"),
    )
    op.create_index("ix_test_round_school_start_ms", "test_round", ["school", "start_ms"])
    op.create_index("ix_test_round_state_start_ms", "test_round", ["state", "start_ms"])
    op.create_table(
        "round_move",
        sa.Column("round", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("move", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("round", "number", name="pk_round_move"),
    )
    _append_only(op.get_bind())


def _append_only(connection: sa.Connection) -> None:
    words = "moves of planned tests are append-only"
    if connection.dialect.name == "postgresql":
        op.execute(
            "create function round_move_is_append_only() returns trigger language plpgsql as "
            f"$$ begin raise exception '{words}'; end $$"
        )
        op.execute(
            "create trigger round_move_is_append_only before update or delete or truncate on round_move "
            "for each statement execute function round_move_is_append_only()"
        )
    else:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger round_move_refuses_{change} before {change} on round_move "
                f"begin select raise(abort, '{words}'); end"
            )
