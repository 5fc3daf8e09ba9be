"""What the police's own systems say of the calls they were sent."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "police_receipt",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("message", sa.String(32), nullable=False),
        sa.Column("alert", sa.Text, nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("effect", sa.String(12), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("rx_ms", sa.BigInteger, nullable=False),
        sa.Column("told_by", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(120), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_police_receipt"),
    )
    op.create_index("ix_police_receipt_message", "police_receipt", ["message"])
    op.create_index("ix_police_receipt_alert", "police_receipt", ["alert"])
    op.create_index("ix_police_receipt_rx_ms", "police_receipt", ["rx_ms"])
    _no_changes(op.get_bind())


def _no_changes(connection: sa.Connection) -> None:
    """Refuse to change a receipt; what is older than the audit period may be dropped as a whole."""
    words = "police receipts are not changed"
    if connection.dialect.name == "postgresql":
        op.execute(
            "create function police_receipt_is_not_changed() returns trigger language plpgsql as "
            f"$$ begin raise exception '{words}'; end $$"
        )
        op.execute(
            "create trigger police_receipt_is_not_changed before update on police_receipt "
            "for each statement execute function police_receipt_is_not_changed()"
        )
    else:
        op.execute(
            "create trigger police_receipt_refuses_update before update on police_receipt "
            f"begin select raise(abort, '{words}'); end"
        )
