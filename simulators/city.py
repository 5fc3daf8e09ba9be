"""A plausible Qinzhou of any size: the same seed, size and date always give the same city."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from contract.identity import GatewayId, SchoolId
from server.core.guards import guard_quota
from server.registry.dossier import NOTHING_SAID
from server.registry.model import Area, Device, Gateway, Roster, School, SchoolKind, Station, Unit, UnitKind
from server.registry.record import Record
from server.registry.sheets import in_order
from simulators import names
from simulators.credentials import gateway_key, key_hash
from simulators.equipment import Campus, Numbers, equip
from simulators.institution import around, chosen, in_writing, practised, warnings
from simulators.ledger import county_weight, declare, exempt, gates
from simulators.places import CITY, COUNTIES, County, Town, head_offices, make_towns
from simulators.proportions import split
from simulators.rotas import rotas
from simulators.school_kinds import ONE_OF_EACH_FROM, PLANS, Plan
from simulators.school_names import Namer
from simulators.school_year import calendar_around
from simulators.staff import ESCORT_READER, kit, posts, roll

CAMERAS_TODAY = 0.6  # The planning figures of today; 1.0 is the design load: 150,000 devices at 3,200 schools.
NO_GUARD = {True: 0.10, False: 0.018}  # The share of schools without any guard, for teaching points and for the others.
GUARDS_AT_SMALL_PEAK = 2  # One at the gate and one before it, where a school has two.
PUPILS_PER_PEAK_GUARD = 1_000
SHORT_OF_GUARDS = 0.045  # The share with guards, but fewer than the quota.
KEY_TARGET_PUPILS = 3_000  # Schools so large count as key targets of counter-terrorism: records are kept for 90 days.
_PORT_AREA = "450702"  # The port zone has no area code of its own; its devices are numbered in the district it lies in.
_TOWN_SPREAD_DEGREES = 0.012  # Most schools of a town lie within a good kilometre of its middle.


@dataclass(frozen=True, slots=True)
class City:
    """A city: its roster, and the seed that its devices and people behave by."""

    seed: int
    today: date
    roster: Roster


@dataclass(frozen=True, slots=True)
class _Site:
    """One school to be built: its place in the city's list, kind, county, town and area."""

    index: int
    serial: int  # Within its county.
    plan: Plan
    county: County
    town: Town
    area: Area

    @property
    def gateway(self) -> GatewayId:
        return GatewayId(f"gw-{self.county.code.lower()}-{self.serial:04d}")

    @property
    def school(self) -> SchoolId:
        return SchoolId(f"21{self.index + 1:08d}")

    @property
    def code(self) -> str:
        return f"{self.county.code}-{self.serial:04d}"


def make_city(sites: int, seed: int, today: date, cameras: float = CAMERAS_TODAY) -> City:
    """Make a city of `sites` schools; `cameras` scales how many cameras they have."""
    assert sites >= 1
    rng, calendar = random.Random(seed), calendar_around(today)
    units, stations = head_offices(rng)
    places = _lay_out(sites, rng, units, stations)
    declared = declare(rng, [(site.school, site.code) for site in places], today)
    records: list[Record] = []
    namer, numbers = Namer(), Numbers()
    schools: list[School] = []
    devices: list[Device] = []
    for site in places:
        own = random.Random(seed * 1_000_003 + site.index)
        school, on_roll = _school(site, own, namer, today)
        powered = own.random() < site.plan.powered_barrier and declared[site.index]["barrier"].in_place
        area = site.county.code if site.county.code.isdigit() else _PORT_AREA
        schools.append(school)
        records += declared[site.index].values()
        records += exempt(school.id, site.plan.kind, declared[site.index], site.code, today)
        people = random.Random(seed * 1_000_003 + site.index + 500_009)
        records += roll(people, school.id, on_roll, today)
        manned = posts(people, school, on_roll)
        records += manned
        records += kit(people, school.id, on_roll, today)
        records += gates(people, school.id, school.gates)
        records += in_writing(people, school, today)
        records += practised(people, school, calendar, today)
        records += around(people, school, today)
        campus = Campus(
            school=school.id,
            gateway=site.gateway,
            area_code=area,
            plan=site.plan,
            gates=school.gates,
            powered=powered,
            scale=cameras,
            boarding=school.boarders > 0,
            escorted=any(post.device == ESCORT_READER for post in manned),
            today=today,
        )
        devices += equip(campus, own, numbers)
    records += warnings(rng, [unit.id for unit in units if unit.kind is UnitKind.COUNTY], today)
    records += chosen(CITY)
    records += rotas(CITY, units, stations, schools)
    return City(
        seed,
        today,
        Roster(
            units=tuple(units),
            stations=tuple(stations),
            schools=_managed(schools),
            gateways=tuple(
                Gateway(site.gateway, school.id, key_hash(gateway_key(seed, site.gateway)))
                for site, school in zip(places, schools, strict=True)
            ),
            devices=tuple(devices),
            calendar=calendar,
            records=in_order(records),
        ),
    )


def _lay_out(sites: int, rng: random.Random, units: list[Unit], stations: list[Station]) -> list[_Site]:
    """Give each school its county, kind, area and town; the towns' units and stations are added on the way."""
    kinds = _kinds(sites)
    rng.shuffle(kinds)
    names_left = names.town_names(rng)
    places: list[_Site] = []
    for county, count in zip(COUNTIES, split(sites, [county.share for county in COUNTIES]), strict=True):
        towns = make_towns(county, count, names_left, rng)
        units += [town.unit for town in towns]
        stations += [town.station for town in towns]
        chosen = _areas(county, kinds[len(places) : len(places) + count], towns, rng)
        for serial, (plan, area, town) in enumerate(chosen, 1):
            places.append(_Site(len(places), serial, plan, county, town, area))
    return places


def _kinds(sites: int) -> list[Plan]:
    counts = split(sites, [plan.sites for plan in PLANS])
    if sites >= ONE_OF_EACH_FROM:
        for index, count in enumerate(counts):
            if count == 0:
                counts[index] += 1
                counts[counts.index(max(counts))] -= 1
    return [plan for plan, count in zip(PLANS, counts, strict=True) for _ in range(count)]


def _areas(
    county: County, plans: Sequence[Plan], towns: Sequence[Town], rng: random.Random
) -> Iterator[tuple[Plan, Area, Town]]:
    """Choose area and town of each school; towns are dealt out in turn, so that none stays without a school for long."""
    streets = [town for town in towns if town.urban]
    country = [town for town in towns if not town.urban]
    dealt = {True: rng.randrange(len(streets)), False: rng.randrange(len(country))}
    for plan in plans:
        urban = rng.random() < county.urban * plan.urban
        area = Area.URBAN if urban else Area.TOWN if rng.random() < plan.town else Area.RURAL
        choice = streets if urban else country
        dealt[urban] += 1
        yield plan, area, choice[dealt[urban] % len(choice)]


def _school(site: _Site, rng: random.Random, namer: Namer, today: date) -> tuple[School, int]:
    """Make a school, and say how many guards it has."""
    plan, town = site.plan, site.town
    pupils = int(rng.triangular(*plan.pupils, plan.pupils[0] * 0.65 + plan.pupils[1] * 0.35))
    boarders = int(pupils * plan.boarders * rng.uniform(0.8, 1.1)) if rng.random() < plan.boarding else 0
    name, name_en = namer.give(plan.kind, site.area, town.unit, rng)
    school = School(
        id=site.school,
        name=name,
        name_en=name_en,
        kind=plan.kind,
        area=site.area,
        unit=town.unit.id,
        station=town.station.id,
        pupils=pupils,
        boarders=boarders,
        latitude=round(town.latitude + rng.gauss(0, _TOWN_SPREAD_DEGREES), 6),
        longitude=round(town.longitude + rng.gauss(0, _TOWN_SPREAD_DEGREES), 6),
        address=names.address(rng, town.unit.name),
        contact="安全办值班室",
        contact_phone=names.phone(rng),
        gates=rng.randint(*plan.gates),
        key_target=pupils >= KEY_TARGET_PUPILS,
        opened=date(rng.randrange(1952, 2020), 9, 1),
    )
    without = NO_GUARD[plan.kind is SchoolKind.TEACHING_POINT] * county_weight(site.code, "guards")
    on_roll = _guards(guard_quota(school, NOTHING_SAID, today), without, rng)
    wanted = min(GUARDS_AT_SMALL_PEAK, on_roll) + pupils // PUPILS_PER_PEAK_GUARD
    return replace(school, guards_at_peak=max(1, min(on_roll, wanted))), on_roll


def _managed(schools: Sequence[School]) -> tuple[School, ...]:
    """Put each teaching point under the first primary school of its township, if there is one."""
    central: dict[str, SchoolId] = {}
    for school in schools:
        if school.kind is SchoolKind.PRIMARY:
            central.setdefault(school.unit, school.id)
    return tuple(
        replace(school, central=central.get(school.unit)) if school.kind is SchoolKind.TEACHING_POINT else school
        for school in schools
    )


def _guards(quota: int, without: float, rng: random.Random) -> int:
    if rng.random() < without:
        return 0
    if quota > 1 and rng.random() < SHORT_OF_GUARDS:
        return quota - 1
    return quota + (rng.random() < 0.25)  # noqa: PLR2004  # A quarter have one more than they must.
