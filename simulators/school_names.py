"""Names of schools, distinct within a city."""

import random

from server.registry.model import Area, SchoolKind, Unit
from simulators import names

_ENDING = {
    SchoolKind.KINDERGARTEN: ("幼儿园", "Kindergarten"),
    SchoolKind.PRIMARY: ("小学", "Primary School"),
    SchoolKind.TEACHING_POINT: ("教学点", "Teaching Point"),
    SchoolKind.JUNIOR: ("初级中学", "Junior Middle School"),
    SchoolKind.NINE_YEAR: ("九年一贯制学校", "Nine-year School"),
    SchoolKind.SENIOR: ("高级中学", "Senior High School"),
    SchoolKind.VOCATIONAL: ("职业技术学校", "Vocational School"),
    SchoolKind.SPECIAL: ("特殊教育学校", "Special Education School"),
}
_CENTRAL = (SchoolKind.KINDERGARTEN, SchoolKind.PRIMARY)  # Each town has one called 中心 (central).
_DIGITS = "零一二三四五六七八九十"
_TRIES = 8  # Draws before a number is added; beyond that a town has used up its words.


class Namer:
    """Gives each school a name nobody else in the city has."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def give(self, kind: SchoolKind, area: Area, town: Unit, rng: random.Random) -> names.Name:
        """Name a school by its town and a village (rural), or by an auspicious word (urban and town)."""
        ending, ending_en = _ENDING[kind]
        if kind in _CENTRAL and area is not Area.RURAL:
            name = f"{town.name}中心{ending}", f"{town.name_en} Central {ending_en}"
            if self._take(name):
                return name
        for _ in range(_TRIES):
            word, word_en = names.village(rng) if area is Area.RURAL else names.wish(rng)
            name = f"{town.name}{word}{ending}", f"{town.name_en} {word_en} {ending_en}"
            if self._take(name):
                return name
        number = 2
        while not self._take(
            numbered := (f"{town.name}第{_chinese(number)}{ending}", f"{town.name_en} No. {number} {ending_en}")
        ):
            number += 1
        return numbered

    def _take(self, name: names.Name) -> bool:
        if name[0] in self._used:
            return False
        self._used.add(name[0])
        return True


def _chinese(number: int) -> str:
    """Write a number below 100 in Chinese digits."""
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _DIGITS[ones]
    return (_DIGITS[tens] if tens > 1 else "") + "十" + (_DIGITS[ones] if ones else "")
