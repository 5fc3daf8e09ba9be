"""The device kinds: each is complete, and its metrics can be told within the limits of the wire."""

import pytest

from contract.identity import parse_metric_name
from contract.kind import Kind, MetricType
from contract.kinds import KINDS
from contract.limits import INTEGER_ABS_MAX, METRICS_PER_RECORD_MAX, TEXT_BYTES_MAX

MISSION = {"alarm_host", "alarm_button", "camera", "recorder", "barrier", "gate", "guard_post", "gateway"}


def test_every_kind_of_the_mission_is_there() -> None:
    assert set(KINDS) >= MISSION


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_kind_is_complete_and_fits_the_wire(kind: Kind) -> None:
    assert KINDS[kind.name] is kind
    assert kind.label
    assert kind.label_en
    assert kind.silence_seconds > 0
    assert 0 < len(kind.metrics) <= METRICS_PER_RECORD_MAX
    assert len({metric.name for metric in kind.metrics}) == len(kind.metrics)
    for metric in kind.metrics:
        parse_metric_name(metric.name)
        assert metric.label
        assert metric.label_en
        assert metric.period_seconds > 0
        assert metric.deadband >= 0
        if metric.type in (MetricType.INT, MetricType.FLOAT):
            assert metric.unit
            assert metric.low is not None
            assert metric.high is not None
            assert -INTEGER_ABS_MAX <= metric.low < metric.high <= INTEGER_ABS_MAX
        assert all(0 < len(word.encode()) <= TEXT_BYTES_MAX for word in metric.words)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_kind_tells_something_before_it_counts_as_silent(kind: Kind) -> None:
    assert min(metric.period_seconds for metric in kind.metrics) * 2 <= kind.silence_seconds
