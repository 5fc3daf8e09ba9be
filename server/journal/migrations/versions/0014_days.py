"""What was noted of each school's last days: patrol rounds, how peaks were manned, how real alarms were answered."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty: days fill it."""
    op.create_table(
        "day_note",
        sa.Column("school", sa.String(40), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("value", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("school", "key", name="pk_day_note"),
    )
    op.create_index("ix_day_note_at_ms", "day_note", ["at_ms"])
