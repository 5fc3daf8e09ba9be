"""The XML of GB/T 28181 that we say and hear: keepalive, alarm, and the answer to an alarm. Pure.

The standard has no word for a test or a drill. Ours are of the lowest level and of method "other", and say what they are in
front of their description, so that none is taken for a call.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from server.channels.channel import Message, Subject
from server.channels.safe_xml import NotXmlError, parse_xml
from server.core.alert import Severity
from server.core.schedule import CITY_TIME
from server.registry.coordinates import converted

DEVICE, VIDEO, FAULT, OTHER = 2, 5, 6, 7  # AlarmMethod: by a device, by a picture, of a device's own fault, else.
REHEARSED = {"test": "【测试】", "drill": "【演练】"}
DESCRIPTION_MAX = 200
ENCODINGS = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "utf-8": "utf-8"}  # The last contain the first.
# Rule or code -> method and type.
TYPES: dict[str, tuple[int, int | None]] = {
    "one_key_press": (DEVICE, None),
    "video_lost": (DEVICE, 1),
    "tamper": (DEVICE, 2),
    "host_tampered": (DEVICE, 2),
    "disk_low": (DEVICE, 3),
    "perimeter_intrusion": (VIDEO, 6),
    "camera_ai": (VIDEO, None),
    "camera_blocked": (VIDEO, 11),
    "picture_poor": (VIDEO, 11),
    "disk_fault": (FAULT, 1),
    "camera_offline": (FAULT, None),
    "recorder_offline": (FAULT, None),
    "gateway_offline": (FAULT, None),
    "alarm_host_offline": (FAULT, None),
}
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9-]{1,20})["'][^>]*\?>""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotReadableError(ValueError):
    """A body that is no XML of the standard."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the platform says: `kind` is the outer element, such as Response."""

    kind: str
    command: str
    number: int
    device: str
    result: str


def alarm_number(id_: str) -> int:
    """Give the SN of a message, the same at every try: by it the platform knows a second copy, and we its answer."""
    return int(id_[:8], 16) % (2**31 - 1) + 1 if re.fullmatch(r"[0-9a-f]{8,}", id_) else 1


def alarm(message: Message, device: str, encoding: str) -> bytes:
    """Write an alarm of a device, or of our own where the device has no id of the standard."""
    about = message.about
    method, type_ = method_of(about)
    fields = [
        ("CmdType", "Alarm"),
        ("SN", str(alarm_number(message.id))),
        ("DeviceID", device),
        ("AlarmPriority", str(priority_of(about))),
        ("AlarmMethod", str(method)),
        ("AlarmTime", datetime.fromtimestamp(about.t, UTC).astimezone(CITY_TIME).strftime("%Y-%m-%dT%H:%M:%S")),
        ("AlarmDescription", _described(message)),
    ]
    if about.latitude is not None and about.longitude is not None:
        north, east = converted(about.latitude, about.longitude, about.datum, "WGS-84")
        fields += [("Longitude", f"{east:.6f}"), ("Latitude", f"{north:.6f}")]
    root = _element("Notify", fields)
    if type_ is not None:
        root.append(_element("Info", [("AlarmType", str(type_))]))
    return _bytes(root, encoding)


def keepalive(number: int, device: str, encoding: str) -> bytes:
    """Write that we are there."""
    fields = [("CmdType", "Keepalive"), ("SN", str(number)), ("DeviceID", device), ("Status", "OK")]
    return _bytes(_element("Notify", fields), encoding)


def answer(number: int, device: str, result: str, encoding: str) -> bytes:
    """Write what answers an alarm: OK or ERROR."""
    fields = [("CmdType", "Alarm"), ("SN", str(number)), ("DeviceID", device), ("Result", result)]
    return _bytes(_element("Response", fields), encoding)


def priority_of(about: Subject) -> int:
    """Give the level, 1 to 4, 1 being the gravest; a rehearsal has the least."""
    return int(Severity.LOW if about.mode in REHEARSED else about.severity)


def method_of(about: Subject) -> tuple[int, int | None]:
    """Give method and type; what we have none for comes from a device, and a rehearsal is neither alarm nor fault."""
    if about.mode in REHEARSED:
        return OTHER, None
    return TYPES.get(about.code) or TYPES.get(about.rule) or (DEVICE, None)


def parse(raw: bytes) -> ET.Element:
    """Read a body in the encoding that it declares. Raises `NotReadableError`."""
    declared = _DECLARED.match(raw)
    encoding = ENCODINGS.get(declared.group(1).decode().lower() if declared else "utf-8")
    if encoding is None:
        raise NotReadableError("encoding")
    try:
        return parse_xml(_DECLARATION.sub("", raw.decode(encoding)))
    except (NotXmlError, UnicodeDecodeError):
        raise NotReadableError("not XML") from None


def said(raw: bytes) -> Said:
    """Read what the platform says. Raises `NotReadableError`."""
    root = parse(raw)
    told = {name: (root.findtext(name) or "").strip() for name in ("CmdType", "SN", "DeviceID", "Result")}
    if not re.fullmatch(r"\d{1,10}", told["SN"]):
        raise NotReadableError("SN")
    return Said(root.tag, told["CmdType"], int(told["SN"]), told["DeviceID"], told["Result"].upper())


def _described(message: Message) -> str:
    about = message.about
    words = message.subject or message.body
    mark = REHEARSED.get(about.mode, "")
    place = about.place or about.device_name
    text = words if words.startswith(mark) else mark + words
    return _NO_XML.sub("\ufffd", f"{text} {place}".strip())[:DESCRIPTION_MAX]


def _element(name: str, fields: list[tuple[str, str]]) -> ET.Element:
    root = ET.Element(name)
    for key, value in fields:
        ET.SubElement(root, key).text = value
    return root


def _bytes(root: ET.Element, encoding: str) -> bytes:
    text = f'<?xml version="1.0" encoding="{encoding}"?>\r\n{ET.tostring(root, encoding="unicode")}\r\n'
    return text.encode(ENCODINGS[encoding.lower()], "xmlcharrefreplace")
