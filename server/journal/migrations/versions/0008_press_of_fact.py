"""Each press is in one incident, whichever servers tell it: the fact that brings a press names it, and no other may."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the name; facts stored before have none, for their incidents are told already."""
    with op.batch_alter_table("alert_fact") as table:
        table.add_column(sa.Column("press", sa.String(36), nullable=True))
        table.create_unique_constraint("uq_alert_fact_press", ["press"])
