"""The registry's tables. Instants are milliseconds UTC; what only a school's page reads is kept as JSON."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, Integer, String, Table, Text

from server.journal.database import metadata

Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only where the type is INTEGER.

unit = Table(
    "unit",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("place", Integer, nullable=False),  # The order of the roster, which is the order of screens.
    Column("kind", String(16), nullable=False),
    Column("parent", String(32)),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
)

station = Table(
    "station",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("parent", String(32)),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("phone", Text, nullable=False),
)

school = Table(
    "school",
    metadata,
    Column("id", String(10), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("area", String(16), nullable=False),
    Column("unit", String(32), nullable=False),
    Column("station", String(32), nullable=False),
    Column("pupils", Integer, nullable=False),
    Column("boarders", Integer, nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("datum", String(16), nullable=False),
    Column("address", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("contact_phone", Text, nullable=False),
    Column("gates", Integer, nullable=False),
    Column("guards_at_peak", Integer, nullable=False),
    Column("opened", Date),
    Column("closed", Date),
    Column("merged_into", String(10)),
    Column("central", String(10)),
    Column("key_target", Boolean, nullable=False),
)

gateway = Table(
    "gateway",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("school", String(10), nullable=False),
    Column("key_hash", String(64), nullable=False),
)

device = Table(
    "device",
    metadata,
    Column("gateway", String(40), primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("school", String(10), nullable=False),
    Column("name", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("at_gate", Boolean, nullable=False),
    Column("gb_id", String(20), nullable=False),
    Column("decommissioned", Boolean, nullable=False),
    Column("area", String(24), nullable=False),
    Column("vendor", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("ip", String(64), nullable=False),
    Column("mac", String(17), nullable=False),
    Column("installed", Date),
)

record = Table(
    "record",
    metadata,
    Column("sheet", String(32), primary_key=True),
    Column("home", String(32), primary_key=True),  # The school or unit.
    Column("id", String(64), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

registry_change = Table(  # Append-only: what was known on any past instant is read from here.
    "registry_change",
    metadata,
    Column("sequence", Number, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),  # When it was recorded.
    Column("effective", Date, nullable=False),  # Since when it is so.
    Column("actor", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("sheet", String(32), nullable=False),
    Column("key", Text, nullable=False),  # The line's identity, as a JSON list.
    Column("body", Text),  # The line from then on; none when it was taken out.
    Index(None, "sheet", "key"),
)

registry_unfinished = Table(  # Of SQLite: the large edit that is being made in slices; no row where there is none.
    "registry_unfinished",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1: there is one at a time.
    Column("first", BigInteger, nullable=False),  # Its changes begin here.
    Column("last", BigInteger),  # Its last change; none while they are being recorded and do not count.
)

calendar = Table(
    "calendar",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # One row: the city has one calendar.
    Column("body", Text, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("display", Text, nullable=False),
    Column("role", String(32), nullable=False),
    Column("scope_kind", String(16), nullable=False),
    Column("scope_id", String(32), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the token; the token itself is nowhere.
    Column("account", String(64), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Index(None, "account"),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", Number, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("what", String(40), nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
