"""Tests and drills are asked for, approved, refused and withdrawn, and every move of one is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("state", sa.String(12), "approved"),
    ("version", sa.Integer, "1"),
    ("until_ms", sa.BigInteger, "0"),
    ("asked_by", sa.String(64), ""),
    ("asked_ms", sa.BigInteger, "0"),
    ("approved_ms", sa.BigInteger, "0"),
    ("moved_ms", sa.BigInteger, "0"),
    ("note", sa.Text, ""),
)


def upgrade() -> None:
    """Say of each declared window how it stands; those of before were declared by whoever approved them."""
    with op.batch_alter_table("declared_window") as table:
        for name, kind, default in _COLUMNS:
            table.add_column(sa.Column(name, kind, nullable=False, server_default=default))
    op.execute(
        "update declared_window set until_ms = end_ms, asked_by = approved_by,"
        " asked_ms = start_ms, approved_ms = start_ms, moved_ms = start_ms"
    )
    with op.batch_alter_table("declared_window") as table:
        for name, kind, _ in _COLUMNS:
            table.alter_column(name, existing_type=kind() if isinstance(kind, type) else kind, server_default=None)
    op.drop_index("ix_declared_window_end_ms", "declared_window")
    op.create_index("ix_declared_window_until_ms", "declared_window", ["until_ms"])
    op.create_index("ix_declared_window_moved_ms", "declared_window", ["moved_ms"])
    op.create_index("ix_declared_window_school_start_ms", "declared_window", ["school", "start_ms"])
    op.create_table(
        "window_move",
        sa.Column("window", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("move", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("window", "number", name="pk_window_move"),
    )
    _append_only(op.get_bind())


def _append_only(connection: sa.Connection) -> None:
    words = "moves of tests and drills are append-only"
    if connection.dialect.name == "postgresql":
        op.execute(
            "create function window_move_is_append_only() returns trigger language plpgsql as "
            f"$$ begin raise exception '{words}'; end $$"
        )
        op.execute(
            "create trigger window_move_is_append_only before update or delete or truncate on window_move "
            "for each statement execute function window_move_is_append_only()"
        )
    else:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger window_move_refuses_{change} before {change} on window_move "
                f"begin select raise(abort, '{words}'); end"
            )
