"""The devices an agent's table declares, as every interface describes them."""

from collections.abc import Mapping
from dataclasses import dataclass

from contract.errors import ConfigurationError
from contract.identity import DeviceId
from contract.kinds import KINDS
from contract.limits import DEVICES_PER_GATEWAY_MAX
from contract.messages import BirthDevice
from edge.table import Table


@dataclass(frozen=True, slots=True)
class Declared:
    """One device as the site file names it."""

    id: DeviceId
    kind: str
    name: str = ""
    place: str = ""
    firmware: str = ""

    def birth(self, first_hop: str) -> BirthDevice:
        """Describe the device for the gateway's birth."""
        return BirthDevice(d=self.id, kind=self.kind, name=self.name, loc=self.place, fw=self.firmware, first_hop=first_hop)


def read_declared(table: Table) -> Declared:
    """Read what every interface asks of a device; the interface may ask for more before it finishes the table."""
    return Declared(
        id=table.device("id"),
        kind=table.text("kind", words=sorted(KINDS)),
        name=table.text("name", "", most=80),
        place=table.text("place", "", most=80),
        firmware=table.text("firmware", "", most=40),
    )


def device_tables(table: Table) -> list[Table]:
    """Give the tables of `[[devices]]`."""
    return table.tables("devices", most=DEVICES_PER_GATEWAY_MAX)


def by_id(devices: list[Declared]) -> Mapping[DeviceId, Declared]:
    """Index devices by id; two of the same id are a mistake."""
    index = {device.id: device for device in devices}
    if len(index) < len(devices):
        twice = next(device.id for device in devices if [other.id for other in devices].count(device.id) > 1)
        raise ConfigurationError(f"devices: id {twice!r} given twice; allowed: each id once")
    return index
