"""One MQTT broker: its address as settings give it, and the topics by which its gateways are heard."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from contract.errors import ConfigurationError
from contract.topics import ROOT

# Alarms have a connection of their own, so that they never stand behind telemetry in one socket. Beside each topic stands
# the quality of service by which the broker delivers it to us. For telemetry that is 0: only our receipt, after the commit,
# lets a gateway forget a batch, so acknowledging to the broker too would promise nothing, and costs a fifth of ingest.
# What brokers retain comes by the telemetry connection too, the links before the births: when a server starts there is one
# of each for every school, and a press must not wait behind a city.
ALARM_TOPICS = tuple((f"{ROOT}/+/{leaf}", 1) for leaf in ("up/a", "hb", "rep"))
TELEMETRY_TOPICS = tuple(
    (f"{ROOT}/+/{leaf}", qos) for leaf, qos in (("link", 1), ("up/t", 0), ("birth", 1), ("birth/+", 1), ("now", 0))
)
Topics = Sequence[tuple[str, int]]
KEEPALIVE_SECONDS = 15  # A broker that vanished without a word is noticed within half a minute.
PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True, repr=False)
class Broker:
    """Where a broker is and how we sign in. It may hold a password, so only its name is ever shown."""

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: str | None = None

    @property
    def name(self) -> str:
        """Name the broker in logs, counters and paths."""
        return f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Broker({self.name})"

    def tls_context(self) -> ssl.SSLContext | None:
        """Give the context to connect with: the system's authorities, or those of `SSL_CERT_FILE`."""
        return ssl.create_default_context() if self.tls else None


def parse_broker(text: str) -> Broker:
    """Read `mqtt://[user:password@]host[:port]` or `mqtts://…`; raise `ConfigurationError` naming what is allowed."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ConfigurationError("brokers: an address with an impossible port; allowed: mqtt://host:1883") from None
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ConfigurationError(
            f"brokers: {parts.scheme or 'no scheme'}://{parts.hostname or ''}{parts.path};"
            " allowed: mqtt://[user:password@]host[:port] or mqtts://…"
        )
    return Broker(
        parts.hostname,
        port or PORTS[parts.scheme],
        parts.scheme == "mqtts",
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )
