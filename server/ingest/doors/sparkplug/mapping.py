"""Which Sparkplug names are which of ours: a TOML file, with a default for everything it does not name."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from contract.errors import ConfigurationError, Refused
from contract.identity import DeviceId, GatewayId, parse_device_id, parse_gateway_id, parse_metric_name
from contract.kinds import KINDS
from server.ingest.doors.sparkplug.address import Node

OWN_DEVICE = DeviceId("gw")  # The device by which a gateway tells of itself; a node's own metrics stand there.
_NOT_METRIC = re.compile(r"[^a-z0-9]+")
_NOT_DEVICE = re.compile(r"[^a-z0-9._]+")
_NOT_GATEWAY = re.compile(r"[^a-z0-9]+")
# What nodes tell of their own conversation with hosts, which nobody measures.
_INTERNAL = re.compile(r"bdSeq|Node Control/.*|Device Control/.*|Node Info/.*|Properties/.*")

Quiet = Literal["silent", "alive"]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class MappedDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One device of a node: what it is called here, of which kind it is, and how its metrics are called."""

    device: _Name
    id: str = ""
    kind: str = ""
    name: str = ""
    metrics: dict[str, str] = {}


class MappedNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One edge node and the gateway that it is in the roster."""

    group: _Name
    node: _Name
    gateway: str
    quiet: Quiet | None = None
    metrics: dict[str, str] = {}
    devices: list[MappedDevice] = []


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    host: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$")] = "anxiao"
    reorder_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 2.0
    gateway: str = "{group}-{node}"
    quiet: Quiet = "silent"
    metrics: dict[str, str] = {}
    nodes: list[MappedNode] = []


class Site:
    """How one edge node is seen: its gateway, and the names of its devices and metrics."""

    def __init__(self, gateway: GatewayId, quiet: Quiet, common: Mapping[str, str], told: MappedNode | None) -> None:
        self.gateway = gateway
        self.quiet_is_alive = quiet == "alive"
        self._devices = {one.device: one for one in told.devices} if told else {}
        self._metrics = {**common, **(told.metrics if told else {})}

    def device(self, device: str) -> DeviceId | None:
        """Give our id of a device, or None where no id can be made of its name."""
        if not device:
            return OWN_DEVICE
        told = self._devices.get(device)
        made = told.id if told and told.id else _NOT_DEVICE.sub("-", device.lower()).strip("-._")
        try:
            return parse_device_id(made)
        except Refused:
            return None

    def kind(self, device: str) -> str:
        """Give a device's kind, as far as the mapping tells; the roster's word stands above it."""
        told = self._devices.get(device)
        return told.kind if told else ("" if device else "gateway")

    def label(self, device: str) -> str:
        """Give a device's name for people."""
        told = self._devices.get(device)
        return (told.name if told and told.name else device)[:100]

    def metric(self, device: str, name: str) -> str | None:
        """Give our name of a metric; empty where it is left out, None where no name can be made of it."""
        told = self._devices.get(device)
        given = told.metrics.get(name) if told else None
        if given is None:
            given = self._metrics.get(name)
        if given is not None:
            return given
        if _INTERNAL.fullmatch(name):
            return ""
        made = _NOT_METRIC.sub("_", name.lower()).strip("_")
        return made if 0 < len(made) <= 32 else None  # noqa: PLR2004  # As `parse_metric_name` has it.


class Names:
    """The whole mapping."""

    def __init__(self, file: _File | None = None) -> None:
        self._file = file or _File()
        self._nodes = {Node(one.group, one.node): one for one in self._file.nodes}

    @property
    def host(self) -> str:
        """Give the id under which we are a host application."""
        return self._file.host

    @property
    def reorder_seconds(self) -> float:
        """Say how long a message that is missing in the sequence is waited for."""
        return self._file.reorder_seconds

    def site(self, node: Node) -> Site | None:
        """Give the view of a node; None where it is not listed and no gateway id can be made of its name."""
        told = self._nodes.get(node)
        if told is None and not self._file.gateway:
            return None
        made = told.gateway if told else self._made(node)
        try:
            gateway = parse_gateway_id(made)
        except Refused:
            return None
        return Site(gateway, (told and told.quiet) or self._file.quiet, self._file.metrics, told)

    def _made(self, node: Node) -> str:
        parts = {"group": _slug(node.group), "node": _slug(node.name)}
        return self._file.gateway.format_map(parts)


def read_names(path: Path) -> Names:
    """Read a mapping file; raise `ConfigurationError` that names the place and what is allowed."""
    try:
        file = msgspec.convert(tomllib.loads(path.read_text()), _File)
    except OSError as error:
        raise ConfigurationError(f"sparkplug: {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from None
    for wrong in _wrong(file):
        raise ConfigurationError(f"{path}: {wrong}")
    return Names(file)


def _wrong(file: _File) -> Iterator[str]:
    if re.sub(r"\{(group|node)\}", "", file.gateway).count("{"):
        yield f"gateway: {file.gateway!r}; allowed: text with {{group}} and {{node}}, or empty"
    gateways: dict[str, Node] = {}
    for one in file.nodes:
        node = Node(one.group, one.node)
        if gateways.setdefault(one.gateway, node) != node:
            yield f"nodes: gateway {one.gateway!r} is named for {gateways[one.gateway]} and {node}"
        yield from _refused(f"nodes: {node}", parse_gateway_id, one.gateway)
        ids: dict[str, str] = {}
        for device in one.devices:
            where = f"nodes: {node}: device {device.device!r}"
            if device.id and ids.setdefault(device.id, device.device) != device.device:
                yield f"{where}: id {device.id!r} is another device's too"
            if device.id:
                yield from _refused(where, parse_device_id, device.id)
            if device.kind and device.kind not in KINDS:
                yield f"{where}: kind {device.kind!r}; allowed: {', '.join(sorted(KINDS))}"
    tables = [
        file.metrics,
        *(one.metrics for one in file.nodes),
        *(two.metrics for one in file.nodes for two in one.devices),
    ]
    for given in {name for table in tables for name in table.values() if name}:
        yield from _refused("metrics", parse_metric_name, given)


def _refused(where: str, parse: Callable[[str], object], given: str) -> Iterator[str]:
    try:
        parse(given)
    except Refused as refusal:
        yield f"{where}: {refusal.detail}"


def _slug(name: str) -> str:
    return _NOT_GATEWAY.sub("-", name.lower()).strip("-")
