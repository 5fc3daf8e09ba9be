"""The journal: cursors, raw batches, alarm events, what was refused or missing, facts of alerts, checkpoints."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "cursor",
        sa.Column("stream", _NUMBER, autoincrement=True),
        sa.Column("gateway", sa.String(40), nullable=False),
        sa.Column("epoch", sa.String(10), nullable=False),
        sa.Column("lane", sa.String(1), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_cursor"),
        sa.UniqueConstraint("gateway", "epoch", "lane", name="uq_cursor_gateway_epoch_lane"),
    )
    op.create_table(
        "raw_batch",
        sa.Column("sequence", _NUMBER, autoincrement=False),
        sa.Column("stream", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("body_position", sa.BigInteger, nullable=False),
        sa.Column("last_position", sa.BigInteger, nullable=False),
        sa.Column("rx_ms", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_raw_batch"),
        sa.UniqueConstraint("stream", "position", name="uq_raw_batch_stream_position"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("create sequence raw_batch_sequence")
    op.create_table(
        "alarm_event",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("gateway", sa.String(40), nullable=False),
        sa.Column("device", sa.String(40), nullable=False),
        sa.Column("t_ms", sa.BigInteger, nullable=False),
        sa.Column("rx_ms", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", "kind", "state", name="pk_alarm_event"),
    )
    op.create_index("ix_alarm_event_rx_ms", "alarm_event", ["rx_ms"])
    for name, what in (("quarantine", _QUARANTINE), ("gap", _GAP)):
        op.create_table(
            name,
            sa.Column("id", _NUMBER, autoincrement=True),
            sa.Column("gateway", sa.String(40), nullable=False),
            sa.Column("epoch", sa.String(10), nullable=False),
            sa.Column("lane", sa.String(1), nullable=False),
            sa.Column("position", sa.BigInteger, nullable=False),
            *(sa.Column(column, kind, nullable=False) for column, kind in what.items()),
            sa.Column("rx_ms", sa.BigInteger, nullable=False),
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        )
    op.create_table(
        "dead_letter",
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("topic", sa.String(80), nullable=False),
        sa.Column("gateway", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("first_rx_ms", sa.BigInteger, nullable=False),
        sa.Column("last_rx_ms", sa.BigInteger, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("sha256", "topic", name="pk_dead_letter"),
    )
    op.create_index("ix_dead_letter_last_rx_ms", "dead_letter", ["last_rx_ms"])
    op.create_table(
        "alert_fact",
        sa.Column("sequence", _NUMBER, autoincrement=True),
        sa.Column("alert", sa.String(80), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_alert_fact"),
    )
    op.create_index("ix_alert_fact_alert", "alert_fact", ["alert"])
    op.create_table(
        "checkpoint",
        sa.Column("projection", sa.String(40), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("projection", name="pk_checkpoint"),
    )


_QUARANTINE: dict[str, Any] = {"reason": sa.String(32), "detail": sa.Text(), "raw": sa.LargeBinary()}
_GAP: dict[str, Any] = {"count": sa.BigInteger(), "reason": sa.Text()}
