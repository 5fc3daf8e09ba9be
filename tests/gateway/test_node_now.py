"""Beside a backlog the present is told: whole, at its own positions, and only while the lane lags."""

from contract.identity import Lane
from contract.messages import Now, decode_message
from contract.records import Reading, Value
from gateway.node_events import Kept, Sampled
from tests.gateway.node_desk import OLDER, WALL_MS, WEB, A, Desk, Sent


def sampled(desk: Desk, position: int, device: str, **metrics: Value) -> None:
    """Tell the node of a reading that has its position."""
    desk.tell(Sampled(position, Reading(device, WALL_MS + position, dict(metrics))))


def values(sent: Sent) -> list[tuple[int, str, int, dict[str, Value]]]:
    """Give what a message says."""
    return [(one.p, one.d, one.t - WALL_MS, one.m) for one in decode_message(sent.payload, Now).r]


def lagging() -> Desk:
    """Give a desk whose earlier start left readings that get no receipt."""
    desk = Desk(A, kept=[Kept(Lane.TELEMETRY, OLDER, 1, 900)])
    desk.up("mqtt-a")
    return desk


def test_present_is_told_beside_a_backlog_each_value_at_its_own_instant() -> None:
    """A metric that was not sampled again is not made younger by its neighbours; quality of service 0."""
    desk = lagging()
    sampled(desk, 1, "cam-1", online=True, fps=25.0)
    desk.drawn()
    sampled(desk, 2, "cam-2", online=False)
    sampled(desk, 3, "cam-1", fps=12.0)
    desk.go(6)

    sent = desk.drawn("now")[-1]
    assert values(sent) == [
        (1, "cam-1", 1, {"online": True}),
        (3, "cam-1", 3, {"fps": 12.0}),
        (2, "cam-2", 2, {"online": False}),
    ]
    assert sent.send.qos == 0


def test_present_is_told_whole_each_time() -> None:
    """What a lost message said, the next one says."""
    desk = lagging()
    sampled(desk, 1, "cam-1", fps=25.0)
    desk.go(11)

    told = desk.drawn("now")
    assert len(told) == 3
    assert {str(values(one)) for one in told} == {str([(1, "cam-1", 1, {"fps": 25.0})])}


def test_without_lag_nothing_is_told_twice() -> None:
    """Readings that get their receipts are the present themselves."""
    desk = Desk(A)
    desk.up("mqtt-a")
    for position in range(1, 30):
        desk.go(position)
        sampled(desk, position, "cam-1", count=position)
        desk.readings(1)
        desk.receipt({"t": position})

    assert desk.drawn("now") == []


def test_lag_of_ten_seconds_begins_it_and_a_receipt_ends_it() -> None:
    desk = Desk(A)
    desk.up("mqtt-a")
    sampled(desk, 1, "cam-1", count=1)
    desk.readings(1)
    desk.go(9)
    sampled(desk, 2, "cam-1", count=2)
    assert desk.drawn("now") == []
    desk.go(11)
    sampled(desk, 3, "cam-1", count=3)
    assert len(desk.drawn("now")) == 1
    desk.receipt({"t": 1})
    desk.go(60)

    assert desk.drawn("now") == []


def test_by_https_alone_it_is_not_told() -> None:
    """A request each time would cost more than it is worth."""
    desk = Desk(WEB, kept=[Kept(Lane.TELEMETRY, OLDER, 1, 900)])
    sampled(desk, 1, "cam-1", count=1)
    desk.go(30)

    assert desk.drawn("now") == []
