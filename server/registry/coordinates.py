"""Coordinates between the datums of Chinese maps: WGS-84, CGCS2000 and GCJ-02. All pure.

GCJ-02 is the offset of the state's map regulations. Its formula was never published; what everybody computes with is the
one that became known as `eviltransform` (https://github.com/googollee/eviltransform), on the ellipsoid of Krasovsky 1940.
Against maps it is right to a metre or two. Its inverse is found by repetition, until it returns to its start within a
centimetre. CGCS2000 and WGS-84 differ by some centimetres, and by the drift of the plate since the epoch 2000.0, under a
metre today: for finding a school they are the same, and are taken so.
"""

import math

WGS84, GCJ02, CGCS2000 = "WGS-84", "GCJ-02", "CGCS2000"
DATUMS = (WGS84, GCJ02, CGCS2000)
SHOWN = WGS84  # The datum of every screen, the same as CGCS2000 to the eye.
_AXIS = 6_378_245.0  # Krasovsky 1940, metres.
_ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943
_ROUNDS_MAX = 20
_ENOUGH_DEGREES = 1e-7  # A centimetre.
_CHINA = (0.8293, 55.8271, 72.004, 137.8347)  # South, north, west, east: outside there is no offset.

Place = tuple[float, float]  # Latitude and longitude in degrees.


def converted(latitude: float, longitude: float, datum: str, to: str = SHOWN) -> Place:
    """Give a place in another datum; an unknown datum is taken for WGS-84."""
    here, there = datum == GCJ02, to == GCJ02
    if here == there:
        return latitude, longitude
    return wgs84_of(latitude, longitude) if here else gcj02_of(latitude, longitude)


def gcj02_of(latitude: float, longitude: float) -> Place:
    """Give a place of WGS-84 in GCJ-02."""
    south, north, west, east = _CHINA
    if not (south <= latitude <= north and west <= longitude <= east):
        return latitude, longitude
    x, y = longitude - 105.0, latitude - 35.0
    angle = math.radians(latitude)
    magic = 1 - _ECCENTRICITY_SQUARED * math.sin(angle) ** 2
    root = math.sqrt(magic)
    up = math.degrees(_north(x, y) / (_AXIS * (1 - _ECCENTRICITY_SQUARED) / (magic * root)))
    right = math.degrees(_east(x, y) / (_AXIS / root * math.cos(angle)))
    return latitude + up, longitude + right


def wgs84_of(latitude: float, longitude: float) -> Place:
    """Give a place of GCJ-02 in WGS-84."""
    guess = (latitude, longitude)
    for _ in range(_ROUNDS_MAX):
        there = gcj02_of(*guess)
        off = (there[0] - latitude, there[1] - longitude)
        guess = (guess[0] - off[0], guess[1] - off[1])
        if max(abs(off[0]), abs(off[1])) < _ENOUGH_DEGREES:
            break
    return guess


def _waves(value: float) -> float:
    return (20.0 * math.sin(6.0 * value * math.pi) + 20.0 * math.sin(2.0 * value * math.pi)) * 2.0 / 3.0


def _north(x: float, y: float) -> float:
    """Give the offset northwards, in metres."""
    offset = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + _waves(x)
    offset += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    return offset + (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0


def _east(x: float, y: float) -> float:
    """Give the offset eastwards, in metres."""
    offset = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + _waves(x)
    offset += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    return offset + (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
