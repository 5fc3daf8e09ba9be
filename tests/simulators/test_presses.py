"""Presses come at the asked rate, from all over the city."""

from itertools import islice, pairwise

from contract.identity import DeviceId, GatewayId
from simulators.presses import planned_presses, usual_rate

BUTTONS = [(GatewayId(f"gw-{number}"), DeviceId("btn-1")) for number in range(50)]


def test_rate_is_kept_and_plan_repeats() -> None:
    """A thousand presses at six a minute take about ten thousand seconds, the same ones for the same seed."""
    plan = list(islice(planned_presses(3, BUTTONS, 6.0, 100.0), 1_000))

    assert 9_000 < plan[-1].at - 100 < 11_000
    assert all(one.at < other.at for one, other in pairwise(plan))
    assert {press.gateway for press in plan} == {gateway for gateway, _ in BUTTONS}
    assert list(islice(planned_presses(3, BUTTONS, 6.0, 100.0), 1_000)) == plan


def test_no_rate_means_no_presses() -> None:
    """Zero is zero, and a city without buttons presses none."""
    assert list(planned_presses(3, BUTTONS, 0.0, 0.0)) == []
    assert list(planned_presses(3, [], 6.0, 0.0)) == []


def test_usual_rate_is_rare() -> None:
    """A whole city has a handful of presses a day."""
    assert 5 < usual_rate(2_176) * 1_440 < 10
