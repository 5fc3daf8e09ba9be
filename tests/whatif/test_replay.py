"""A replay tells what a running server would have told, under either setting; and says which alerts differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from contract.batch import encode_batch
from contract.identity import DeviceId, EpochId, Lane, UnitId
from contract.records import DeviceAlert, Reading, Record, Value, encode_record
from server.core.events import GatewayHeard, ReadingArrived
from server.core.roster import RosterIndex
from server.core.rules import RULES
from server.journal.raw import RawBatch, pack
from server.registry.model import Roster
from server.registry.sheets.rule_setting import RuleSetting
from server.whatif.model import Answer, Proposal, Sides, Told, evenly, replayable, sliced
from server.whatif.replay import replay
from tests.core.talking import MONDAY, Talk, beijing, city, gateway_of, school, talking

EPOCH = EpochId("0000000001")
START = beijing(MONDAY, 9)
ID = school(1).id


@dataclass
class Days:
    """What a school sent, minute by minute, and what a running engine told of it."""

    now: float = START
    raws: list[RawBatch] = field(default_factory=list)
    position: int = 0
    talk: Talk = field(default_factory=lambda: talking(now=START))

    def live(self, minutes: int, **devices: Mapping[str, Value]) -> None:
        """Let minutes pass, in each of which the gateway and some devices tell how they are."""
        for _ in range(minutes):
            told = [Reading("gw", round(self.now * 1_000), {"cpu": 1.0})]
            told += [Reading(name.replace("_", "-"), round(self.now * 1_000), dict(m)) for name, m in devices.items()]
            self.send(*told)
            for _ in range(2):
                self.now += 30
                self.talk.say(GatewayHeard(gateway_of(1), self.now, "mqtt-1"), self.now)
                self.talk.tick(self.now)

    def silence(self, minutes: int) -> None:
        """Let minutes pass in which nothing comes."""
        for _ in range(minutes * 4):
            self.now += 15
            self.talk.tick(self.now)

    def send(self, *records: Record, lane: Lane = Lane.TELEMETRY) -> None:
        """Let a batch arrive."""
        first, self.position = self.position + 1, self.position + len(records)
        at = round(self.now * 1_000)
        body = encode_batch(gateway_of(1), EPOCH, lane, first, at, [encode_record(one) for one in records])
        number = len(self.raws) + 1
        self.raws.append(RawBatch(number, gateway_of(1), EPOCH, lane.value, first, first, self.position, at, b"", body))
        for record in records:
            if isinstance(record, Reading):
                self.talk.position += 1
                device, place = DeviceId(record.d), self.talk.position
                told = ReadingArrived(gateway_of(1), device, self.now, self.now, place, 3, dict(record.m))
                self.talk.say(told, self.now)

    def told(self, rule: str) -> list[tuple[str, int]]:
        """List what the running engine told, to the quarter of a minute."""
        return sorted((one.device, round(one.rx / 15)) for one in self.talk.engine.alerts.values() if one.rule == rule)

    def compare(self, rule: str, values: Mapping[str, float | None], roster: Roster | None = None) -> Sides:
        """Replay all of it."""
        index = RosterIndex(roster or city())
        piece = sliced(index, ID, RULES[rule])
        proposed = Proposal("450700", rule, values).applied(piece.records)
        return replay(rule, piece, proposed, (START, self.now), [pack(self.raws[:7]), pack(self.raws[7:])])


def day() -> Days:
    """Give two hours in which a gate stood open for 3, 7 and 12 minutes, and was shut for 10 each time."""
    days = Days()
    for minutes in (3, 7, 12):
        days.live(minutes, gate_1={"open": True})
        days.live(10, gate_1={"open": False})
    return days


def test_with_the_settings_that_hold_a_replay_tells_what_was_told() -> None:
    days = day()
    sides = days.compare("gate_open", {"person": 121})
    assert sorted((one.device, round(one.raised / 15)) for one in sides.before) == days.told("gate_open")
    assert len(sides.before) == 3
    assert all(one.ended is not None for one in sides.before)


def test_a_longer_time_makes_the_short_ones_vanish_and_a_shorter_one_brings_more() -> None:
    sides = day().compare("gate_open", {"person": 480})
    assert [len(sides.before), len(sides.after)] == [3, 1]
    assert [round((one.raised - START) / 60) for one in sides.vanished()] == [2, 15]
    assert sides.new() == []
    shorter = day().compare("gate_open", {"person": 30}, replace(city(), records=(line("gate_open.person", 480),)))
    assert [len(shorter.before), len(shorter.after)] == [1, 3]
    assert [round((one.raised - START) / 60, 1) for one in shorter.new()] == [0.5, 13.5]


def line(id_: str, value: float, unit: str = "450700") -> RuleSetting:
    """Write a line of the sheet."""
    return RuleSetting(unit=UnitId(unit), id=id_, value=value)


def test_a_nearer_unit_keeps_its_own_value_and_none_takes_the_units_own_line_away() -> None:
    nearer = replace(city(), records=(line("gate_open.person", 60, "450702"),))
    sides = day().compare("gate_open", {"person": 1_800}, nearer)
    assert [len(sides.before), len(sides.after)] == [3, 3]
    own = replace(city(), records=(line("gate_open.person", 1_800),))
    sides = day().compare("gate_open", {"person": None}, own)
    assert [len(sides.before), len(sides.after)] == [0, 3]


def test_a_device_that_is_silent_and_a_gateway_that_is_are_told_as_then() -> None:
    days = Days()
    days.live(5, cam_2={"online": True})
    days.live(10)
    days.live(12, cam_2={"online": True})
    days.silence(20)
    days.live(10, cam_2={"online": True})
    cameras = days.compare("camera_offline", {"hold": 900})
    offline = [("cam-1", 1)]  # Never heard at all.
    assert [(one.device) for one in cameras.before if one.device == "cam-2"] == ["cam-2"]
    assert [(one.device, 1) for one in cameras.after] == offline
    gateways = days.compare("gateway_offline", {"hold": 600, "clear": 0})
    assert [one.severity for one in gateways.before] == [2]
    assert [len(gateways.before), len(gateways.after), len(gateways.vanished())] == [1, 1, 0]
    assert gateways.after[0].raised > gateways.before[0].raised


def test_what_a_gateway_reported_of_a_lost_device_counts() -> None:
    days = Days()
    days.live(3, cam_2={"stream": True})
    lost = DeviceAlert("00000000-0000-7000-8000-000000000001", "cam-2", "offline", round(days.now * 1_000))
    days.send(lost, lane=Lane.ALARM)
    days.live(3)
    sides = days.compare("camera_offline", {"severity": 4})
    [before] = [one for one in sides.before if one.device == "cam-2"]
    [after] = [one for one in sides.after if one.device == "cam-2"]
    assert (before.severity, after.severity) == (3, 4)


def test_what_only_people_end_ends_in_a_replay_so_that_the_next_one_counts() -> None:
    days = Days()
    for _ in range(3):
        days.live(3, bar_1={"mode": "efo"})
        days.live(3, bar_1={"mode": "auto"})
    sides = days.compare("emergency_release", {"hold": 30})
    assert [len(sides.before), len(sides.after)] == [3, 3]


def test_a_batch_that_cannot_be_read_is_counted_and_nothing_stops_for_it() -> None:
    days = day()
    days.raws[3] = RawBatch(4, gateway_of(1), EPOCH, "t", 7, 7, 8, days.raws[3].rx_ms, b"", b"rubbish")
    sides = days.compare("gate_open", {"person": 480})
    assert sides.refused == 1
    assert len(sides.before) == 3


def test_a_school_that_sent_nothing_says_so() -> None:
    empty = replay("gate_open", city(), (), (0.0, 1.0), [])
    assert (empty.heard_from, empty.batches, empty.before) == (None, 0, ())


def test_days_are_counted_in_the_citys_time() -> None:
    late = beijing(MONDAY, 23, 59)
    told = Told("gw-0001", "gate-1", late, late + 120, 2)
    answer = Answer(late - 86_400, late + 600, 1, (ID,), [Sides(ID, 9, late - 86_400, (told,), ())])
    counts = list(answer.days().values())
    assert [(one.raised_before, one.cleared_before, one.raised_after) for one in counts] == [(0, 0, 0), (1, 0, 0), (0, 1, 0)]


def test_many_schools_are_represented_evenly() -> None:
    names = [str(number) for number in range(100)]
    assert evenly(names, 4) == ("0", "25", "50", "75")
    assert evenly(names[:3], 4) == ("0", "1", "2")


def test_a_press_cannot_be_tried_away() -> None:
    assert not replayable(RULES["one_key_press"])
    assert not replayable(RULES["device_alert"])
    assert replayable(RULES["gate_open"])


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if replayable(rule)])
def test_every_rule_that_can_be_set_can_be_replayed(rule: str) -> None:
    days = day()
    param = RULES[rule].settings[0]
    sides = days.compare(rule, {param.name: param.most})
    assert sides.batches == len(days.raws)
