"""What is known from outside: its kinds and levels, for whole areas and for single gates alike."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from server.registry.sheet import Words

LocalTime = Annotated[
    datetime, msgspec.Meta(tz=False)
]  # Of Asia/Shanghai and without a zone, as people write it in a sheet.
TEXT_MAX = 200  # Letters: one sentence.
_NUMBER_OF_A_PERSON = re.compile(r"(?<!\d)(1\d{10}|\d{17}[\dXx])(?!\d)")  # A mobile telephone, or an identity card.


class OutsideKind(StrEnum):
    """What an outside event is about."""

    WEATHER = "weather"
    POLICE_CALL = "police_call"
    TRAFFIC = "traffic"
    FIRE = "fire"
    HEALTH = "health"
    OTHER = "other"


class OutsideLevel(StrEnum):
    """The four colours of public warnings; red is the worst."""

    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


KINDS: dict[OutsideKind, Words] = {
    OutsideKind.WEATHER: ("气象预警", "Weather warning"),
    OutsideKind.POLICE_CALL: ("校门周边警情", "Police call near the gate"),
    OutsideKind.TRAFFIC: ("交通", "Traffic"),
    OutsideKind.FIRE: ("火情", "Fire"),
    OutsideKind.HEALTH: ("公共卫生", "Public health"),
    OutsideKind.OTHER: ("其他", "Other"),
}
LEVELS: dict[OutsideLevel, Words] = {
    OutsideLevel.BLUE: ("蓝色（四级）", "Blue (4)"),
    OutsideLevel.YELLOW: ("黄色（三级）", "Yellow (3)"),
    OutsideLevel.ORANGE: ("橙色（二级）", "Orange (2)"),
    OutsideLevel.RED: ("红色（一级）", "Red (1)"),
}


def check_text(value: str) -> Words | None:
    """Refuse what is too long, or carries a person's telephone or identity number."""
    if len(value) > TEXT_MAX:
        return (f"不超过{TEXT_MAX}字", f"at most {TEXT_MAX} letters")
    if _NUMBER_OF_A_PERSON.search(value):
        return ("不得含手机号或身份证号", "no telephone or identity number of a person")
    return None
