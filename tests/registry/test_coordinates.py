"""Datums: the published values of the formula, its inverse, and places where there is no offset."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.registry.coordinates import CGCS2000, GCJ02, WGS84, converted

METRE = 1 / 111_320
latitudes, longitudes = st.floats(4, 53), st.floats(74, 134)


@pytest.mark.parametrize(
    ("wgs", "gcj"),
    [  # The values that the tests of eviltransform publish.
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ],
)
def test_the_formula_gives_its_published_values(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    assert converted(*wgs, WGS84, GCJ02) == pytest.approx(gcj, abs=METRE)


@given(latitudes, longitudes)
def test_there_and_back_is_within_two_centimetres(latitude: float, longitude: float) -> None:
    there = converted(latitude, longitude, WGS84, GCJ02)
    back = converted(*there, GCJ02, WGS84)

    assert math.hypot(back[0] - latitude, back[1] - longitude) < 0.02 * METRE
    assert 50 * METRE < math.hypot(there[0] - latitude, there[1] - longitude) < 1_500 * METRE


@given(latitudes, longitudes)
def test_cgcs2000_is_wgs84_to_the_eye(latitude: float, longitude: float) -> None:
    assert converted(latitude, longitude, CGCS2000, WGS84) == (latitude, longitude)
    assert converted(latitude, longitude, CGCS2000, GCJ02) == converted(latitude, longitude, WGS84, GCJ02)


def test_abroad_there_is_no_offset() -> None:
    assert converted(48.85, 2.35, WGS84, GCJ02) == (48.85, 2.35)
