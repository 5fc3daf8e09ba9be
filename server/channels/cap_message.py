"""CAP 1.2 (OASIS, ITU-T X.1303): an alert written as XML, and the Ack or Error that answers it read. Pure.

`status` says from end to end whether it is real: only a real alert is Actual, and a rehearsal asks nobody to respond.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from server.channels.channel import Earlier, Message, Subject, Text
from server.channels.contact_id import FIRE, SMOKE, event_of
from server.channels.safe_xml import NotXmlError, parse_xml
from server.core.alert import Severity
from server.core.schedule import CITY_TIME
from server.registry.coordinates import converted

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
STATUS = {"test": "Test", "drill": "Exercise"}
LANGUAGES = {"zh": "zh-CN", "en": "en-US"}
SEVERITY = {
    Severity.CRITICAL: "Extreme",
    Severity.HIGH: "Severe",
    Severity.MEDIUM: "Moderate",
    Severity.LOW: "Minor",
}
URGENCY = {
    Severity.CRITICAL: "Immediate",
    Severity.HIGH: "Expected",
    Severity.MEDIUM: "Expected",
    Severity.LOW: "Future",
}
RESTRICTION = "公安接处警使用，不得公开 For police call handling only"
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_ID = re.compile(r"[\s,<&]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an Ack or an Error says."""

    kind: str  # Ack or Error.
    references: tuple[str, ...]
    status: str
    identifier: str
    note: str


class NotCapError(ValueError):
    """What came back is no CAP message; says why."""


def status_of(about: Subject) -> str:
    """Say how real an alert is; what is neither a test nor a drill is real."""
    return STATUS.get(about.mode, "Actual")


def instant(at: float) -> str:
    """Write an instant as CAP wants it: whole seconds, with the offset of its clock."""
    return datetime.fromtimestamp(int(at), UTC).astimezone(CITY_TIME).isoformat()


def identifier(id_: str) -> str:
    """Write the identifier of a message by its id."""
    return _NO_ID.sub("-", f"anxiao-{id_}")


def reference(sender: str, earlier: Earlier) -> str:
    """Write how a later message names an earlier one."""
    return f"{sender},{identifier(earlier.id)},{instant(earlier.made)}"


def write(message: Message, sender: str, radius_km: float) -> bytes:
    """Write a message: an Alert, or an Update of the earlier ones of the same alert."""
    about = message.about
    root = ET.Element("alert", xmlns=NAMESPACE)
    _add(root, "identifier", identifier(message.id))
    _add(root, "sender", sender)
    _add(root, "sent", instant(message.made))
    _add(root, "status", status_of(about))
    _add(root, "msgType", "Update" if message.earlier else "Alert")
    _add(root, "scope", "Restricted")
    _add(root, "restriction", RESTRICTION)
    if about.mode in STATUS:
        _add(root, "note", "演练或测试，不是真实警情，无需出警 A rehearsal: nothing real, no response is needed")
    if message.earlier:
        _add(root, "references", " ".join(reference(sender, one) for one in message.earlier))
    if about.alert:
        _add(root, "incidents", _NO_ID.sub("-", about.alert))
    for text in message.texts or (Text(message.language, message.subject, message.body),):
        _info(root, about, text, radius_km)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}'.encode()


def read(raw: bytes) -> Answer:
    """Read what answers a message. Raises `NotCapError`."""
    try:
        root = parse_xml(raw)
    except NotXmlError:
        raise NotCapError("not XML") from None
    if root.tag != f"{{{NAMESPACE}}}alert":
        raise NotCapError("not CAP 1.2")
    told = {name: (root.findtext(f"{{{NAMESPACE}}}{name}") or "").strip() for name in _READ}
    if told["msgType"] not in ("Ack", "Error"):
        raise NotCapError("neither Ack nor Error")
    references = tuple(told["references"].split())
    return Answer(told["msgType"], references, told["status"], told["identifier"], told["note"])


_READ = ("identifier", "status", "msgType", "note", "references")


def _info(root: ET.Element, about: Subject, text: Text, radius_km: float) -> None:
    event = event_of(about)
    rehearsal = about.mode in STATUS
    info = ET.SubElement(root, "info")
    _add(info, "language", LANGUAGES.get(text.language, text.language))
    _add(info, "category", "Fire" if event in (FIRE, SMOKE) else "Security")
    _add(info, "event", text.subject or text.body)
    _add(info, "responseType", "None" if rehearsal else "Assess")
    _add(info, "urgency", "Unknown" if rehearsal else URGENCY[about.severity])
    _add(info, "severity", "Minor" if rehearsal else SEVERITY[about.severity])
    _add(info, "certainty", "Unlikely" if rehearsal else "Observed" if about.confirmed else "Likely")
    _pair(info, "eventCode", "SIA-DC-05", event.contact_id)
    _add(info, "onset", instant(about.t))
    _add(info, "headline", text.subject or text.body)
    _add(info, "description", text.body)
    for name, value in (("alert", about.alert), ("level", str(int(about.severity))), ("device", about.device)):
        if value:
            _pair(info, "parameter", name, value)
    if about.late:
        _pair(info, "parameter", "received", instant(about.rx))
    _area(info, about, text.language, radius_km)


def _area(info: ET.Element, about: Subject, language: str, radius_km: float) -> None:
    school = (about.school_name_en if language == "en" else about.school_name) or about.school_name
    area = ET.SubElement(info, "area")
    _add(area, "areaDesc", " ".join(part for part in (school, about.place or about.device_name) if part) or "unknown")
    if about.latitude is not None and about.longitude is not None:
        north, east = converted(about.latitude, about.longitude, about.datum, "WGS-84")
        _add(area, "circle", f"{north:.6f},{east:.6f} {radius_km:g}")
    for name, value in (("school", about.school), ("station", about.station)):
        if value:
            _pair(area, "geocode", name, value)


def _pair(parent: ET.Element, name: str, key: str, value: str) -> None:
    pair = ET.SubElement(parent, name)
    _add(pair, "valueName", key)
    _add(pair, "value", value)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _NO_XML.sub("\ufffd", text)
