"""What each device of a school measures at a moment: pure, plausible, within the ranges of its kind.

None means that the device cannot be reached, so that nothing at all is told of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from contract.identity import DeviceId
from contract.records import Value
from server.registry.model import Device
from simulators.behaviour import HOUR, Conduct, Orders, escorts_on_post, gate_open, guards_on_post
from simulators.chance import draw, key, slot_of
from simulators.day import DAY_SECONDS, Moment, Part
from simulators.extras import SAMPLERS as EXTRA_SAMPLERS
from simulators.staff import ESCORT_READER
from simulators.troubles import TROUBLES

Metrics = dict[str, Value]

GATE_CAMERA_OFF = 0.4  # Of the share of other cameras: those at a gate are looked after better.
PICTURE_POOR = 0.03
HOST_OFF = 0.02
BUTTON_LOST = 0.012
BARRIER_FAULT = 0.05
RECORDER_OFF = 0.015
READER_OFF = 0.015
GATE_SILENT = 0.012
_BATTERY_FULL_V, _BATTERY_START_V, _BATTERY_CUT_V = 13.6, 12.9, 10.5
_PICTURES = ("dark", "blur", "covered", "cast", "freeze", "noise", "moved")
_PULL_DAYS = 7  # A camera inside the school is looked at by police about once a week, a gate's daily.


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a device's sample depends on."""

    conduct: Conduct
    moment: Moment
    orders: Orders
    outage: float | None  # Seconds without mains; None while there is power.


@dataclass(frozen=True, slots=True)
class Thing:
    """One device with its number for the draws."""

    device: Device
    number: int

    @property
    def id(self) -> DeviceId:
        """Name the device."""
        return self.device.id


def thing(device: Device) -> Thing:
    """Prepare a device for sampling."""
    return Thing(device, key(device.id))


def sample(item: Thing, scene: Scene) -> Metrics | None:
    """Measure one device; None when it cannot be reached."""
    extra, sampler = EXTRA_SAMPLERS.get(item.device.kind), _SAMPLERS.get(item.device.kind)
    metrics = extra(item, scene, _wander) if extra is not None else sampler(item, scene) if sampler is not None else None
    ordered = scene.orders.troubles.get(item.id)
    return metrics if not ordered else _troubled(metrics, ordered)


def _troubled(metrics: Metrics | None, ordered: set[str]) -> Metrics | None:
    """Let a device tell what its troubles make of it."""
    for name in sorted(ordered):
        tells = TROUBLES[name].tells
        if tells is None:
            return None
        metrics = (metrics or {}) | dict(tells)
    return metrics


Wander = Callable[[Thing, Scene, float, float, float, int], float]


def _wander(item: Thing, scene: Scene, middle: float, spread: float, slot_seconds: float, salt: int) -> float:
    """Give a value that moves slowly around a middle of the device's own."""
    conduct = scene.conduct
    slot, within = slot_of(scene.moment.now, slot_seconds, conduct.number, item.number, salt)
    here = draw(conduct.seed, conduct.number, item.number, slot, salt)
    there = draw(conduct.seed, conduct.number, item.number, slot + 1, salt)
    share = within / slot_seconds
    return middle + spread * (2 * (here + (there - here) * share) - 1)


def _own(item: Thing, scene: Scene, salt: int) -> float:
    """Give a number from 0 to 1 that this device keeps for ever."""
    return draw(scene.conduct.seed, scene.conduct.number, item.number, salt)


def _last(item: Thing, scene: Scene, period_seconds: float, salt: int) -> int:
    """Give the last time, ms UTC, at which something that happens once in each period happened."""
    slot_start = scene.moment.now - slot_of(scene.moment.now, period_seconds, scene.conduct.number, item.number, salt)[1]
    return int(slot_start * 1000)


def _camera(item: Thing, scene: Scene) -> Metrics:
    share = scene.conduct.cameras_off * (GATE_CAMERA_OFF if item.device.at_gate else 1.0)
    off = scene.outage is not None or item.id in scene.orders.cameras_off
    if off or scene.conduct.spell(scene.moment.now, share, 8 * HOUR, item.number):
        return {"online": False, "stream": False}
    poor = scene.conduct.spell(scene.moment.now, PICTURE_POOR * scene.conduct.calm, 48 * HOUR, item.number, 2)
    wrong_clock = _own(item, scene, 3) < 0.012 * scene.conduct.calm  # Every eightieth camera was never set right.
    metrics: Metrics = {
        "online": True,
        "stream": True,
        "bitrate": round(_wander(item, scene, 2_000 + 1_500 * _own(item, scene, 4), 200, HOUR, 4)),
        "fps": 25.0,
        "packet_loss": round(_wander(item, scene, 0.2, 0.2, HOUR, 5), 2),
        "rtt": round(_wander(item, scene, 8, 6, HOUR, 6), 1),
        "picture": _PICTURES[int(_own(item, scene, 7) * len(_PICTURES))] if poor else "good",
        "picture_score": round(_wander(item, scene, 35 if poor else 90, 4, 2 * HOUR, 8)),
        "clock_offset": round(_wander(item, scene, 95_000 if wrong_clock else 0, 400, 6 * HOUR, 9)),
        "recording": not scene.conduct.spell(scene.moment.now, 0.02 * scene.conduct.calm, 12 * HOUR, item.number, 10),
    }
    if scene.conduct.video_networked:
        days = 1 if item.device.at_gate else _PULL_DAYS
        metrics["police_pull"] = _last(item, scene, days * DAY_SECONDS, 11)
    return metrics


def _recorder(item: Thing, scene: Scene) -> Metrics:
    if scene.outage is not None or scene.conduct.spell(scene.moment.now, RECORDER_OFF, 8 * HOUR, item.number):
        return {"online": False, "recording": False}
    short = _own(item, scene, 1) < 0.1  # noqa: PLR2004  # One in ten cannot hold the days it must.
    metrics: Metrics = {
        "online": True,
        "recording": True,
        "retention": round(14 + 14 * _own(item, scene, 2) if short else 31 + 60 * _own(item, scene, 2), 1),
        "gap": 0 if _own(item, scene, 3) > 0.05 else int(3_600 * _own(item, scene, 4)),  # noqa: PLR2004
        "disk": "warn" if _own(item, scene, 5) < 0.03 else "ok",  # noqa: PLR2004
        "disk_total": 48_000.0,
        "disk_free": round(_wander(item, scene, 900, 5, 6 * HOUR, 6)),
        "temp": round(_wander(item, scene, 41, 3, 3 * HOUR, 7), 1),
        "clock_offset": round(_wander(item, scene, 0, 300, 6 * HOUR, 8)),
    }
    if scene.conduct.video_networked:
        metrics["police_catalogue"] = _last(item, scene, HOUR, 9)
    return metrics


def _alarm_host(item: Thing, scene: Scene) -> Metrics | None:
    conduct, now = scene.conduct, scene.moment.now
    hours = (scene.outage or 0.0) / HOUR * conduct.speed
    flat = scene.outage is not None and hours > conduct.battery_hours
    if flat or item.id in scene.orders.hosts_off or conduct.spell(now, HOST_OFF, 3 * HOUR, item.number):
        return None
    drop = (_BATTERY_START_V - _BATTERY_CUT_V) * hours / conduct.battery_hours
    metrics: Metrics = {
        "online": True,
        "path_main": not conduct.spell(now, 0.01, HOUR, item.number, 2),
        "path_backup": not conduct.spell(now, 0.03, 2 * HOUR, item.number, 3),
        "rssi": round(_wander(item, scene, -85, 4, 4 * HOUR, 4)),
        "mains": scene.outage is None,
        "battery_v": round(_BATTERY_FULL_V if scene.outage is None else _BATTERY_START_V - drop, 2),
        "tamper": False,
        "audio_ok": not conduct.spell(now, 0.015, 24 * HOUR, item.number, 5),
        "call_state": "idle",
        "last_test": _last(item, scene, 30 * DAY_SECONDS, 6),
        "last_test_latency": 300 + int(900 * _own(item, scene, 7)),
        "temp": round(_wander(item, scene, 24, 5, 6 * HOUR, 8), 1),
        "humidity": round(_wander(item, scene, 68, 12, 6 * HOUR, 9), 1),
    }
    if conduct.alarm_networked:
        metrics["police_ack"] = _last(item, scene, HOUR, 10)
    return metrics


def _alarm_button(item: Thing, scene: Scene) -> Metrics | None:
    if scene.conduct.spell(scene.moment.now, BUTTON_LOST, 12 * HOUR, item.number):
        return None
    metrics: Metrics = {
        "loop": "closed",
        "tamper": False,
        "link": True,
        "last_test": _last(item, scene, 45 * DAY_SECONDS, 1),
        "temp": round(_wander(item, scene, 24, 4, 6 * HOUR, 2), 1),
    }
    if _own(item, scene, 3) < 0.3:  # noqa: PLR2004  # A third are wireless, most of them in the classrooms.
        charge = _own(item, scene, 4)
        metrics |= {
            "rssi": round(_wander(item, scene, -72, 5, 4 * HOUR, 5)),
            "cell_v": round(2.55 + 0.6 * charge, 2),
            "battery": round(10 + 90 * charge),
        }
    else:
        metrics["loop_ohm"] = round(2_200 + 40 * _own(item, scene, 6))
    return metrics


def _barrier(item: Thing, scene: Scene) -> Metrics:
    conduct, moment = scene.conduct, scene.moment
    fault = conduct.spell(moment.now, BARRIER_FAULT, 12 * HOUR, item.number)
    guarded = moment.part in (Part.PEAK, Part.CLASS)
    passing = conduct.spell(moment.now, 0.01 if guarded else 0.15, 60.0 * conduct.speed, item.number, 2)
    down = item.id in scene.orders.barriers_down or passing
    return {
        "position": "mid" if fault else "down" if down else "up",
        "moving": False,
        "fault_code": 12 if fault else 0,
        "rise_time": 3_500 + int(2_000 * _own(item, scene, 3)),
        "fall_time": 3_000 + int(1_500 * _own(item, scene, 4)),
        "oil_temp": round(_wander(item, scene, 38, 6, 4 * HOUR, 5), 1),
        "oil_level": round(70 + 25 * _own(item, scene, 6), 1),
        "pressure": round(_wander(item, scene, 6.4, 0.1, HOUR, 7), 2),
        "motor_current": 0.0,
        "mains_v": 0.0 if scene.outage is not None else round(_wander(item, scene, 224, 3, 2 * HOUR, 8), 1),
        "pit_water": _own(item, scene, 9) < 0.02,  # noqa: PLR2004  # One pit in fifty does not drain.
        "loop_occupied": passing,
        "cycles": 4_000 + int(moment.now // 900) % 50_000,
        "mode": "auto",
    }


def _gate(item: Thing, scene: Scene) -> Metrics | None:
    if scene.outage is not None or scene.conduct.spell(scene.moment.now, GATE_SILENT, 6 * HOUR, item.number, 12):
        return None
    conduct, moment = scene.conduct, scene.moment
    is_open = gate_open(conduct, moment, item.number, scene.orders, item.id)
    crowd = 30 if moment.part is Part.PEAK and is_open else 1 if moment.part is Part.BETWEEN else 0
    coming = moment.minute < 12 * 60
    return {
        "open": is_open,
        "locked": not is_open and moment.part is Part.NIGHT,
        "forced": False,
        "held_open": is_open and moment.part is not Part.PEAK,
        "emergency_release": False,
        "mode": "free" if moment.part is Part.PEAK else "locked" if moment.part is Part.NIGHT else "normal",
        "passes_in": crowd if coming else 0,
        "passes_out": 0 if coming else crowd,
        "fault_code": 0,
    }


def _guard_post(item: Thing, scene: Scene) -> Metrics | None:
    if scene.conduct.spell(scene.moment.now, READER_OFF, 6 * HOUR, item.number):
        return None
    if item.id == ESCORT_READER:
        there = escorts_on_post(scene.conduct, scene.moment)
    else:
        there = guards_on_post(scene.conduct, scene.moment, scene.orders)
    return {
        "on_duty": there,
        "online": True,
        "battery": 100 if scene.outage is None else 90,
        "buffered": 0,
    }


_SAMPLERS: dict[str, Callable[[Thing, Scene], Metrics | None]] = {
    "alarm_button": _alarm_button,
    "alarm_host": _alarm_host,
    "barrier": _barrier,
    "camera": _camera,
    "gate": _gate,
    "guard_post": _guard_post,
    "recorder": _recorder,
}
