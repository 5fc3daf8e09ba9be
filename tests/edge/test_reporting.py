"""What is told, when it is told, and what is never told."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.errors import Reason
from contract.identity import DeviceId
from contract.kind import Kind, Pillar, boolean, integer, number, word
from contract.kinds import KINDS
from contract.limits import METRICS_PER_RECORD_MAX
from contract.records import Reading, Value, check_reading
from edge import reporting
from edge.reporting import Reporter

CAM = DeviceId("cam-1")
KIND = Kind(
    name="thing",
    label="物",
    label_en="Thing",
    pillar=Pillar.LOCAL,
    metrics=(
        boolean("online", "在线", "Online"),
        number("temp", "温度", "Temperature", "Cel", -40.0, 85.0, period_seconds=300, deadband=0.5),
        integer("battery", "电量", "Battery", "%", 0, 100, period_seconds=3600),
        word("disk", "磁盘", "Disk", ("ok", "fail")),
    ),
)


def test_first_sample_is_told_whole() -> None:
    """What the server never heard of is told at once."""
    reporter = Reporter()

    assert reporter.sample(CAM, KIND, {"online": True, "temp": 20.0}, 0) == {"online": True, "temp": 20.0}


def test_same_sample_again_is_not_told() -> None:
    """An unchanged value costs no message."""
    reporter = Reporter()
    reporter.sample(CAM, KIND, {"online": True, "temp": 20.0}, 0)

    assert reporter.sample(CAM, KIND, {"online": True, "temp": 20.0}, 1) is None


def test_change_is_told_alone_and_at_once() -> None:
    """Only what moved is told; a yes that became a no never waits."""
    reporter = Reporter()
    reporter.sample(CAM, KIND, {"online": True, "temp": 20.0}, 0)

    assert reporter.sample(CAM, KIND, {"online": False, "temp": 20.0}, 1) == {"online": False}


def test_slow_drift_cannot_creep_past_the_deadband() -> None:
    """The deadband is measured from what was told, not from the sample before."""
    reporter = Reporter()
    reporter.sample(CAM, KIND, {"temp": 20.0}, 0)

    told = [reporter.sample(CAM, KIND, {"temp": 20.0 + step / 10}, step) for step in range(1, 8)]

    assert told == [None, None, None, None, {"temp": 20.5}, None, None]


def test_value_becoming_null_is_a_change() -> None:
    """Known to be absent is news."""
    reporter = Reporter()
    reporter.sample(CAM, KIND, {"temp": 20.0}, 0)

    assert reporter.sample(CAM, KIND, {"temp": None}, 1) == {"temp": None}
    assert reporter.sample(CAM, KIND, {"temp": 20.0}, 2) == {"temp": 20.0}


def test_heard_device_has_a_record_each_minute() -> None:
    """Between changes the device's life is told each 60 s, by `due` where no sample falls on the moment."""
    reporter = Reporter()
    reporter.sample(CAM, KIND, {"online": True, "temp": 20.0}, 0)
    reporter.sample(CAM, KIND, {"online": True, "temp": 20.0}, 40)

    assert reporter.due(59) == []
    assert reporter.due(60) == [(CAM, {"online": True})]
    assert reporter.due(61) == []


def test_heartbeat_of_slow_values_still_carries_one() -> None:
    """A device whose values all have long periods still shows that it lives."""
    reporter = Reporter()
    reporter.sample(CAM, KIND, {"temp": 20.0, "battery": 50}, 0)
    reporter.sample(CAM, KIND, {"temp": 20.0, "battery": 50}, 30)

    assert [len(metrics) for _, metrics in reporter.due(60)] == [1]


def test_dead_device_is_never_kept_alive() -> None:
    """What was not sampled since its last record gets no heartbeat, however long it is asked for."""
    reporter = Reporter()
    reporter.sample(CAM, KIND, {"online": True}, 0)
    reporter.sample(CAM, KIND, {"online": True}, 10)

    told = [now for now in range(11, 4000) if reporter.due(now)]

    assert told == [60]


def test_value_no_longer_sampled_is_not_told_again() -> None:
    """The full state holds only what is still being measured."""
    reporter = Reporter()
    reporter.sample(CAM, KIND, {"online": True, "temp": 20.0}, 0)

    told = [reporter.sample(CAM, KIND, {"online": True}, now) for now in range(10, 900, 10)]

    assert all("temp" not in metrics for metrics in told if metrics)


@pytest.mark.parametrize("step", [1, 7, 45, 59, 61, 299])
def test_every_sampled_value_is_told_within_five_minutes(step: int) -> None:
    """A server that starts with nothing knows every value again after 300 s, however the samples fall."""
    reporter = Reporter()
    last: dict[str, int] = {}
    worst: dict[str, int] = {}
    sample: dict[str, Value] = {"online": True, "temp": 20.0, "battery": 50, "disk": "ok"}

    for now in range(1500):
        records = [metrics for _, metrics in reporter.due(now)]
        if now % step == 0:
            records.append(reporter.sample(CAM, KIND, sample, now) or {})
        for name in {name for metrics in records for name in metrics}:
            worst[name] = max(worst.get(name, 0), now - last.get(name, now))
            last[name] = now

    assert worst.keys() == sample.keys()
    assert max(worst.values()) <= 300 + (step if step > 60 else 0)


def test_earlier_due_moment_overtakes_a_later_one() -> None:
    """A value sampled later may be due sooner than the one that queued the device."""
    reporter = Reporter()
    reporter.sample(CAM, KIND, {"online": True, "temp": 20.0}, 0)
    reporter.sample(CAM, KIND, {"temp": 21.0}, 50)  # A record at 50: the next bare sign of life is due at 110.
    reporter.sample(CAM, KIND, {"temp": 21.0}, 52)
    reporter.sample(CAM, KIND, {"online": True}, 55)

    assert reporter.due(60) == [(CAM, {"online": True})]


def test_kind_with_a_short_period_beats_faster() -> None:
    """The heartbeat is the shortest period where that is under a minute."""
    quick = Kind("quick", "快", "Quick", Pillar.LOCAL, (boolean("online", "在线", "Online", period_seconds=10),))
    reporter = Reporter()
    reporter.sample(CAM, quick, {"online": True}, 0)

    assert reporter.sample(CAM, quick, {"online": True}, 9) is None
    assert reporter.sample(CAM, quick, {"online": True}, 10) == {"online": True}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("temp", 900.0, Reason.OUT_OF_RANGE),
        ("temp", math.nan, Reason.BAD_VALUE),
        ("temp", math.inf, Reason.BAD_VALUE),
        ("temp", "warm", Reason.BAD_VALUE),
        ("temp", 2**70, Reason.OUT_OF_RANGE),
        ("online", 1, Reason.BAD_VALUE),
        ("battery", 50.5, Reason.BAD_VALUE),
        ("disk", "broken", Reason.BAD_VALUE),
        ("x_own", "x" * 257, Reason.OUT_OF_RANGE),
        ("x_own", "\ud800", Reason.BAD_VALUE),
        ("x_own", [1], Reason.BAD_VALUE),
    ],
)
def test_bad_value_is_told_as_null_with_one_refusal(name: str, value: Value, reason: Reason) -> None:
    """A broken sensor's old value is not believed any longer, and its maker can be told why; once, not each second."""
    reporter = Reporter()

    told = [reporter.sample(CAM, KIND, {name: value}, now) for now in (0, 1, 2)]

    assert told == [{name: None}, None, None]
    assert [(refusal.metric, refusal.reason) for refusal in reporter.take_refusals()] == [(name, reason)]
    assert reporter.take_refusals() == []
    assert reporter.refused_total == 3


def test_good_value_ends_a_refusal() -> None:
    """A sensor that breaks a second time is told of a second time."""
    reporter = Reporter()
    for now, value in enumerate((900.0, 20.0, 900.0)):
        reporter.sample(CAM, KIND, {"temp": value}, now)

    assert len(reporter.take_refusals()) == 2


def test_neighbours_of_a_bad_value_are_told() -> None:
    """One bad value does not spoil the rest of the sample."""
    reporter = Reporter()

    assert reporter.sample(CAM, KIND, {"temp": 900.0, "online": True}, 0) == {"temp": None, "online": True}


def test_numbers_take_the_metrics_type() -> None:
    """87.0 is 87 %, and a whole temperature is still a real number: a series never changes its type."""
    told = Reporter().sample(CAM, KIND, {"battery": 87.0, "temp": 20}, 0)

    assert told == {"battery": 87, "temp": 20.0}
    assert [type(value) for value in told.values()] == [int, float]


def test_vendor_metrics_are_bounded_and_the_kinds_own_always_fit() -> None:
    """A device that invents names cannot fill the memory, nor push out what the kind wants."""
    reporter = Reporter()

    told = reporter.sample(CAM, KIND, {f"x_{index}": 1 for index in range(100)}, 0)
    own = reporter.sample(CAM, KIND, {"online": True, "temp": 1.0, "battery": 1, "disk": "ok"}, 1)

    assert told is not None
    assert own is not None
    assert len(told) + len(own) == METRICS_PER_RECORD_MAX
    assert len(reporter.take_refusals()) == 1


def test_devices_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit an unknown device is refused, and those known go on."""
    monkeypatch.setattr(reporting, "DEVICES_MAX", 2)
    reporter = Reporter()
    for name in ("a", "b", "c"):
        reporter.sample(DeviceId(name), KIND, {"online": True}, 0)

    assert [refusal.device for refusal in reporter.take_refusals()] == ["c"]
    assert reporter.sample(DeviceId("a"), KIND, {"online": False}, 1) == {"online": False}


def test_refusals_waiting_are_bounded() -> None:
    """Nobody has to take refusals; they are counted all the same."""
    reporter = Reporter()
    for index in range(reporting.REFUSALS_MAX + 10):
        reporter.sample(DeviceId(f"d{index}"), KIND, {"temp": 900.0}, 0)

    assert reporter.refused_total == reporting.REFUSALS_MAX + 10
    assert len(reporter.take_refusals()) == reporting.REFUSALS_MAX


def test_forgotten_device_is_told_in_full_again_and_has_no_heartbeat() -> None:
    """After `forget` nothing of the device is left."""
    reporter = Reporter()
    reporter.sample(CAM, KIND, {"online": True}, 0)
    reporter.sample(CAM, KIND, {"online": True}, 1)
    reporter.forget(CAM)

    assert reporter.due(1000) == []
    assert reporter.sample(CAM, KIND, {"online": True}, 1001) == {"online": True}


def test_queue_stays_small_when_devices_come_and_go() -> None:
    """Forgetting and meeting a device again leaves nothing behind for ever."""
    reporter = Reporter()
    for now in range(2000):
        reporter.sample(CAM, KIND, {"online": True}, 0)
        reporter.sample(CAM, KIND, {"online": True}, now / 1000)
        reporter.forget(CAM)

    assert len(reporter._queue) <= reporting.QUEUE_PER_DEVICE_MAX * 64


def test_every_kind_fits_one_record() -> None:
    """One record can always hold the full state of a device."""
    assert all(len(kind.metrics) <= METRICS_PER_RECORD_MAX for kind in KINDS.values())


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=300), st.sampled_from(["ok", "fail", "\ud800"])
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["d1", "d2"]),
            st.dictionaries(st.sampled_from(["online", "temp", "battery", "disk", "x_own", "Bad Name"]), VALUES),
            st.integers(0, 120),
        ),
        max_size=30,
    )
)
def test_whatever_is_sampled_only_records_within_the_contract_come_out(
    steps: list[tuple[str, dict[str, Value], int]],
) -> None:
    """Any samples at any times give records the wire allows, and no exception."""
    reporter = Reporter()
    now = 0
    for name, metrics, wait in steps:
        now += wait
        records = reporter.due(now)
        told = reporter.sample(DeviceId(name), KIND, metrics, now)
        for device, record in [*records, (DeviceId(name), told or {"online": None})]:
            assert record
            check_reading(Reading(d=device, t=now, m=record))
