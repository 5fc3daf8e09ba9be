"""Frozen days: their chain, their bodies and their figures, which the database refuses to change."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KEPT_DAYS = 1_100  # As `server.snapshots.store.KEPT_DAYS`: younger days are never forgotten, nor is the end of a month.
_WORDS = "frozen days are append-only"
_EARLIER = "new.day <= (select max(day) from snapshot)"
_LATER = "a day is frozen after every day before it"


def upgrade() -> None:
    """Create the tables and their guards."""
    op.create_table(
        "snapshot",
        sa.Column("day", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("taken_ms", sa.BigInteger, nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("registry_sequence", sa.BigInteger, nullable=False),
        sa.Column("journal_sequence", sa.BigInteger, nullable=False),
        sa.Column("month_end", sa.Boolean, nullable=False),
        sa.Column("schools", sa.Integer, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("prev", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_snapshot"),
    )
    op.create_table(
        "snapshot_body",
        sa.Column("day", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_snapshot_body"),
    )
    op.create_table(
        "snapshot_tally",
        sa.Column("unit", sa.String(32), nullable=False),
        sa.Column("day", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("unit", "day", name="pk_snapshot_tally"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _young(row: str) -> str:
    newest = f"(select max(day) from snapshot) - {_KEPT_DAYS}"  # noqa: S608  # A number of ours.
    return f"({row}.day > {newest} or (select month_end from snapshot where day = {row}.day))"  # noqa: S608  # old.


def _guard_sqlite() -> None:
    op.execute(
        "create trigger snapshot_is_in_order before insert on snapshot "
        f"when {_EARLIER} begin select raise(abort, '{_LATER}'); end"
    )
    for change in ("update", "delete"):
        op.execute(
            f"create trigger snapshot_refuses_{change} before {change} on snapshot "
            f"begin select raise(abort, '{_WORDS}'); end"
        )
    for table in ("snapshot_body", "snapshot_tally"):
        op.execute(
            f"create trigger {table}_refuses_update before update on {table} begin select raise(abort, '{_WORDS}'); end"
        )
        op.execute(
            f"create trigger {table}_refuses_delete before delete on {table} "
            f"when {_young('old')} begin select raise(abort, '{_WORDS}'); end"
        )


def _guard_postgresql() -> None:
    op.execute(
        "create function snapshot_is_append_only() returns trigger language plpgsql as "
        f"$$ begin raise exception '{_WORDS}'; end $$"
    )
    op.execute(
        "create function snapshot_is_in_order() returns trigger language plpgsql as "
        f"$$ begin if {_EARLIER} then raise exception '{_LATER}'; end if; "
        "return new; end $$"
    )
    op.execute(
        "create function snapshot_is_old() returns trigger language plpgsql as "
        f"$$ begin if {_young('old')} then raise exception '{_WORDS}'; end if; return old; end $$"
    )
    op.execute(
        "create trigger snapshot_is_in_order before insert on snapshot for each row execute function snapshot_is_in_order()"
    )
    op.execute(
        "create trigger snapshot_is_append_only before update or delete or truncate on snapshot "
        "for each statement execute function snapshot_is_append_only()"
    )
    for table in ("snapshot_body", "snapshot_tally"):
        op.execute(
            f"create trigger {table}_is_append_only before update or truncate on {table} "
            "for each statement execute function snapshot_is_append_only()"
        )
        op.execute(f"create trigger {table}_is_old before delete on {table} for each row execute function snapshot_is_old()")
