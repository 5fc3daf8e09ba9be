"""One trouble for each rule of devices: what a device tells while the simulator's operator orders it, so that it fires."""

from collections.abc import Mapping
from dataclasses import dataclass

from contract.records import Value


@dataclass(frozen=True, slots=True)
class Trouble:
    """What devices of a kind tell; None where they tell nothing at all."""

    kind: str
    tells: Mapping[str, Value] | None


TROUBLES: dict[str, Trouble] = {
    "alarm_host_offline": Trouble("alarm_host", None),
    "alarm_test_overdue": Trouble("alarm_host", {"last_test": 1}),  # In 1970. Buttons tell none of their own meanwhile.
    "audio_fault": Trouble("alarm_host", {"audio_ok": False}),
    "barrier_down": Trouble("barrier", {"position": "down", "fault_code": 0}),
    "barrier_health": Trouble("barrier", {"oil_temp": 82.0, "pit_water": True}),
    "barrier_stuck": Trouble("barrier", {"position": "mid", "fault_code": 12}),
    "battery_low": Trouble("alarm_host", {"battery_v": 10.9}),
    "button_lost": Trouble("alarm_button", {"loop": "open"}),
    "camera_ai": Trouble("camera", {"ai_event": "weapon", "ai_confidence": 93}),
    "camera_blocked": Trouble("camera", {"picture": "covered", "picture_score": 4}),
    "camera_offline": Trouble("camera", {"online": False, "stream": False}),
    "clock_drift": Trouble("recorder", {"clock_offset": 410_000}),
    "device_offline": Trouble("gate", None),
    "disk_fault": Trouble("recorder", {"disk": "fail"}),
    "electric_fire_risk": Trouble("electric_fire", {"residual_current": 620}),
    "emergency_release": Trouble("gate", {"emergency_release": True}),
    "fire_detected": Trouble("fire_detector", {"alarm": True, "smoke": 0.4}),
    "fire_detector_fault": Trouble("fire_detector", {"fault": True}),
    "gate_forced": Trouble("gate", {"forced": True}),
    "gate_open": Trouble("gate", {"open": True, "held_open": True}),
    "gateway_behind": Trouble("gateway", {"lag": 4_000}),
    "host_tampered": Trouble("alarm_host", {"tamper": True}),
    "kitchen_camera_off": Trouble("kitchen_camera", {"stream": False}),
    "kitchen_hygiene": Trouble("kitchen_camera", {"ai_event": "rat", "ai_confidence": 88}),
    "mains_lost": Trouble("alarm_host", {"mains": False, "battery_v": 12.6}),
    "path_degraded": Trouble("alarm_host", {"path_main": False, "path_backup": True}),
    "perimeter_intrusion": Trouble("perimeter", {"zone": "intrusion"}),
    "perimeter_off": Trouble("perimeter", {"armed": False}),
    "picture_poor": Trouble("camera", {"picture": "blur", "picture_score": 22}),
    "recorder_offline": Trouble("recorder", {"online": False, "recording": False}),
    "recording_gap": Trouble("recorder", {"gap": 4_000}),
    "video_lost": Trouble("camera", {"picture": "freeze", "picture_score": 11}),
    "visitor_alert": Trouble("visitor_machine", {"event": "blacklist"}),
    "visitor_overstay": Trouble("visitor_machine", {"inside": 2}),
}
