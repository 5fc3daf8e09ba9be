"""A way to the server that many schools share is down: a broker, its line, or our own. One cause and one alert."""

from server.core.alert import Severity
from server.core.noise.area import over
from server.core.rule import Finding, Rule, Subject, View

SCHOOLS_MIN = 5
SHARE_PERCENT = 5  # Of all gateways of the city: so many do not lose one path together by chance.
ALL_PERCENT = 90  # Silent on every path together: what is broken is at our end.
CITY_MIN = 10  # A handful of schools says nothing about our end.


def evaluate(view: View, _now: float) -> Finding | None:
    """Find a path that many gateways miss together, or a whole city that is silent."""
    area = view.area
    if area is None:
        return None
    if area.path:
        found = area.together >= SCHOOLS_MIN and 100 * area.together >= SHARE_PERCENT * area.places
    else:
        found = area.whole and area.places >= CITY_MIN and 100 * area.together >= ALL_PERCENT * area.places
    detail = (("path", area.path), ("silent", str(area.together)), ("of", str(area.places)))
    return Finding(Severity.HIGH, area.since, detail, code=area.path, children=area.lasting) if found else None


def cleared(view: View, _now: float) -> bool:
    """Say whether so few are left that each speaks for itself."""
    return view.area is None or over(view.area)


RULE = Rule(
    name="path_lost",
    label="公共通道中断",
    label_en="Shared path lost",
    severity=Severity.HIGH,
    subject=Subject.AREA,
    trigger="10分钟内≥5所且≥5%的学校报同一通道中断，或全市≥90%的网关同时静默（先查服务器网络与消息代理）",
    trigger_en="within 10 min 5 schools and 5 % of a city miss one path, or 90 % of it is silent: look at our end",
    evaluate=evaluate,
    cleared=cleared,
    clear_seconds=600,
    hold_most=0,
    clear_most=0,
    number="A17",
)
