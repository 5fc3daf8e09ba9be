"""Who took over a post from whom, with which open matters."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; nothing takes a handover back."""
    op.create_table(
        "handover",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("scope_kind", sa.String(8), nullable=False),
        sa.Column("scope_id", sa.String(32), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("outgoing", sa.String(64), nullable=False),
        sa.Column("incoming", sa.String(64), nullable=False),
        sa.Column("open", sa.Integer, nullable=False),
        sa.Column("seen", sa.Text, nullable=False),
        sa.Column("sound", sa.String(12), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_handover"),
    )
    op.create_index("ix_handover_scope_kind_scope_id_at_ms", "handover", ["scope_kind", "scope_id", "at_ms"])
    _append_only(op.get_bind())


def _append_only(connection: sa.Connection) -> None:
    words = "handovers are append-only"
    if connection.dialect.name == "postgresql":
        op.execute(
            "create function handover_is_append_only() returns trigger language plpgsql as "
            f"$$ begin raise exception '{words}'; end $$"
        )
        op.execute(
            "create trigger handover_is_append_only before update or delete or truncate on handover "
            "for each statement execute function handover_is_append_only()"
        )
    else:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger handover_refuses_{change} before {change} on handover "
                f"begin select raise(abort, '{words}'); end"
            )
