"""What stands on a device's plate and in its file (一机一档): maker, model, addresses, since when; a few are bare."""

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from server.registry.model import Device

if TYPE_CHECKING:
    from simulators.equipment import Campus

UNWRITTEN = 0.03  # The share of devices whose file lacks maker, model and date.
ADDRESSES_PER_SCHOOL = 512  # More than the largest school has; 30,000 schools fit into 10.0.0.0/8.
FIRST_YEAR = 2018
_VENDORS = ("模拟厂商甲", "模拟厂商乙", "模拟厂商丙", "模拟厂商丁")
_MODELS = {
    "alarm_host": ("AH-200", "AH-220"),
    "alarm_button": ("AB-10", "AB-12"),
    "gate": ("GT-4", "GT-6"),
    "barrier": ("BR-H3", "BR-E5"),
    "guard_post": ("GP-1",),
    "camera": ("IPC-2M", "IPC-4M", "IPC-8M"),
    "recorder": ("NVR-32", "NVR-64"),
    "fire_detector": ("SD-10",),
    "electric_fire": ("EF-3",),
    "perimeter": ("PF-8",),
    "visitor_machine": ("VM-2",),
    "kitchen_camera": ("IPC-4M",),
}
_NETWORKED = frozenset({"alarm_host", "camera", "recorder", "barrier", "guard_post"})


class Plates:
    """Fills in the files of one school's devices, most of them bought at one time from one maker."""

    def __init__(self, campus: "Campus") -> None:
        self._rng = random.Random(f"plates {campus.school}")
        self._today = campus.today
        self._maker = self._rng.choice(_VENDORS)
        self._bought = self._since(date(FIRST_YEAR, 1, 1))
        self._next = int(campus.school[2:]) * ADDRESSES_PER_SCHOOL

    def written(self, device: Device) -> Device:
        """Give the device with its file, or without one where nobody has filled it in."""
        rng = self._rng
        self._next += 1
        if rng.random() < UNWRITTEN:
            return device
        later = rng.random()
        at, networked = self._next, device.kind in _NETWORKED
        return replace(
            device,
            vendor=self._maker if later < 0.85 else rng.choice(_VENDORS),  # noqa: PLR2004  # The rest was bought later.
            model=rng.choice(_MODELS.get(device.kind, ("",))),
            ip=f"10.{at >> 16 & 255}.{at >> 8 & 255}.{at & 255}" if networked else "",
            mac=f"02:00:{at >> 24 & 255:02x}:{at >> 16 & 255:02x}:{at >> 8 & 255:02x}:{at & 255:02x}" if networked else "",
            installed=self._bought if later < 0.85 else self._since(self._bought),  # noqa: PLR2004
        )

    def _since(self, first: date) -> date:
        return first + timedelta(days=self._rng.randrange(max(1, (self._today - first).days)))
