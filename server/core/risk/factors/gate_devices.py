"""Alarm devices and what stands at the gates, where they are surely silent."""

from collections.abc import Sequence

from server.core.liveness import DeviceState, Liveness
from server.core.risk.factor import Factor, Group, Judged, Level, Link, View, many, some
from server.core.schedule import local_date

ALARM_KINDS = frozenset({"alarm_host", "alarm_button"})
WARN_SECONDS = 86_400.0
LINKED_MAX = 5


def judge(view: View, now: float) -> Judged:
    """Judge by the devices of the gates; behind a silent gateway nothing can be said of them."""
    devices = [
        device
        for kind in view.home.by_kind.values()
        for device in kind
        if device.device.at_gate or device.device.kind in ALARM_KINDS
    ]
    if not devices:
        return Judged(
            Level.UNKNOWN, "台账中没有校门或报警设备", "no gate or alarm device is registered", (Link("sheet", "device"),)
        )
    silent = [device for device in devices if device.liveness is Liveness.OFFLINE]
    if not silent:
        unheard = [device for device in devices if device.liveness is not Liveness.LIVE]
        if unheard:
            return Judged(
                Level.UNKNOWN,
                f"{len(devices)}台校门和报警设备中{len(unheard)}台状态未知",
                f"the state of {len(unheard)} of {len(devices)} gate and alarm devices is unknown",
                _links(unheard),
            )
        return Judged(
            Level.NONE, f"{len(devices)}台校门和报警设备均在线", f"all {len(devices)} gate and alarm devices are heard"
        )
    since = min((device.since for device in silent if device.since is not None), default=now)
    names = [device.device.name or device.device.id for device in silent]
    long = now - since >= WARN_SECONDS
    day = local_date(since)
    return Judged(
        Level.WARN if long else Level.WATCH,
        f"{len(silent)}台校门或报警设备离线（{some(names)}），最早自{day}起",
        f"{many(len(silent), 'gate or alarm device is', 'gate or alarm devices are')} offline "
        f"({some(names, ', ', ' …')}), the first since {day}",
        _links(silent),
    )


def _links(devices: Sequence[DeviceState]) -> tuple[Link, ...]:
    return tuple(Link("device", f"{device.device.gateway}/{device.device.id}") for device in devices[:LINKED_MAX])


FACTOR = Factor(
    "gate_devices",
    "校门设备",
    "Gate devices",
    Group.DEVICES,
    "有校门或报警设备离线为关注，离线满24小时为预警",
    "watch: a gate or alarm device is offline; warn: for 24 hours",
    judge,
)
