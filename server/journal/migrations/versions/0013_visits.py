"""Supervision visits and the draws that choose schools for them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "visit",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("school", sa.String(10), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("planned_by", sa.String(64), nullable=False),
        sa.Column("planned_ms", sa.BigInteger, nullable=False),
        sa.Column("draw", sa.String(36), nullable=False),
        sa.Column("begun_by", sa.String(64), nullable=False),
        sa.Column("begun_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
        sa.Column("findings", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
    )
    op.create_index("ix_visit_school", "visit", ["school"])
    op.create_index("ix_visit_day", "visit", ["day"])
    op.create_table(
        "visit_draw",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("unit", sa.String(32), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("list_hash", sa.String(64), nullable=False),
        sa.Column("list_size", sa.Integer, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("schools", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_visit_draw"),
    )
    op.create_index("ix_visit_draw_unit", "visit_draw", ["unit"])
