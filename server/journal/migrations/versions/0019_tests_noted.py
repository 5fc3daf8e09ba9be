"""What is noted of each school has room for the steps of a test of a button."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen key and value: a button's name, and an id with five instants."""
    with op.batch_alter_table("day_note") as table:
        table.alter_column("key", existing_type=sa.String(64), existing_nullable=False, type_=sa.String(120))
        table.alter_column("value", existing_type=sa.String(64), existing_nullable=False, type_=sa.String(200))
