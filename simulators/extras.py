"""The devices beyond the mandated four (the "N") at the schools that have them, and what they measure."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulators.behaviour import HOUR
from simulators.day import Part

if TYPE_CHECKING:
    from simulators.samples import Metrics, Scene, Thing, Wander

# Kind, id, label and place: what a boarding school has bought besides.
EXTRAS = (
    ("fire_detector", "smoke-1", "烟感1", "宿舍一层"),
    ("fire_detector", "smoke-2", "烟感2", "食堂"),
    ("electric_fire", "elec-1", "电气火灾监测1", "配电房"),
    ("perimeter", "fence-1", "电子围栏东", "围墙东侧"),
    ("perimeter", "fence-2", "电子围栏西", "围墙西侧"),
    ("visitor_machine", "visitor-1", "访客机", "门卫室"),
    ("kitchen_camera", "kitchen-1", "后厨摄像机", "食堂后厨"),
)


def fire_detector(item: "Thing", scene: "Scene", wander: "Wander") -> "Metrics | None":
    """Measure a detector in a quiet room."""
    return {
        "alarm": False,
        "fault": False,
        "tamper": False,
        "smoke": round(wander(item, scene, 0.02, 0.01, 6 * HOUR, 1), 3),
        "dirt": 12,
        "cell_v": 3.3,
        "rssi": round(wander(item, scene, -92, 4, 6 * HOUR, 2)),
        "temp": round(wander(item, scene, 24, 4, 6 * HOUR, 3), 1),
    }


def electric_fire(item: "Thing", scene: "Scene", wander: "Wander") -> "Metrics | None":
    """Measure a distribution box under an ordinary load."""
    if scene.outage is not None:
        return None
    return {
        "residual_current": round(wander(item, scene, 60, 30, HOUR, 1)),
        "wire_temp": round(wander(item, scene, 38, 6, 2 * HOUR, 2), 1),
        "voltage": round(wander(item, scene, 226, 4, HOUR, 3), 1),
        "current": round(wander(item, scene, 40, 20, HOUR, 4), 1),
        "arc": False,
        "tripped": False,
    }


def perimeter(item: "Thing", scene: "Scene", wander: "Wander") -> "Metrics | None":
    """Measure a zone of a pulse fence that is always armed."""
    if scene.outage is not None:
        return None
    return {"armed": True, "zone": "normal", "voltage": round(wander(item, scene, 7.5, 0.4, HOUR, 1), 1), "tamper": False}


def visitor_machine(_item: "Thing", scene: "Scene", _wander: "Wander") -> "Metrics | None":
    """Count visitors, who come in class hours and all leave."""
    if scene.outage is not None:
        return None
    visitors = int(max(0.0, min(scene.moment.minute - 8 * 60, 8 * 60)) // 40) if scene.moment.part is not Part.AWAY else 0
    return {
        "online": True,
        "event": "none",
        "visitors": visitors,
        "inside": 1 if scene.moment.part is Part.CLASS else 0,
        "reader_ok": True,
        "paper_ok": True,
    }


def kitchen_camera(item: "Thing", scene: "Scene", wander: "Wander") -> "Metrics | None":
    """Watch a tidy kitchen."""
    if scene.outage is not None:
        return {"online": False, "stream": False}
    return {
        "online": True,
        "stream": True,
        "bitrate": round(wander(item, scene, 2_400, 200, HOUR, 1)),
        "ai_event": "none",
        "ai_confidence": 0,
    }


SAMPLERS: dict[str, Callable[["Thing", "Scene", "Wander"], "Metrics | None"]] = {
    "fire_detector": fire_detector,
    "electric_fire": electric_fire,
    "perimeter": perimeter,
    "visitor_machine": visitor_machine,
    "kitchen_camera": kitchen_camera,
}
