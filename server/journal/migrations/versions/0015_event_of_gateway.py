"""An alarm event is one of its gateway: another gateway's that bears its id is a row of its own, and hides nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the gateway into the key of events, and say of each fact whose press it brings, beside the press's name."""
    with op.batch_alter_table("alarm_event") as table:
        table.drop_constraint("pk_alarm_event", type_="primary")
        table.create_primary_key("pk_alarm_event", ["id", "kind", "state", "gateway"])
    with op.batch_alter_table("alert_fact") as table:
        table.alter_column("press", existing_type=sa.String(36), existing_nullable=True, type_=sa.String(80))
        table.add_column(sa.Column("signal", sa.String(80), nullable=True))
    op.execute(
        "update alert_fact set signal = press || '@' || (select min(gateway) from alarm_event"
        " where id = alert_fact.press and kind in ('press', 'alert')) where press is not null"
    )
    with op.batch_alter_table("alert_fact") as table:
        table.create_unique_constraint("uq_alert_fact_signal", ["signal"])
