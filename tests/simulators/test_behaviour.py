"""Schools keep their hours, faults keep their shares, and every sample fits its kind."""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from contract.identity import DeviceId, SchoolId
from contract.kind import check_value
from contract.kinds import KINDS
from server.core.roster import RosterIndex
from server.registry.model import Device
from server.registry.sheets.declaration import Declaration
from simulators.behaviour import Conduct, Orders, conduct_of, gate_open, guards_on_post, outage_seconds, patrols_due
from simulators.chance import afflicted, draw
from simulators.city import make_city
from simulators.day import Part, is_school_day, moment
from simulators.samples import Metrics, Scene, sample, thing

CITY = make_city(200, 1, date(2026, 11, 24)).roster
CALENDAR = CITY.calendar
INDEX = RosterIndex(CITY)
SCHOOLS = INDEX.schools
CONDUCTS = {
    gateway.id: conduct_of(SCHOOLS[gateway.school], INDEX.dossier(gateway.school), gateway.id, 1)
    for gateway in CITY.gateways
}
GATE = DeviceId("gate-1")


def at(hour: int, minute: int = 0, day: date = date(2026, 11, 24)) -> float:
    """Give an instant by the clock on the wall; 24 November 2026 is a Tuesday in term."""
    return (datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=8)).timestamp()


def samples(
    now: float, orders: Orders | None = None, outage: float | None = None
) -> Iterator[tuple[Device, Metrics | None]]:
    """Sample every device of the city at one instant."""
    here = moment(CALENDAR, now)
    for device in CITY.devices:
        yield device, sample(thing(device), Scene(CONDUCTS[device.gateway], here, orders or Orders(), outage))


@pytest.mark.parametrize(
    ("now", "part"),
    [
        (at(3), Part.NIGHT),
        (at(6, 30), Part.BETWEEN),
        (at(7, 30), Part.PEAK),
        (at(9), Part.CLASS),
        (at(12, 30), Part.BETWEEN),
        (at(15), Part.CLASS),
        (at(17), Part.PEAK),
        (at(9, day=date(2026, 11, 22)), Part.AWAY),  # A Sunday.
        (at(9, day=date(2026, 10, 2)), Part.AWAY),  # National Day.
        (at(9, day=date(2026, 9, 27)), Part.CLASS),  # A Sunday made up for it.
        (at(9, day=date(2026, 8, 4)), Part.AWAY),  # Summer.
    ],
)
def test_day_has_its_parts(now: float, part: Part) -> None:
    """Arrival, class, leaving and nights fall where the calendar puts them."""
    assert moment(CALENDAR, now).part is part


def test_make_up_day_is_a_school_day() -> None:
    """The calendar decides, not the weekday."""
    assert is_school_day(CALENDAR, date(2026, 9, 27))
    assert not is_school_day(CALENDAR, date(2026, 9, 20))


def test_guards_come_before_the_peak_and_stay_after_it() -> None:
    """At arrival and leaving as many guards stand there as are asked for; at night one, where the gate room is kept."""
    conduct = next(c for c in CONDUCTS.values() if c.guards >= c.guards_at_peak >= 2 and c.night_guard)

    def on_post(hour: int, minute: int) -> int:
        return guards_on_post(conduct, moment(CALENDAR, at(hour, minute)), Orders())

    assert [on_post(2, 0), on_post(6, 51), on_post(6, 53), on_post(8, 5), on_post(8, 7), on_post(18, 5)] == [
        1, 1, conduct.guards_at_peak, conduct.guards_at_peak, 1, conduct.guards_at_peak,
    ]  # fmt: skip
    assert guards_on_post(conduct, moment(CALENDAR, at(7, 30)), Orders(guards_gone=True)) == 0


def test_a_few_peaks_lack_a_guard() -> None:
    """Attendance at the peaks is good and not perfect."""
    here = moment(CALENDAR, at(7, 30))
    able = [conduct for conduct in CONDUCTS.values() if conduct.guards >= conduct.guards_at_peak]
    short = [conduct for conduct in able if guards_on_post(conduct, here, Orders()) < conduct.guards_at_peak]

    assert 0 < len(short) < 0.1 * len(able)


def test_gates_open_at_the_peaks_only() -> None:
    """A gate is open while pupils come and go, closed in class, and open in class at a few schools at most."""

    def opened(now: float) -> int:
        return sum(gate_open(c, moment(CALENDAR, now), 1, Orders(), GATE) for c in CONDUCTS.values())

    assert opened(at(7, 30)) == len(CONDUCTS)
    assert opened(at(2)) == 0
    assert sum(opened(at(9, minute)) for minute in (0, 30)) <= 8
    conduct = next(iter(CONDUCTS.values()))
    assert gate_open(conduct, moment(CALENDAR, at(2)), 1, Orders(gates_open={GATE}), GATE)


@pytest.mark.parametrize("now", [at(2), at(7, 30), at(9), at(17, 30)])
def test_every_sample_fits_its_kind(now: float) -> None:
    """The wire's own check takes every value of every device, with and without power."""
    for outage in (None, 900.0):
        for device, metrics in samples(now, outage=outage):
            for name, value in (metrics or {}).items():
                metric = KINDS[device.kind].metric(name)
                assert metric is not None, (device.kind, name)
                check_value(metric, value)


def test_same_moment_is_always_the_same() -> None:
    """Behaviour has no state: asked again, or asked in another order, a moment looks the same."""
    first = list(samples(at(10)))

    assert list(samples(at(10))) == first
    assert list(samples(at(11))) != first


def test_faults_keep_their_shares() -> None:
    """Three to five per cent of the cameras are off, a few hosts are silent, and barriers are up while they must be."""
    found = list(samples(at(9)))
    cameras = [metrics for device, metrics in found if device.kind == "camera"]
    hosts = [metrics for device, metrics in found if device.kind == "alarm_host"]
    barriers = [metrics for device, metrics in found if device.kind == "barrier" and metrics]

    assert 0.025 < sum(not (metrics or {})["online"] for metrics in cameras) / len(cameras) < 0.055
    assert 0 < sum(metrics is None for metrics in hosts) < 0.06 * len(hosts)
    assert sum(metrics["position"] == "up" for metrics in barriers) > 0.85 * len(barriers)


def in_place(school: SchoolId, item: str) -> bool:
    """Say whether the ledger calls an item in place."""
    said = INDEX.dossier(school).find(Declaration, item)
    return said is not None and said.in_place


def test_police_proof_only_where_networked() -> None:
    """A school that the ledger does not call networked never shows a police-side proof; the others do."""
    for device, metrics in samples(at(9)):
        if metrics and device.kind == "alarm_host":
            assert ("police_ack" in metrics) == in_place(device.school, "alarm_networked")
        if metrics and device.kind == "recorder" and metrics["online"]:
            assert ("police_catalogue" in metrics) == in_place(device.school, "video_networked")


def test_power_cut_darkens_cameras_and_drains_batteries() -> None:
    """Without mains cameras go at once; the host lives on its battery, which sinks, until it is flat."""
    for device, metrics in samples(at(9), outage=3_600.0):
        if device.kind == "camera":
            assert metrics == {"online": False, "stream": False}
        if device.kind == "alarm_host" and metrics:
            assert metrics["mains"] is False
            assert isinstance(battery := metrics["battery_v"], float)
            assert 10.5 < battery < 12.9
    assert all(metrics is None for device, metrics in samples(at(9), outage=48 * 3_600.0) if device.kind == "alarm_host")


def test_power_goes_in_whole_towns_and_comes_back() -> None:
    """All schools of a town are dark together, a cut ends within hours, and most of the city has light."""
    times = [at(0) + 600 * step for step in range(6 * 24 * 7)]
    by_town: dict[int, list[Conduct]] = {}
    for conduct in CONDUCTS.values():
        by_town.setdefault(conduct.town, []).append(conduct)
    dark = 0
    for conducts in by_town.values():
        for now in times:
            outages = {outage_seconds(conduct, now) for conduct in conducts}
            assert len(outages) == 1
            dark += outages != {None}

    assert 0 < dark < 0.02 * len(times) * len(by_town)


def test_orders_reach_the_devices() -> None:
    """What an operator orders shows in the next sample."""
    orders = Orders(cameras_off={DeviceId("cam-001")}, barriers_down={DeviceId("bar-1")}, hosts_off={DeviceId("host-1")})
    for device, metrics in samples(at(9), orders):
        if device.id == "cam-001":
            assert metrics == {"online": False, "stream": False}
        if device.id == "bar-1" and metrics:
            assert metrics["position"] in ("down", "mid")
        if device.id == "host-1":
            assert metrics is None


def test_five_patrols_a_day_and_two_more_by_night_where_pupils_board() -> None:
    """Each round of the day falls due exactly once, however often one looks."""
    steps = [moment(CALENDAR, at(0) + 30 * step) for step in range(2_880)]

    for boarding, rounds in ((False, 5), (True, 7)):
        conduct = next(one for one in CONDUCTS.values() if one.boarding is boarding)
        assert sum(patrols_due(conduct, here, before) for before, here in itertools.pairwise(steps)) == rounds


def test_speed_shortens_trouble_not_the_day() -> None:
    """Ten times the speed turns faults over ten times as often, with the same share off."""
    slow = [afflicted(at(0) + 600 * step, 0.5, 36_000, 1, 2) for step in range(2_000)]
    fast = [afflicted(at(0) + 600 * step, 0.5, 3_600, 1, 2) for step in range(2_000)]

    def changes(states: list[bool]) -> int:
        return sum(one != other for one, other in itertools.pairwise(states))

    assert changes(fast) > 5 * changes(slow)
    assert 0.4 < sum(fast) / len(fast) < 0.6


def test_draws_are_even() -> None:
    """Neighbouring numbers draw independently: each tenth gets its share."""
    counts = [0] * 10
    for number in range(10_000):
        counts[int(draw(1, number, 3) * 10)] += 1

    assert min(counts) > 850
    assert max(counts) < 1_150
