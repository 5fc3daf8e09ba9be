"""The tables of notifications. Instants are milliseconds UTC; nothing takes a hop back."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from server.journal.database import metadata

notification_due = Table(
    "notification_due",
    metadata,
    Column("id", String(32), primary_key=True),  # Made of the alert, its ring, the step and the audience.
    Column("alert", Text, nullable=False),
    Column("ring", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("audience", String(40), nullable=False),
    Column("school", String(10), nullable=False),
    Column("rule", String(40), nullable=False),
    Column("severity", Integer, nullable=False),
    Column("mode", String(8), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("asked", Boolean, nullable=False),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Index(None, "alert"),
    Index(None, "state", "at_ms"),
    Index(None, "school", "at_ms"),
    Index(None, "at_ms"),
)

notification = Table(
    "notification",
    metadata,
    Column("id", String(32), primary_key=True),  # Made of the due step, the recipient and the channel.
    Column("due", String(32), nullable=False),
    Column("recipient", String(80), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("severity", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("next_ms", BigInteger, nullable=False),
    Column("over_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("told_ms", BigInteger, nullable=False),
    Column("reference", String(120), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("lease_ms", BigInteger, nullable=False),
    Column("message", Text, nullable=False),
    Index(None, "due"),
    Index(None, "state", "channel", "next_ms"),
    Index(None, "channel", "reference"),
)

notification_hop = Table(  # Append-only: the database refuses to change a line.
    "notification_hop",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("due", String(32), nullable=False),
    Column("message", String(32), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("what", String(24), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("recipient", String(80), nullable=False),
    Column("told_by", String(64), nullable=False),
    Column("reference", String(120), nullable=False),
    Column("detail", Text, nullable=False),
    Index(None, "due"),
)

notification_channel = Table(
    "notification_channel",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("failures", Integer, nullable=False),  # In a row, since the last success.
    Column("failing_since_ms", BigInteger, nullable=False),  # 0 while the last try was a success.
    Column("good_ms", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
)
