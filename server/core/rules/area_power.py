"""Many schools of one area lost their mains within minutes: one cause and one alert, not one for each school."""

from server.core.alert import Severity
from server.core.noise.area import over, spread
from server.core.rule import Finding, Rule, Subject, View

POWERLESS_TENTHS = 6  # So many tenths of them must have told of lost mains; the last word of the others may be missing.


def evaluate(view: View, _now: float) -> Finding | None:
    """Find an area of which so many places are dark together, most of them after they had lost their mains."""
    area = view.area
    if area is None or area.path or not spread(area) or 10 * area.powerless < POWERLESS_TENTHS * area.together:
        return None
    detail = (("silent", str(area.together)), ("of", str(area.places)), ("powerless", str(area.powerless)))
    return Finding(Severity.HIGH, area.since, detail, children=area.lasting)


def cleared(view: View, _now: float) -> bool:
    """Say whether so few are left that each speaks for itself."""
    return view.area is None or over(view.area)


RULE = Rule(
    name="area_power",
    label="区域停电",
    label_en="Power cut in an area",
    severity=Severity.HIGH,
    subject=Subject.AREA,
    trigger="同一区域10分钟内多所学校失电或静默（≥3所且≥50%，或≥5所且≥30%，或≥20所），其中六成以上先报失电",
    trigger_en="many schools of an area dark within 10 min (3 and half, 5 and 30 %, or 20), most of them after losing mains",
    evaluate=evaluate,
    cleared=cleared,
    clear_seconds=600,
    hold_most=0,
    clear_most=0,
    number="A15",
)
