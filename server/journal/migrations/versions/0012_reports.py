"""The log of reports that were given, which nobody can change."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_WORDS = "reports given are append-only"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "report_given",
        sa.Column("sequence", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("report", sa.String(24), nullable=False),
        sa.Column("scope_kind", sa.String(8), nullable=False),
        sa.Column("scope_id", sa.String(32), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("as_of_ms", sa.BigInteger, nullable=False),
        sa.Column("frozen", sa.String(64), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("form", sa.String(4), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_report_given"),
    )
    op.create_index("ix_report_given_digest", "report_given", ["digest"])
    op.create_index("ix_report_given_sha256", "report_given", ["sha256"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "create function report_given_is_append_only() returns trigger language plpgsql as "
            f"$$ begin raise exception '{_WORDS}'; end $$"
        )
        op.execute(
            "create trigger report_given_is_append_only before update or delete or truncate on report_given "
            "for each statement execute function report_given_is_append_only()"
        )
    else:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger report_given_refuses_{change} before {change} on report_given "
                f"begin select raise(abort, '{_WORDS}'); end"
            )
