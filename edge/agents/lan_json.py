"""Devices of the school's LAN that speak JSON, by HTTP or MQTT straight to the gateway (docs/vendor-guide.md).

    http    = "0.0.0.0:8081"        # one of the two doors, or both
    mqtt    = "0.0.0.0:1884"
    devices = [{ id = "button-gate", kind = "alarm_button", name = "Gate room", token_file = "…" }]

Each device has a token of its own. The first hop is confirmed: the answer to a press comes after the outbox's fsync.
"""

import asyncio
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from contract.errors import ConfigurationError
from contract.identity import DeviceId
from contract.messages import BirthDevice
from contract.orders import ORDERS
from edge.agent import Order, Reporting
from edge.declared import by_id, device_tables, read_declared
from edge.lan.desk import TOKEN_CHARACTERS_MIN, Desk, LanDevice
from edge.lan.guard import Guard
from edge.lan.http_door import bind, serve_http
from edge.lan.mqtt_door import serve_mqtt
from edge.lan.postbox import Postbox, State
from edge.table import Table

Address = tuple[str, int]
_OF_DEVICES = frozenset(op.value for op, meaning in ORDERS.items() if meaning.device)


class LanJson:
    """The agent: one desk behind one or two doors."""

    def __init__(
        self, name: str, devices: Mapping[DeviceId, LanDevice], *, http: Address | None, mqtt: Address | None
    ) -> None:
        self.name = name
        self._devices = devices
        self._http = http
        self._mqtt = mqtt
        self.addresses: dict[str, Address] = {}  # Where the doors really stand, once they do; for port 0.
        self.open = asyncio.Event()  # Set while the doors stand.
        self.desk: Desk | None = None
        self._postbox = Postbox(devices, time.monotonic)

    def devices(self) -> Sequence[BirthDevice]:
        """Describe the devices; each repeats until it is answered, so a press is confirmed."""
        return [device.declared.birth("confirmed") for device in self._devices.values()]

    def abilities(self) -> Mapping[DeviceId, frozenset[str]]:
        """Let every device that is there be ordered: what it can do, it answers itself."""
        return dict.fromkeys(self._postbox.reachable(), _OF_DEVICES)

    async def carry_out(self, order: Order) -> str:
        """Hand an order to its device, once, and wait for its answer."""
        return await self._postbox.hand_over(order)

    def lamps(self) -> Sequence[DeviceId]:
        """Name the devices: each may ask how far its press has got."""
        return list(self._devices)

    def show(self, device: DeviceId, *, seen: bool, stored: bool) -> None:
        """Tell a device how far its press has got."""
        self._postbox.show(device, State(seen, stored))

    async def run(self, reporting: Reporting) -> None:
        """Serve until cancelled; raise `ConfigurationError` when an address is not to be had."""
        self.desk = desk = Desk(self._devices, reporting, time.monotonic, self._postbox)
        doors = ((self._http, serve_http, "http"), (self._mqtt, serve_mqtt, "mqtt"))
        with ExitStack() as sockets:
            bound = [(self._bind(door, address, sockets), serve, door) for address, serve, door in doors if address]
            try:
                async with asyncio.TaskGroup() as tasks:
                    for listening, serve, door in bound:
                        tasks.create_task(serve(desk, Guard(), listening), name=f"{self.name}:{door}")
                    self.open.set()
            finally:
                self.open.clear()

    def _bind(self, door: str, address: Address, sockets: ExitStack) -> socket.socket:
        try:
            listening = sockets.enter_context(bind(*address))
        except OSError as error:
            given = f"{address[0]}:{address[1]}"
            message = f"{door}: {given} given; allowed: a free address of this machine ({error.strerror})"
            raise ConfigurationError(message) from None
        listening.listen()
        self.addresses[door] = listening.getsockname()[:2]
        return listening


def build(values: Mapping[str, object]) -> LanJson:
    """Make the agent from its table, or raise `ConfigurationError`."""
    table = Table(values)
    name = table.text("name", "lan_json", most=40)
    http, mqtt = table.address("http"), table.address("mqtt")
    if http is None and mqtt is None:
        raise table.wrong("http", None, "at least one of http and mqtt, as host:port")
    devices = [_read_device(entry) for entry in device_tables(table)]
    table.finish()
    by_id([device.declared for device in devices])
    return LanJson(name, {device.declared.id: device for device in devices}, http=http, mqtt=mqtt)


def _read_device(table: Table) -> LanDevice:
    declared = read_declared(table)
    token = table.secret("token", least=TOKEN_CHARACTERS_MIN)
    path = table.text("token_file", "")
    table.finish()
    if bool(token) is bool(path):
        raise table.wrong("token", None, "either token or token_file", secret=True)
    if path:
        try:
            token = Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise table.wrong("token_file", path, f"a readable file ({error})") from None
        if len(token) < TOKEN_CHARACTERS_MIN or not token.isprintable():
            raise table.wrong("token_file", path, f"a file with {TOKEN_CHARACTERS_MIN} or more printable characters")
    return LanDevice(declared, token)
