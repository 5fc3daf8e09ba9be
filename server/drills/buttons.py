"""Which devices of a school are tested."""

from collections.abc import Iterator

from server.registry.model import Device
from server.registry.tree import Tree

KINDS = frozenset({"alarm_button", "alarm_host"})


def buttons_of(tree: Tree, school: str) -> Iterator[Device]:
    """List what can be pressed at a school, or where it has no buttons its host; what is out of use needs no test."""
    mine = [one for one in tree.devices_of(school) if one.kind in KINDS and not one.decommissioned]
    buttons = [one for one in mine if one.kind == "alarm_button"]
    yield from buttons or mine
