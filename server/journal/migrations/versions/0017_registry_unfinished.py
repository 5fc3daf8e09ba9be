"""A large edit of the registry on SQLite is made in slices: where it stands; what never counted may be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, and let changes that do not count be deleted."""
    op.create_table(
        "registry_unfinished",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_registry_unfinished"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop trigger registry_change_refuses_delete")
        op.execute(
            "create trigger registry_change_refuses_delete before delete on registry_change "
            "when not exists (select 1 from registry_unfinished where last is null and old.sequence >= first) "
            "begin select raise(abort, 'changes of the registry are append-only'); end"
        )
