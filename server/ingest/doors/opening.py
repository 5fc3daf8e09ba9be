"""Opens a door for each broker that the settings name."""

import secrets
from collections.abc import Sequence

from contract.errors import ConfigurationError
from server.ingest.doors.broker import parse_broker
from server.ingest.doors.broker_door import BrokerDoor, Connect
from server.ingest.doors.door import Receive
from server.ingest.doors.fast_mqtt import FastMqttConnection
from server.ingest.doors.mqtt import MqttConnection

CONNECTIONS: dict[str, Connect] = {"default": MqttConnection, "fast": FastMqttConnection}


def open_mqtt_doors(brokers: Sequence[str], client: str, server: str, receive: Receive) -> tuple[BrokerDoor, ...]:
    """Make the doors; `client` is one of `CONNECTIONS`, `server` this server's name. Raises `ConfigurationError`."""
    if client not in CONNECTIONS:
        raise ConfigurationError(f"door: {client!r}; allowed: {', '.join(CONNECTIONS)}")
    start_id = secrets.token_hex(8)  # A new one at every start: by it gateways know that their answers may be lost.
    parsed = {broker.name: broker for broker in map(parse_broker, brokers)}  # The same broker twice is one door.
    return tuple(BrokerDoor(broker, server, start_id, receive, CONNECTIONS[client]) for broker in parsed.values())
