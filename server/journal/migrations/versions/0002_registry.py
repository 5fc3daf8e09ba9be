"""The registry: the two trees, schools, gateways, devices, accounts, sessions, declared windows and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables, and let the database itself refuse to change or remove a line of the audit log."""
    _trees()
    _things()
    _people()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "create function audit_is_append_only() returns trigger language plpgsql as "
            "$$ begin raise exception 'the audit log is append-only'; end $$"
        )
        op.execute(
            "create trigger audit_is_append_only before update or delete or truncate on audit "
            "for each statement execute function audit_is_append_only()"
        )
    else:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger audit_refuses_{change} before {change} on audit "
                "begin select raise(abort, 'the audit log is append-only'); end"
            )


def _trees() -> None:
    for name in ("unit", "station"):
        op.create_table(
            name,
            sa.Column("id", sa.String(32), nullable=False),
            sa.Column("place", sa.Integer, nullable=False),
            sa.Column("kind", sa.String(16), nullable=False),
            sa.Column("parent", sa.String(32)),
            sa.Column("name", sa.Text, nullable=False),
            sa.Column("name_en", sa.Text, nullable=False),
            *([sa.Column("phone", sa.Text, nullable=False)] if name == "station" else []),
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        )
    op.create_table(
        "school",
        sa.Column("id", sa.String(10), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("area", sa.String(16), nullable=False),
        sa.Column("unit", sa.String(32), nullable=False),
        sa.Column("station", sa.String(32), nullable=False),
        sa.Column("pupils", sa.Integer, nullable=False),
        sa.Column("boarders", sa.Integer, nullable=False),
        sa.Column("latitude", sa.Float, nullable=False),
        sa.Column("longitude", sa.Float, nullable=False),
        sa.Column("datum", sa.String(16), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("contact", sa.Text, nullable=False),
        sa.Column("contact_phone", sa.Text, nullable=False),
        sa.Column("gates", sa.Integer, nullable=False),
        sa.Column("guards_on_roll", sa.Integer, nullable=False),
        sa.Column("guards_at_peak", sa.Integer, nullable=False),
        sa.Column("opened", sa.Date),
        sa.Column("closed", sa.Date),
        sa.Column("declared", sa.Text, nullable=False),
        sa.Column("exemptions", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_school"),
    )


def _things() -> None:
    op.create_table(
        "gateway",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("school", sa.String(10), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gateway"),
    )
    op.create_table(
        "device",
        sa.Column("gateway", sa.String(40), nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("school", sa.String(10), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("at_gate", sa.Boolean, nullable=False),
        sa.Column("gb_id", sa.String(20), nullable=False),
        sa.Column("decommissioned", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("gateway", "id", name="pk_device"),
    )
    op.create_table(
        "calendar",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendar"),
    )


def _people() -> None:
    op.create_table(
        "account",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("display", sa.Text, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("scope_kind", sa.String(16), nullable=False),
        sa.Column("scope_id", sa.String(32), nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_account"),
    )
    op.create_table(
        "session",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_session"),
    )
    op.create_index("ix_session_account", "session", ["account"])
    op.create_table(
        "audit",
        sa.Column("sequence", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("prev", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
    )
    op.create_table(
        "declared_window",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("school", sa.String(10), nullable=False),
        sa.Column("devices", sa.Text, nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("end_ms", sa.BigInteger, nullable=False),
        sa.Column("approved_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_declared_window"),
    )
    op.create_index("ix_declared_window_end_ms", "declared_window", ["end_ms"])
