"""What an edge node told, as records and messages of CS1: the very ones that our own gateways send."""

import hashlib
from collections.abc import Iterable, Mapping

from contract.identity import DeviceId, EpochId, GatewayId, PressId
from contract.limits import DEVICES_PER_BIRTH_MAX, METRICS_PER_RECORD_MAX, VERSION
from contract.messages import Birth, BirthDevice
from contract.records import Clear, Press, Reading, Value, encode_record
from server.ingest.doors.sparkplug.address import Node
from server.ingest.doors.sparkplug.alarms import Alarm
from server.ingest.doors.sparkplug.mapping import OWN_DEVICE, Site
from server.ingest.doors.sparkplug.model import Known, Sample, Table
from server.ingest.doors.sparkplug.payload import DECLARED

GRADE = "telemetry"  # Nothing of an edge node is receipted: what it lost on the way, nobody knows.
SOFTWARE = "Sparkplug B (telemetry grade 遥测级)"
NO_CLOCK = 0  # Clock quality: whether an edge node's clock is set, nobody tells us.
ROUGH_CLOCK = 1  # Of what it kept while it was cut off: there its own time is all there is.


class Names:
    """The names of one node's devices and metrics, looked up once and then remembered."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._devices: dict[str, DeviceId | None] = {}
        self._owners: dict[DeviceId, str] = {}
        self._metrics: dict[tuple[str, str], str | None] = {}
        self._taken: dict[tuple[str, str], str] = {}

    def forget(self) -> None:
        """Begin anew: the node has been born again, perhaps with other names."""
        self._devices.clear()
        self._owners.clear()
        self._metrics.clear()
        self._taken.clear()

    def device(self, device: str) -> DeviceId | None:
        """Give our id of a device; None where there is none, or where another device has it already."""
        if device not in self._devices:
            made = self._site.device(device)
            if made is not None and self._owners.setdefault(made, device) != device:
                made = None
            self._devices[device] = made
        return self._devices[device]

    def metric(self, device: str, name: str) -> str | None:
        """Give our name of a metric; empty: left out; None: none can be made, or another metric has it already."""
        key = (device, name)
        if key not in self._metrics:
            made = self._site.metric(device, name)
            if made and self._taken.setdefault((device, made), name) != name:
                made = None
            self._metrics[key] = made
        return self._metrics[key]


def readings(samples: Iterable[Sample], names: Names) -> tuple[list[bytes], list[bytes], int]:
    """Make readings of samples: those of now, those of the past, and how many samples have no name here."""
    groups: dict[tuple[DeviceId, int, bool], list[dict[str, Value]]] = {}
    unnamed = 0
    for sample in samples:
        device, metric = names.device(sample.device), names.metric(sample.device, sample.name)
        if device is None or metric is None:
            unnamed += 1
        elif metric:
            parts = groups.setdefault((device, sample.t_ms, sample.historical), [{}])
            if metric in parts[-1] or len(parts[-1]) >= METRICS_PER_RECORD_MAX:
                parts.append({})
            parts[-1][metric] = sample.value
    live: list[bytes] = []
    past: list[bytes] = []
    for (device, t_ms, historical), parts in groups.items():
        (past if historical else live).extend(reading(device, t_ms, part) for part in parts)
    return live, past, unnamed


def reading(device: DeviceId, t_ms: int, metrics: Mapping[str, Value]) -> bytes:
    """Make one reading."""
    return encode_record(Reading(device, t_ms, dict(metrics), q=NO_CLOCK))


def alarm(node: Node, device: str, our_device: DeviceId, told: Alarm) -> bytes:
    """Make a press or clear. Its id follows from node, device and event alone: the same press is the same for ever."""
    identity = press_id(node, device, told.key)
    quality = ROUGH_CLOCK if told.late else NO_CLOCK
    if told.what == "clear":
        return encode_record(Clear(identity, our_device, told.t_ms, by="sparkplug", q=quality))
    return encode_record(
        Press(identity, our_device, told.t_ms, q=quality, n=told.count, mode=told.mode, repeats=told.repeats)
    )


def press_id(node: Node, device: str, key: str) -> PressId:
    """Derive a press's id: a UUID of version 8 over everything that names it. Two nodes with one event id stay two."""
    digest = hashlib.sha256(f"{node.group}\0{node.name}\0{device}\0{key}".encode()).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return PressId(f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}")


def births(gateway: GatewayId, epoch: EpochId, tables: Mapping[str, Table], names: Names, site: Site) -> list[Birth]:
    """Describe a node and its devices as a gateway does, in as many parts as it takes."""
    devices = [
        BirthDevice(
            our_id,
            site.kind(device),
            site.label(device) if device else "",
            first_hop=GRADE,
            m=_declared(device, table.names.values(), names),
        )
        for device, table in tables.items()
        if (our_id := names.device(device)) is not None
    ]
    parts = [devices[at : at + DEVICES_PER_BIRTH_MAX] for at in range(0, len(devices), DEVICES_PER_BIRTH_MAX)] or [[]]
    return [
        Birth(VERSION, gateway, epoch, "", part, sw=SOFTWARE, model="Sparkplug B", first_hop=GRADE, part=at, of=len(parts))
        for at, part in enumerate(parts, 1)
    ]


def own_reading(node: Node, t_ms: int) -> bytes:
    """Say at the head of an epoch, in the journal itself, of which grade its rows are and who told them."""
    return reading(OWN_DEVICE, t_ms, {"grade": GRADE, "source": f"sparkplug:{node}"[:120]})


def _declared(device: str, known: Iterable[Known], names: Names) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for one in known:
        metric, type_name = names.metric(device, one.name), DECLARED.get(one.datatype)
        if metric and type_name:
            found[metric] = {"type": type_name, "unit": one.unit or "1"}
    return found
