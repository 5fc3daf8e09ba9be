"""What a step may cost, as a count of the devices, schools and rules it touches; never as a time."""

from collections.abc import Callable

import pytest

from contract.identity import DeviceId, EpochId
from contract.records import Reading, Value
from server.core import fleet
from server.core.coverage import Coverage
from server.core.events import ReadingsArrived
from server.core.faults import Faults
from server.core.liveness import judge_device, judge_gateway, silent_after
from tests.core.talking import KINDS_OF_A_SCHOOL, NOON, Talk, city, gateway_of, school, talking

SCHOOLS = 40
DEVICES = SCHOOLS * len(KINDS_OF_A_SCHOOL)
WELL: dict[str, dict[str, Value]] = {
    "alarm_host": {"online": True},
    "barrier": {"position": "up", "mode": "auto"},
    "gate": {"open": False},
    "guard_post": {"on_duty": 2},
}


class Touched:
    """Counts the looks at devices, gateways, schools and verdicts."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.counts: dict[str, int] = {}
        patch.setattr("server.core.fleet.judge_device", self._counting("device", judge_device))
        patch.setattr("server.core.fleet.judge_gateway", self._counting("gateway", judge_gateway))
        patch.setattr("server.core.fleet.silent_after", self._counting("deadline", silent_after))
        patch.setattr(Coverage, "_judge", self._counting("verdict", Coverage._judge))
        patch.setattr(Faults, "_look", self._counting("rule", Faults._look))

    def _counting(self, name: str, real: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object) -> object:
            self.counts[name] = self.counts.get(name, 0) + 1
            return real(*arguments)

        return counted

    def since(self, step: Callable[[], object]) -> dict[str, int]:
        """Do something, and give what it touched."""
        self.counts = {}
        step()
        return self.counts


def read_all(talk: Talk, number: int, position: int, now: float) -> None:
    """Tell the readings of one school's batch."""
    names = [name for name, kind in KINDS_OF_A_SCHOOL.items() if kind in WELL]
    readings = [Reading(name, int(now * 1_000), {**WELL[KINDS_OF_A_SCHOOL[name]], "noise": now}) for name in names]
    positions = range(position, position + len(readings))
    talk.say(ReadingsArrived(gateway_of(number), EpochId("0000000001"), now, positions, readings), now)


@pytest.fixture
def talk() -> Talk:
    """Give a city in which every gateway is heard and settled."""
    fresh = talking(*(school(number) for number in range(1, SCHOOLS + 1)), now=NOON - 1)
    for number in range(1, SCHOOLS + 1):
        fresh.heard(NOON, school_number=number)
        read_all(fresh, number, 1, NOON)
    for second in range(1, 4):
        fresh.tick(NOON + second)
    return fresh


def test_readings_that_change_nothing_touch_no_rule_no_verdict_and_no_clock(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched = Touched(monkeypatch)
    assert touched.since(lambda: read_all(talk, 1, 100, NOON + 5)) == {}


def test_a_reading_that_changes_something_touches_its_own_device_and_its_own_school(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched = Touched(monkeypatch)
    talk.position = 1_000
    assert touched.since(lambda: talk.read("gate-1", NOON + 5, open=True)) == {"device": 1, "rule": 1}
    assert touched.since(lambda: talk.tick(NOON + 6)) == {"verdict": 1}


def test_a_tick_in_which_nothing_is_due_touches_nothing(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    touched = Touched(monkeypatch)
    assert touched.since(lambda: talk.tick(NOON + 20)) == {}


def test_a_tick_touches_a_live_gateway_once_in_its_period_even_at_the_very_instant(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2, SCHOOLS + 1):
        talk.heard(NOON + 30, school_number=number)
    touched = Touched(monkeypatch)
    assert touched.since(lambda: talk.tick(NOON + 45))["gateway"] == SCHOOLS  # One of them has gone, to the second.
    assert talk.engine.gateway(gateway_of(1)).liveness == "suspect"  # type: ignore[union-attr]  # It is in the roster.
    assert "gateway" not in touched.since(lambda: talk.tick(NOON + 46))


def test_a_device_is_looked_at_once_in_its_period_even_at_the_very_instant(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for second in range(15, 195, 15):
        for number in range(1, SCHOOLS + 1):
            talk.heard(NOON + second, school_number=number)
    touched = Touched(monkeypatch)
    assert touched.since(lambda: talk.tick(NOON + 180))["device"] <= DEVICES + SCHOOLS  # And each gateway's own `gw`.
    assert talk.engine.device(gateway_of(1), DeviceId("host")).liveness == "offline"  # type: ignore[union-attr]  # As above.


def test_a_city_that_falls_silent_at_once_is_told_over_several_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "GATEWAY_CHECKS_PER_TICK_MAX", 15)
    talk = talking(roster=city(*(school(number) for number in range(1, SCHOOLS + 1))), now=NOON - 1)
    for number in range(1, SCHOOLS + 1):
        talk.heard(NOON, school_number=number)
    told = []
    for second in range(4):
        talk.tick(NOON + 45 + second)
        told.append(len(talk.lives()))
    assert told == [15, 15, 10, 0]
