"""Whom an alert had to tell, the messages to them, every hop of each, and how the channels do."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "notification_due",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("alert", sa.Text, nullable=False),
        sa.Column("ring", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("audience", sa.String(40), nullable=False),
        sa.Column("school", sa.String(10), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("asked", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notification_due"),
    )
    op.create_index("ix_notification_due_alert", "notification_due", ["alert"])
    op.create_index("ix_notification_due_state_at_ms", "notification_due", ["state", "at_ms"])
    op.create_index("ix_notification_due_school_at_ms", "notification_due", ["school", "at_ms"])
    op.create_index("ix_notification_due_at_ms", "notification_due", ["at_ms"])
    op.create_table(
        "notification",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("due", sa.String(32), nullable=False),
        sa.Column("recipient", sa.String(80), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("next_ms", sa.BigInteger, nullable=False),
        sa.Column("over_ms", sa.BigInteger, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
        sa.Column("told_ms", sa.BigInteger, nullable=False),
        sa.Column("reference", sa.String(120), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("lease_ms", sa.BigInteger, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
    )
    op.create_index("ix_notification_due", "notification", ["due"])
    op.create_index("ix_notification_state_channel_next_ms", "notification", ["state", "channel", "next_ms"])
    op.create_index("ix_notification_channel_reference", "notification", ["channel", "reference"])
    op.create_table(
        "notification_hop",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("due", sa.String(32), nullable=False),
        sa.Column("message", sa.String(32), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("what", sa.String(24), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("recipient", sa.String(80), nullable=False),
        sa.Column("told_by", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(120), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_notification_hop"),
    )
    op.create_index("ix_notification_hop_due", "notification_hop", ["due"])
    op.create_table(
        "notification_channel",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failing_since_ms", sa.BigInteger, nullable=False),
        sa.Column("good_ms", sa.BigInteger, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_notification_channel"),
    )
    _no_changes(op.get_bind())


def _no_changes(connection: sa.Connection) -> None:
    """Refuse to change a hop; what is older than the audit period may be dropped as a whole."""
    words = "hops of notifications are not changed"
    if connection.dialect.name == "postgresql":
        op.execute(
            "create function notification_hop_is_not_changed() returns trigger language plpgsql as "
            f"$$ begin raise exception '{words}'; end $$"
        )
        op.execute(
            "create trigger notification_hop_is_not_changed before update on notification_hop "
            "for each statement execute function notification_hop_is_not_changed()"
        )
    else:
        op.execute(
            "create trigger notification_hop_refuses_update before update on notification_hop "
            f"begin select raise(abort, '{words}'); end"
        )
