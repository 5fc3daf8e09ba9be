"""What the rules of noise look at: how many places of an area have trouble together, and how often alerts come."""

from dataclasses import dataclass

TOGETHER_SECONDS = 600.0  # Troubles that began within this of one another are taken for one.
HALF_LEAST, TENTHS_LEAST, SPREAD_LEAST = 3, 5, 20
FEW, ALONE = 10, 2


@dataclass(frozen=True, slots=True)
class Area:
    """One unit, and its places (gateways) with the same trouble."""

    unit: str
    together: int  # Whose trouble began within `TOGETHER_SECONDS` of the newest.
    lasting: int  # Whose trouble lasts, whenever it began.
    places: int  # All there are.
    largest: int  # Of `together`: as many as lie in one unit or school directly below.
    powerless: int  # Of `together`: which told of lost mains before or since.
    since: float  # When the first of `together` began.
    whole: bool  # Whether the unit is the whole city.
    path: str = ""  # The way to the server that all of them miss; empty where all ways are silent.


@dataclass(frozen=True, slots=True)
class Load:
    """How often alerts come: of one subject, or within one unit."""

    count: int  # Within the rule's own span.
    since: float  # When the first of these came.


def spread(area: Area) -> bool:
    """Say whether so many places of an area have trouble together that it is one trouble and not many.

    Half of at least three, three tenths of at least five, or twenty that do not all lie in one place below.
    """
    count, places = area.together, area.places
    if count >= HALF_LEAST and 2 * count >= places:
        return True
    if count >= TENTHS_LEAST and 10 * count >= 3 * places:
        return True
    return count >= SPREAD_LEAST and 10 * area.largest <= 9 * count


def over(area: Area) -> bool:
    """Say whether so few places are left that each speaks for itself again."""
    return area.lasting < ALONE or (area.lasting < FEW and 20 * area.lasting < 3 * area.places)
