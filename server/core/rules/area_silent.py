"""Many gateways of one area are silent together: a line, an exchange or a storm. One cause and one alert."""

from server.core.alert import Severity
from server.core.noise.area import over, spread
from server.core.rule import Finding, Rule, Subject, View
from server.core.rules import area_power


def evaluate(view: View, now: float) -> Finding | None:
    """Find an area of which so many gateways are silent together, for another reason than lost mains."""
    area = view.area
    if area is None or area.path or not spread(area) or area_power.evaluate(view, now) is not None:
        return None
    detail = (("silent", str(area.together)), ("of", str(area.places)))
    return Finding(Severity.HIGH, area.since, detail, children=area.lasting)


def cleared(view: View, _now: float) -> bool:
    """Say whether so few are left that each speaks for itself."""
    return view.area is None or over(view.area)


RULE = Rule(
    name="area_silent",
    label="区域失联",
    label_en="Area silent",
    severity=Severity.HIGH,
    subject=Subject.AREA,
    trigger="同一区域10分钟内多所学校网关静默（≥3所且≥50%，或≥5所且≥30%，或≥20所）",
    trigger_en="many gateways of an area silent within 10 min: 3 and half of all, 5 and 30 %, or 20",
    evaluate=evaluate,
    cleared=cleared,
    clear_seconds=600,
    hold_most=0,
    clear_most=0,
    number="A18",
)
