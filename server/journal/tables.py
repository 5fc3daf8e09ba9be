"""The journal's tables. Instants are milliseconds UTC; `sequence` is the order in which others read what was committed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from server.journal.database import metadata

# SQLite numbers rows by itself only where the type is exactly INTEGER.
Number = BigInteger().with_variant(Integer, "sqlite")

cursor = Table(
    "cursor",
    metadata,
    Column("stream", Number, primary_key=True, autoincrement=True),
    Column("gateway", String(40), nullable=False),
    Column("epoch", String(10), nullable=False),
    Column("lane", String(1), nullable=False),
    Column("position", BigInteger, nullable=False),  # Cumulative: everything up to it is committed.
    Column("updated_ms", BigInteger, nullable=False),
    UniqueConstraint("gateway", "epoch", "lane"),
)

raw_batch = Table(
    "raw_batch",
    metadata,
    Column("sequence", Number, primary_key=True, autoincrement=False),
    Column("stream", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),  # The first position that was new; `body` may begin before it.
    Column("body_position", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("rx_ms", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("stream", "position"),
)

alarm_event = Table(
    "alarm_event",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(8), primary_key=True),  # A clear bears the id of its press.
    Column("state", String(16), primary_key=True),  # An alert ends, a command is replied to, under the id it began with.
    Column("gateway", String(40), primary_key=True),  # What bears the id of another gateway's event is none of that one.
    Column("device", String(40), nullable=False),
    Column("t_ms", BigInteger, nullable=False),
    Column("rx_ms", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "rx_ms"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("gateway", String(40), nullable=False),
    Column("epoch", String(10), nullable=False),
    Column("lane", String(1), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("rx_ms", BigInteger, nullable=False),
)

gap = Table(
    "gap",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("gateway", String(40), nullable=False),
    Column("epoch", String(10), nullable=False),
    Column("lane", String(1), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rx_ms", BigInteger, nullable=False),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("topic", String(80), primary_key=True),
    Column("gateway", String(40), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("first_rx_ms", BigInteger, nullable=False),
    Column("last_rx_ms", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Index(None, "last_rx_ms"),
)

alert_fact = Table(
    "alert_fact",
    metadata,
    Column("sequence", Number, primary_key=True, autoincrement=True),
    Column("alert", String(80), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("settled", Boolean, nullable=False),  # The alert is over with this fact.
    Column("body", LargeBinary, nullable=False),
    Column("number", BigInteger, nullable=False),  # Within the alert, from 1: two servers cannot both write one.
    Column("press", String(80)),  # The press it brings: each is in one incident, whichever server tells it.
    UniqueConstraint("alert", "number"),
    Column("signal", String(80)),  # Its id and gateway: none is there twice, under whatever name.
    UniqueConstraint("press"),
    UniqueConstraint("signal"),
)

lease = Table(
    "lease",
    metadata,
    Column("share", Integer, primary_key=True, autoincrement=False),
    Column("owner", String(64), nullable=False),
    Column("fence", BigInteger, nullable=False),  # Grows whenever the share changes hands.
    Column("until", Float, nullable=False),  # Seconds of the database's own clock.
)

server = Table(
    "server",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("until", Float, nullable=False),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("projection", String(40), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)

guard_seen = Table(
    "guard_seen",
    metadata,
    Column("gateway", String(40), primary_key=True),
    Column("device", String(40), primary_key=True),
    Column("guard", String(256), primary_key=True),  # Empty where a reader only counts.
    Column("at_ms", BigInteger, nullable=False),
    Column("present", Boolean, nullable=False),
    Index(None, "at_ms"),
)

day_note = Table(
    "day_note",
    metadata,
    Column("school", String(40), primary_key=True),
    Column("key", String(120), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("value", String(200), nullable=False),
    Index(None, "at_ms"),
)

archive_file = Table(
    "archive_file",
    metadata,
    Column("last_sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("first_sequence", BigInteger, nullable=False),
    Column("first_rx_ms", BigInteger, nullable=False),
    Column("last_rx_ms", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("name", String(80), nullable=False),
    Column("sha256", String(64), nullable=False),  # Of the file.
    Column("prev", String(64), nullable=False),  # The hash of the entry before.
    Column("hash", String(64), nullable=False),  # Of this entry: the entries are a chain.
    Column("written_ms", BigInteger, nullable=False),
    Column("expired", Boolean, nullable=False),  # The file is gone, its time being over.
)
