"""What several servers on one database need: each fact of an alert has its number, and shares of work are leased."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SHARES = 65  # 64 shares of the gateways, and the lead.


def upgrade() -> None:
    """Give each stored fact its number in the order of storing, and make a lease for each share, held by nobody."""
    with op.batch_alter_table("alert_fact") as table:
        table.add_column(sa.Column("number", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(
        "update alert_fact set number = (select count(*) from alert_fact as earlier"
        " where earlier.alert = alert_fact.alert and earlier.sequence <= alert_fact.sequence)"
    )
    with op.batch_alter_table("alert_fact") as table:
        table.alter_column("number", existing_type=sa.BigInteger, existing_nullable=False, server_default=None)
        table.drop_index("ix_alert_fact_alert")
        table.create_unique_constraint("uq_alert_fact_alert_number", ["alert", "number"])
    op.create_table(
        "lease",
        sa.Column("share", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("share", name="pk_lease"),
    )
    lease = sa.table("lease", *(sa.column(name) for name in ("share", "owner", "fence", "until")))
    op.bulk_insert(lease, [{"share": share, "owner": "", "fence": 0, "until": 0.0} for share in range(SHARES)])
    op.create_table(
        "server",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("until", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_server"),
    )
