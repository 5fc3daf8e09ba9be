"""A made city is plausible, whole and always the same."""

from collections import Counter
from datetime import date
from statistics import median

import pytest

from contract.identity import parse_device_id, parse_gateway_id, parse_school_id, parse_unit_id
from contract.kinds import KINDS
from server.core.guards import guard_quota, roll_of
from server.core.institution import against_violence, evacuations
from server.core.roster import RosterIndex
from server.core.schedule import is_school_day
from server.registry.departments import Progress
from server.registry.dossier import NOTHING_SAID
from server.registry.model import Area, Roster, SchoolKind, UnitKind
from server.registry.roster_file import encode_roster
from server.registry.sheets import LEDGER_SHEETS
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.device import AREAS
from server.registry.sheets.document import Document
from server.registry.sheets.drill import Drill
from server.registry.sheets.exemption import Exemption
from server.registry.sheets.gate import SchoolGate
from server.registry.sheets.guard import Guard
from server.registry.sheets.hazard import Hazard
from server.registry.sheets.kit import ITEMS, Kit
from server.registry.sheets.letter import Letter
from server.registry.sheets.outside_source import OutsideSource
from server.registry.sheets.post import Post
from simulators.city import make_city
from simulators.credentials import gateway_key, key_hash
from simulators.staff import ESCORT_READER

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def city() -> Roster:
    """Give a city of the test size with its design load."""
    return make_city(3_200, 7, TODAY, cameras=1.0).roster


@pytest.mark.parametrize("sites", [1, 7, 200])
def test_same_seed_gives_same_city(sites: int) -> None:
    """Everything follows from size, seed and date, so that a found fault can be found again."""
    first, second = make_city(sites, 5, TODAY), make_city(sites, 5, TODAY)

    assert first == second
    assert len(first.roster.schools) == len(first.roster.gateways) == sites


def test_another_seed_gives_another_city() -> None:
    """The seed matters."""
    assert make_city(30, 1, TODAY).roster.schools != make_city(30, 2, TODAY).roster.schools


def test_identities_are_well_formed_and_unique(city: Roster) -> None:
    """No two things share an identity, and each identity passes the wire's own parser."""
    for found, parse in (
        ([unit.id for unit in city.units], parse_unit_id),
        ([station.id for station in city.stations], parse_unit_id),
        ([school.id for school in city.schools], parse_school_id),
        ([gateway.id for gateway in city.gateways], parse_gateway_id),
    ):
        assert len(set(found)) == len(found)
        assert all(parse(text) for text in found)
    devices = [(device.gateway, parse_device_id(device.id)) for device in city.devices]
    assert len(set(devices)) == len(devices)
    numbered = [device.gb_id for device in city.devices if device.gb_id]
    assert len(set(numbered)) == len(numbered)
    assert {len(number) for number in numbered} == {20}
    assert len({school.name for school in city.schools}) == 3_200


def test_each_school_has_a_place_in_both_trees(city: Roster) -> None:
    """Every school hangs under a township and a station that exist, and every branch ends at the city."""
    units = {unit.id: unit for unit in city.units}
    stations = {station.id: station for station in city.stations}
    for school in city.schools:
        unit = units[school.unit]
        assert unit.kind is UnitKind.TOWNSHIP
        assert unit.parent is not None
        assert units[unit.parent].parent == "450700"
        assert stations[school.station].parent == f"PS-{unit.parent}"
    assert {unit.id for unit in city.units if unit.kind is UnitKind.COUNTY} == {
        "450702", "450703", "450721", "450722", "4507GQ",
    }  # fmt: skip


def test_each_school_can_raise_the_alarm(city: Roster) -> None:
    """Whatever a school lacks, it has a host, a button, a gate camera, a gate and a guard post, all of known kinds."""
    kinds: dict[str, set[str]] = {}
    for device in city.devices:
        assert device.kind in KINDS
        kinds.setdefault(device.school, set()).add(device.kind + ("@" if device.at_gate else ""))
    for school in city.schools:
        assert {"alarm_host", "alarm_button", "camera@", "gate@", "guard_post", "recorder"} <= kinds[school.id]


def test_proportions_follow_the_plan(city: Roster) -> None:
    """County shares, kinds and the design load are what the planning figures say."""
    schools = Counter(gateway.id.split("-")[1] for gateway in city.gateways)
    kinds = Counter(school.kind for school in city.schools)
    cameras = sum(device.kind == "camera" for device in city.devices)

    assert schools["450721"] == 1_152  # 36 %
    assert schools["4507gq"] == 128  # 4 %
    assert abs(kinds[SchoolKind.KINDERGARTEN] - 3_200 * 900 / 2_176) <= 1
    assert kinds[SchoolKind.SPECIAL] >= 4
    assert 135_000 < len(city.devices) < 165_000
    assert cameras / len(city.devices) > 0.8


def test_demo_city_is_light() -> None:
    """The default of 200 schools has about twenty devices at the usual school, and every kind of school."""
    city = make_city(200, 1, TODAY).roster
    per_school = Counter(device.gateway for device in city.devices)

    assert 15 <= median(per_school.values()) <= 25
    assert {school.kind for school in city.schools} == set(SchoolKind)
    assert {school.area for school in city.schools} == set(Area)


def declared_in(city: Roster) -> dict[tuple[str, str], Declaration]:
    """Index what a city's ledger declares by school and item."""
    return {(record.school, record.id): record for record in city.records if isinstance(record, Declaration)}


def test_ledger_has_realistic_gaps(city: Roster) -> None:
    """The declared shares start where such programmes really stood, never at 100 %."""
    declared = declared_in(city)
    index = RosterIndex(city)
    rolls = {school.id: roll_of(index.dossier(school.id), TODAY).certified for school in city.schools}

    def share(*items: str) -> float:
        good = 0
        for school in city.schools:
            found = [declared[school.id, item] for item in items]
            good += all(item.in_place and (item.expires is None or item.expires >= TODAY) for item in found)
        return good / len(city.schools)

    closed = [item for school, item in declared if school == city.schools[0].id and item.startswith("closed_")]
    guarded = sum(rolls[school.id] > 0 for school in city.schools) / len(city.schools)
    enough = sum(rolls[school.id] >= guard_quota(school, NOTHING_SAID, TODAY) for school in city.schools) / len(city.schools)

    assert len(closed) == 5
    assert 0.975 < share(*closed) < 0.997
    assert 0.90 < share("video_networked", "alarm_networked") < 0.97
    assert 0.85 < share("barrier") < 0.98
    assert 0.91 < enough < guarded < 0.97


def test_powered_barriers_stand_only_where_one_is_declared(city: Roster) -> None:
    """A barrier that reports is also in the ledger; fixed and movable ones are in the ledger alone, with a dated photo."""
    powered = {device.school for device in city.devices if device.kind == "barrier"}
    declared = {school: said for (school, item), said in declared_in(city).items() if item == "barrier" and said.in_place}

    assert powered < declared.keys()
    assert all(said.dated for school, said in declared.items() if school not in powered)


def test_exemptions_are_written_and_end(city: Roster) -> None:
    """Only teaching points without a barrier are exempt, each with a document and an end, and some have run out."""
    exemptions = [record for record in city.records if isinstance(record, Exemption)]
    kinds, declared = {school.id: school.kind for school in city.schools}, declared_in(city)

    assert exemptions
    for exemption in exemptions:
        assert kinds[exemption.school] is SchoolKind.TEACHING_POINT
        assert not declared[exemption.school, "barrier"].in_place
        assert exemption.document
        assert exemption.approver
    assert {exemption.until < TODAY for exemption in exemptions} == {True, False}


def test_calendar_has_terms_around_today(city: Roster) -> None:
    """There is a term today, one before and one after, and a make-up day is never a holiday."""
    calendar = city.calendar

    assert any(term.first_day <= TODAY <= term.last_day for term in calendar.terms)
    assert any(term.last_day < TODAY for term in calendar.terms)
    assert any(term.first_day > TODAY for term in calendar.terms)
    assert date(2026, 10, 1) in calendar.holidays
    assert calendar.make_up_days
    assert not calendar.make_up_days & calendar.holidays
    assert all(day.weekday() >= 5 for day in calendar.make_up_days)


def test_keys_are_derived_and_only_hashes_are_in_the_roster() -> None:
    """The fleet can log in with a roster that holds no key."""
    city = make_city(3, 9, TODAY)
    for gateway in city.roster.gateways:
        key = gateway_key(9, gateway.id)

        assert gateway.key_hash == key_hash(key)
        assert key not in repr(city.roster)


def test_no_telephone_can_be_dialled(city: Roster) -> None:
    """Local numbers never begin with 0, so nobody is ever called by mistake."""
    phones = [school.contact_phone for school in city.schools] + [station.phone for station in city.stations]

    assert all(phone.startswith("0777-0") for phone in phones)


def test_every_roster_sheet_of_a_school_is_filled(city: Roster) -> None:
    """Gates, posts and kit stand in the ledger as a visit would find them, with what such visits have found."""
    gates = [record for record in city.records if isinstance(record, SchoolGate)]
    posts = [record for record in city.records if isinstance(record, Post)]
    kit = [record for record in city.records if isinstance(record, Kit)]
    guards = [record for record in city.records if isinstance(record, Guard)]
    escorted = sum(post.kind == "escort" for post in posts) / len(city.schools)
    dated = [item for item in kit if item.expires is not None]
    without = {school.id for school in city.schools} - {guard.school for guard in guards}

    assert len(gates) == sum(school.gates for school in city.schools)
    assert {school.id for school in city.schools} == {gate.school for gate in gates if gate.main and gate.in_use}
    assert 0.84 < escorted < 0.94
    assert {item.item for item in kit} == set(ITEMS)
    assert not without & {item.school for item in kit}
    assert 0.03 < sum(item.expires < TODAY for item in dated if item.expires) / len(dated) < 0.07
    assert 0.001 < sum(not guard.certificate for guard in guards) / len(guards) < 0.01
    assert 0.001 < sum((guard.certificate_expires or TODAY) < TODAY for guard in guards) / len(guards) < 0.01


def test_devices_have_files_with_a_few_left_bare(city: Roster) -> None:
    """Cameras watch the key areas in the order of their need; addresses are no one else's; some files are not filled in."""
    addressed = [device.ip for device in city.devices if device.ip]
    bare = sum(not device.vendor or not device.model or device.installed is None for device in city.devices)
    boarding = {school.id for school in city.schools if school.boarders}
    cameras = [device for device in city.devices if device.kind == "camera"]

    assert len(set(addressed)) == len(addressed)
    assert 0.02 < bare / len(city.devices) < 0.04
    assert all(device.area in AREAS and device.area for device in cameras)
    assert {device.school for device in cameras if device.area == "dormitory"} <= boarding
    assert {device.area for device in cameras if device.at_gate} == {"gate", "gate_outside"}


def test_teaching_points_are_managed_by_a_central_school(city: Roster) -> None:
    """Each is attached to a primary school of its own township, where there is one."""
    schools = {school.id: school for school in city.schools}
    points = [school for school in city.schools if school.kind is SchoolKind.TEACHING_POINT]
    managed = [(school, schools[school.central]) for school in points if school.central]

    assert len(managed) > len(points) * 0.8
    assert all(central.kind is SchoolKind.PRIMARY and central.unit == school.unit for school, central in managed)


def test_drills_fit_the_calendar(city: Roster) -> None:
    """Drills are held on school days, and most schools have held what their last period asked for, whatever the day."""
    held = [record for record in city.records if isinstance(record, Drill)]
    index = RosterIndex(city)
    overdue = [
        one
        for school in city.schools
        for asked in (evacuations, against_violence)
        if (one := asked(school, index.dossier(school.id), city.calendar, TODAY)).fault == "overdue"
    ]

    assert all(is_school_day(city.calendar, drill.held_on) for drill in held)
    assert 0.02 < len(overdue) / (2 * len(city.schools)) < 0.12
    assert all(one.due is not None and (TODAY - one.due).days < 365 for one in overdue)


def test_every_escort_post_has_a_reader_of_its_own(city: Roster) -> None:
    """Whoever stands on a 护学岗 checks in where they stand, and not at the school's own guards' reader."""
    manned = {record.school for record in city.records if isinstance(record, Post) and record.kind == "escort"}
    readers = {device.school for device in city.devices if device.id == ESCORT_READER}

    assert manned
    assert readers == manned


def test_institution_is_written_down_with_what_is_missing(city: Roster) -> None:
    """Plans fall due, letters stay unsigned, drills are left out, one school in eight has a hazard at its gate."""
    documents = [record for record in city.records if isinstance(record, Document)]
    hazards = [record for record in city.records if isinstance(record, Hazard)]
    letters = [record for record in city.records if isinstance(record, Letter)]
    overdue = sum(document.review_due is not None and document.review_due < TODAY for document in documents)

    # A city decides on these itself, and this one has not.
    decided = {"rule_setting", "escalation", "planned_work", "planned_area"}
    assert {record.sheet for record in city.records} == {sheet.name for sheet in LEDGER_SHEETS} - decided
    assert {record.key_hash for record in city.records if isinstance(record, OutsideSource)} == {""}  # Keys are drawn.
    assert {document.school for document in documents} == {school.id for school in city.schools}
    assert 0.04 < overdue / len(documents) < 0.08
    assert 0.02 < sum(letter.signed is None for letter in letters) / len(letters) < 0.04
    assert 0.10 < len({hazard.school for hazard in hazards}) / len(city.schools) < 0.14
    assert all((hazard.closed is not None) == (hazard.state is Progress.CLOSED) for hazard in hazards)


def test_city_of_the_test_size_is_a_file_that_can_be_sent(city: Roster) -> None:
    """A roster of 150,000 devices with all its lines stays below 100 MB."""
    assert len(encode_roster(city)) < 100_000_000
