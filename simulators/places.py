"""The county-level units of Qinzhou with their share of schools, and the towns and police stations below them."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contract.identity import StationId, UnitId
from server.registry.model import Station, StationKind, Unit, UnitKind
from simulators.names import Name, phone

CITY = UnitId("450700")
BUREAU = StationId("PS-450700")
SITES_PER_TOWN = 8  # In a small demo city; a full one has as many towns as the county really has.
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))  # Spreads points evenly over a disc, without two on one spot.


@dataclass(frozen=True, slots=True)
class County:
    """One county-level unit: code, names, share of the city's schools, towns, centre (WGS-84) and radius in degrees."""

    code: str
    name: str
    name_en: str
    police: str
    share: float
    towns: int
    streets: int  # How many of the towns are urban sub-districts (街道).
    latitude: float
    longitude: float
    radius: float
    urban: float  # The share of its schools that are coded urban.


COUNTIES = (
    County("450702", "钦南区", "Qinnan District", "钦南分局", 0.18, 16, 5, 21.95, 108.66, 0.13, 0.42),
    County("450703", "钦北区", "Qinbei District", "钦北分局", 0.20, 14, 3, 22.13, 108.45, 0.20, 0.25),
    County("450721", "灵山县", "Lingshan County", "灵山县公安局", 0.36, 19, 3, 22.42, 109.29, 0.24, 0.20),
    County("450722", "浦北县", "Pubei County", "浦北县公安局", 0.22, 17, 2, 22.27, 109.56, 0.20, 0.18),
    # The port zone has no code of its own in GB/T 2260 and yet reports by itself.
    County("4507GQ", "钦州港片区", "Qinzhou Port Area", "钦州港分局", 0.04, 4, 1, 21.73, 108.63, 0.05, 0.40),
)


@dataclass(frozen=True, slots=True)
class Town:
    """A township with its station and centre."""

    unit: Unit
    station: Station
    urban: bool
    latitude: float
    longitude: float


def head_offices(rng: random.Random) -> tuple[list[Unit], list[Station]]:
    """Give the city, its counties, the city bureau and its sub-bureaus."""
    units = [Unit(CITY, UnitKind.CITY, None, "钦州市", "Qinzhou")]
    stations = [Station(BUREAU, StationKind.BUREAU, None, "钦州市公安局", "Qinzhou Public Security Bureau", phone(rng))]
    for county in COUNTIES:
        units.append(Unit(UnitId(county.code), UnitKind.COUNTY, CITY, county.name, county.name_en))
        name_en = f"{county.name_en} Sub-bureau"
        sub_bureau = StationId(f"PS-{county.code}")
        stations.append(Station(sub_bureau, StationKind.SUB_BUREAU, BUREAU, county.police, name_en, phone(rng)))
    return units, stations


def make_towns(county: County, sites: int, names: Iterator[Name], rng: random.Random) -> Sequence[Town]:
    """Lay out the towns of a county that has `sites` schools: the urban ones in the middle, at least one of each sort."""
    count = max(2, min(county.towns, round(sites / SITES_PER_TOWN)))
    streets = min(count - 1, max(1, round(county.streets * count / county.towns)))
    return [_town(county, number, count, number < streets, next(names), rng) for number in range(count)]


def _town(county: County, number: int, count: int, urban: bool, name: Name, rng: random.Random) -> Town:
    suffix, suffix_en = ("街道", "Subdistrict") if urban else ("镇", "Town")
    unit = Unit(
        UnitId(f"{county.code}-{number + 1:02d}"),
        UnitKind.TOWNSHIP,
        UnitId(county.code),
        f"{name[0]}{suffix}",
        f"{name[1]} {suffix_en}",
    )
    station = Station(
        StationId(f"PS-{county.code}-{number + 1:02d}"),
        StationKind.STATION,
        StationId(f"PS-{county.code}"),
        f"{name[0]}派出所",
        f"{name[1]} Police Station",
        phone(rng),
    )
    radius = county.radius * math.sqrt((number + 0.5) / count)
    angle = number * _GOLDEN_ANGLE
    return Town(
        unit,
        station,
        urban,
        county.latitude + radius * math.sin(angle),
        county.longitude + radius * math.cos(angle),
    )
