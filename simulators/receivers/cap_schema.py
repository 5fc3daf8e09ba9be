"""What the schema of CAP 1.2 demands of a message, checked element by element: order, number, values and forms."""

import re
from xml.etree import ElementTree as ET

NAMESPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"
INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d"
NAME = r"[^\s,<&]+"
TEXT = r"(?s).+"
CIRCLE = r"-?\d+(\.\d+)?,-?\d+(\.\d+)? \d+(\.\d+)?"
MANY = 10_000


def _one(*values: str) -> str:
    return "|".join(values)


# Name, least, most, form; in the order that the schema demands. A form of None holds elements of its own.
Row = tuple[str, int, int, str | None]
ALERT: list[Row] = [
    ("identifier", 1, 1, NAME),
    ("sender", 1, 1, NAME),
    ("sent", 1, 1, INSTANT),
    ("status", 1, 1, _one("Actual", "Exercise", "System", "Test", "Draft")),
    ("msgType", 1, 1, _one("Alert", "Update", "Cancel", "Ack", "Error")),
    ("source", 0, 1, TEXT),
    ("scope", 1, 1, _one("Public", "Restricted", "Private")),
    ("restriction", 0, 1, TEXT),
    ("addresses", 0, 1, TEXT),
    ("code", 0, MANY, TEXT),
    ("note", 0, 1, TEXT),
    ("references", 0, 1, rf"{NAME},{NAME},{INSTANT}( {NAME},{NAME},{INSTANT})*"),
    ("incidents", 0, 1, TEXT),
    ("info", 0, MANY, None),
]
INFO: list[Row] = [
    ("language", 0, 1, r"[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*"),
    (
        "category",
        1,
        MANY,
        _one("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"),
    ),
    ("event", 1, 1, TEXT),
    (
        "responseType",
        0,
        MANY,
        _one("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"),
    ),
    ("urgency", 1, 1, _one("Immediate", "Expected", "Future", "Past", "Unknown")),
    ("severity", 1, 1, _one("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
    ("certainty", 1, 1, _one("Observed", "Likely", "Possible", "Unlikely", "Unknown")),
    ("audience", 0, 1, TEXT),
    ("eventCode", 0, MANY, None),
    ("effective", 0, 1, INSTANT),
    ("onset", 0, 1, INSTANT),
    ("expires", 0, 1, INSTANT),
    ("senderName", 0, 1, TEXT),
    ("headline", 0, 1, TEXT),
    ("description", 0, 1, TEXT),
    ("instruction", 0, 1, TEXT),
    ("web", 0, 1, TEXT),
    ("contact", 0, 1, TEXT),
    ("parameter", 0, MANY, None),
    ("resource", 0, MANY, None),
    ("area", 0, MANY, None),
]
AREA: list[Row] = [
    ("areaDesc", 1, 1, TEXT),
    ("polygon", 0, MANY, TEXT),
    ("circle", 0, MANY, CIRCLE),
    ("geocode", 0, MANY, None),
    ("altitude", 0, 1, r"-?\d+(\.\d+)?"),
    ("ceiling", 0, 1, r"-?\d+(\.\d+)?"),
]
PAIR: list[Row] = [("valueName", 1, 1, TEXT), ("value", 1, 1, r"(?s).*")]
INSIDE: dict[str, list[Row]] = {"info": INFO, "area": AREA, "eventCode": PAIR, "parameter": PAIR, "geocode": PAIR}


def faults(root: ET.Element) -> list[str]:
    """List what is wrong with a message; nothing for a valid one."""
    if root.tag != f"{NAMESPACE}alert":
        return ["root: alert of CAP 1.2"]
    found = _within("alert", root, ALERT)
    told = {name: root.findtext(f"{NAMESPACE}{name}") for name in ("msgType", "references", "scope", "restriction")}
    if told["msgType"] != "Alert" and not told["references"]:
        found.append("references: needed by all but Alert")
    if (told["scope"] == "Restricted") != bool(told["restriction"]):
        found.append("restriction: needed by Restricted and nothing else")
    return found


def _within(path: str, parent: ET.Element, rows: list[Row]) -> list[str]:
    found: list[str] = []
    places = {name: place for place, (name, *_) in enumerate(rows)}
    names = [child.tag.removeprefix(NAMESPACE) for child in parent]
    found += [f"{path}: unknown element {name[:40]}" for name in names if name not in places]
    known = [places[name] for name in names if name in places]
    if known != sorted(known):
        found.append(f"{path}: out of order")
    for name, least, most, form in rows:
        some = parent.findall(f"{NAMESPACE}{name}")
        if not least <= len(some) <= most:
            found.append(f"{path}/{name}: {len(some)} times")
        for one in some:
            if name in INSIDE:
                found += _within(f"{path}/{name}", one, INSIDE[name])
            elif form is not None and not re.fullmatch(form, one.text or ""):
                found.append(f"{path}/{name}: form")
    return found
