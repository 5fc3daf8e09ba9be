"""When each guard was last known to be on post: figures ask for a week of it, which a restart must not forget."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty: a week fills it."""
    op.create_table(
        "guard_seen",
        sa.Column("gateway", sa.String(40), nullable=False),
        sa.Column("device", sa.String(40), nullable=False),
        sa.Column("guard", sa.String(256), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("gateway", "device", "guard", name="pk_guard_seen"),
    )
    op.create_index("ix_guard_seen_at_ms", "guard_seen", ["at_ms"])
