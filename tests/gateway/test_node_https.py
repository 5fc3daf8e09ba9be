"""HTTPS beside a broker: it only shows that it could, until it has to carry the gateway alone."""

from contract.identity import DeviceId, Lane
from contract.messages import BirthDevice
from gateway.node_events import DevicesChanged, PathDown, PathUp, Ticked
from tests.gateway.node_desk import START, WEB, A, Desk


def desk_with_devices() -> Desk:
    """Give a node with one broker and HTTPS that knows one device."""
    desk = Desk(A, WEB)
    desk.tell(DevicesChanged((BirthDevice(DeviceId("cam-1"), "camera"),)))
    return desk


def pass_seconds(desk: Desk, seconds: int) -> None:
    """Let time pass."""
    for _ in range(seconds):
        desk.now += 1
        desk.tell(Ticked())


def sent_by(desk: Desk, path: str, leaf: str) -> list[float]:
    """Give the instants at which something went out by a path, counted from the start."""
    return [sent.at - START for sent in desk.sent if sent.path == path and sent.leaf == leaf]


def test_while_a_broker_stands_heartbeats_by_https_are_rare_and_no_birth_goes_by_it() -> None:
    desk = desk_with_devices()
    for lane in Lane:
        desk.tell(PathUp(A.name, lane))
    pass_seconds(desk, 120)
    assert len(sent_by(desk, A.name, "hb")) >= 8
    assert 1 <= len(sent_by(desk, WEB.name, "hb")) <= 3
    assert not sent_by(desk, WEB.name, "birth")
    assert sent_by(desk, A.name, "birth")


def test_without_any_broker_birth_and_heartbeats_go_by_https() -> None:
    desk = desk_with_devices()
    pass_seconds(desk, 60)
    assert sent_by(desk, WEB.name, "birth")
    assert len(sent_by(desk, WEB.name, "hb")) >= 4


def test_when_the_last_broker_goes_https_speaks_at_once_and_often() -> None:
    desk = desk_with_devices()
    for lane in Lane:
        desk.tell(PathUp(A.name, lane))
    pass_seconds(desk, 40)
    for lane in Lane:
        desk.tell(PathDown(A.name, lane))
    lost_at = desk.now - START
    pass_seconds(desk, 40)
    after = [at for at in sent_by(desk, WEB.name, "hb") if at >= lost_at]
    assert after[0] <= lost_at + 1
    assert len(after) >= 3
