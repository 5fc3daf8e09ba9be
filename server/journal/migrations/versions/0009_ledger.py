"""The ledger: lines of their own for what stood inside a school, and every change of the registry recorded for ever."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_EVER = date(1, 1, 1)
_NEW_IN_DEVICE: dict[str, Any] = {
    "area": sa.String(24),
    "vendor": sa.Text,
    "model": sa.Text,
    "ip": sa.String(64),
    "mac": sa.String(17),
}


def upgrade() -> None:
    """Make the tables, move declarations, exemptions and guards into lines, and record what is there as the beginning."""
    _record = op.create_table(
        "record",
        sa.Column("sheet", sa.String(32), nullable=False),
        sa.Column("home", sa.String(32), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sheet", "home", "id", name="pk_record"),
    )
    _change = op.create_table(
        "registry_change",
        sa.Column("sequence", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("effective", sa.Date, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("sheet", sa.String(32), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("body", sa.Text),
        sa.PrimaryKeyConstraint("sequence", name="pk_registry_change"),
    )
    op.create_index("ix_registry_change_sheet_key", "registry_change", ["sheet", "key"])
    connection = op.get_bind()
    records = list(_records(connection))
    if records:
        op.bulk_insert(_record, [{**row, "place": place} for place, row in enumerate(records)])
    with op.batch_alter_table("school") as table:
        table.drop_column("declared")
        table.drop_column("exemptions")
        table.drop_column("guards_on_roll")
        table.add_column(sa.Column("merged_into", sa.String(10)))
        table.add_column(sa.Column("central", sa.String(10)))
        table.add_column(sa.Column("key_target", sa.Boolean, nullable=False, server_default=sa.false()))
    with op.batch_alter_table("device") as table:
        for name, kind in _NEW_IN_DEVICE.items():
            table.add_column(sa.Column(name, kind, nullable=False, server_default=""))
        table.add_column(sa.Column("installed", sa.Date))
    # What a default stands for is told by the code alone, as for every other column.
    with op.batch_alter_table("school") as table:
        table.alter_column("key_target", server_default=None)
    with op.batch_alter_table("device") as table:
        for name in _NEW_IN_DEVICE:
            table.alter_column(name, server_default=None)
    changes = [*_lines(connection), *((row["sheet"], [row["home"], row["id"]], row["body"]) for row in records)]
    if changes:
        same = {"at_ms": 0, "effective": _EVER, "actor": "migration", "reason": ""}
        op.bulk_insert(
            _change,
            [
                {**same, "sequence": number, "sheet": sheet, "key": json.dumps(key, separators=(",", ":")), "body": body}
                for number, (sheet, key, body) in enumerate(changes, 1)
            ],
        )
    _append_only(connection)


def _append_only(connection: sa.Connection) -> None:
    words = "changes of the registry are append-only"
    if connection.dialect.name == "postgresql":
        op.execute(
            "create function registry_change_is_append_only() returns trigger language plpgsql as "
            f"$$ begin raise exception '{words}'; end $$"
        )
        op.execute(
            "create trigger registry_change_is_append_only before update or delete or truncate on registry_change "
            "for each statement execute function registry_change_is_append_only()"
        )
    else:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger registry_change_refuses_{change} before {change} on registry_change "
                f"begin select raise(abort, '{words}'); end"
            )


def _records(connection: sa.Connection) -> Iterator[dict[str, str]]:
    rows = connection.execute(sa.text("select id, declared, exemptions, guards_on_roll from school order by place"))
    for school, declared, exemptions, guards in rows:
        for item, said in json.loads(declared).items():
            yield _record_row("declaration", school, item, said)
        for exemption in json.loads(exemptions):
            named = dict(exemption)
            yield _record_row("exemption", school, named.pop("indicator"), named)
        for number in range(1, guards + 1):  # They were a number only; their certificates are not known.
            yield _record_row("guard", school, f"g-{number}", {})


def _record_row(sheet: str, school: str, id_: str, said: dict[str, Any]) -> dict[str, str]:
    body = json.dumps({"sheet": sheet, "id": id_, "school": school, **said}, ensure_ascii=False, separators=(",", ":"))
    return {"sheet": sheet, "home": school, "id": id_, "body": body}


def _lines(connection: sa.Connection) -> Iterator[tuple[str, list[str], str]]:
    for sheet, keys in (("unit", ["id"]), ("station", ["id"]), ("school", ["id"]), ("gateway", ["id"])):
        yield from _table(connection, sheet, keys)
    yield from _table(connection, "device", ["gateway", "id"])
    body = connection.execute(sa.text("select body from calendar")).scalar()
    if body:
        yield "calendar", [], body


def _table(connection: sa.Connection, sheet: str, keys: list[str]) -> Iterator[tuple[str, list[str], str]]:
    switches = {"at_gate", "decommissioned", "key_target"}  # SQLite gives numbers for them.
    for row in connection.execute(sa.text(f"select * from {sheet} order by place")).mappings():  # noqa: S608  # Names of ours.
        line = {name: value for name, value in row.items() if name != "place"}
        if sheet == "device":
            line["place"] = line.pop("location")
        for name, value in line.items():
            if name in switches:
                line[name] = bool(value)
            elif isinstance(value, date):
                line[name] = value.isoformat()
        yield sheet, [line[key] for key in keys], json.dumps(line, ensure_ascii=False, separators=(",", ":"))
