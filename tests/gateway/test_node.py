"""What the node says of itself and hears: heartbeats, births, links, receipts' clock, troubles, commands."""

import pytest

from contract.identity import DeviceId, Lane, PressId
from contract.limits import HEARTBEAT_SECONDS, OPEN_PRESSES_MAX
from contract.messages import Birth, BirthDevice, Command, Link, OpenPress, decode_message, encode_message
from gateway.node_events import Anchored, Commanded, DevicesChanged, Kept, OpenChanged, Raised, Received
from tests.gateway.node_desk import EPOCH, GATEWAY, OLDER, START, WALL_MS, WEB, A, B, Desk, press


def devices(count: int) -> tuple[BirthDevice, ...]:
    """Make devices."""
    return tuple(BirthDevice(DeviceId(f"cam-{number}"), "camera") for number in range(count))


def births(desk: Desk, path: str = "") -> list[Birth]:
    """Take the births sent since the last look."""
    return [
        decode_message(one.payload, Birth) for one in list(desk.sent) if one.leaf.startswith("birth") and path in one.path
    ]


def test_heartbeat_goes_by_each_path_and_says_where_the_lanes_stand() -> None:
    """Highest positions, receipts, open presses, and what earlier starts still wait with."""
    desk = Desk(A, B, kept=[Kept(Lane.TELEMETRY, OLDER, 7, 9), Kept(Lane.ALARM, OLDER, 2, 2)])
    identity = desk.press(1)
    desk.press(2)
    desk.readings(5)
    desk.tell(OpenChanged((OpenPress(identity, "btn-1", WALL_MS),)))
    desk.up("mqtt-a", "mqtt-b")
    desk.receipt({"a": 1})
    desk.drawn()

    desk.go(HEARTBEAT_SECONDS)

    [first, second] = desk.beats()
    assert {first.path, second.path} == {"mqtt-a", "mqtt-b"}
    assert (first.hi, first.lo) == ({"a": 2, "t": 5}, {"a": 1, "t": 0})
    assert [one.id for one in first.open] == [identity]
    assert first.old == {OLDER: {"a": [2, 2], "t": [7, 9]}}
    assert (first.ep, first.boot, first.h != second.h) == (EPOCH, "boot-1", True)


def test_heartbeats_go_on_every_fifteen_seconds() -> None:
    desk = Desk(A)
    desk.up("mqtt-a")

    desk.go(60)

    assert [round(one.at - START) for one in desk.drawn("hb")] == [0, 15, 30, 45, 60]


def test_heartbeat_names_no_more_open_presses_than_allowed_and_keeps_the_newest() -> None:
    desk = Desk(A)
    everyone = tuple(OpenPress(press(number)[0], "btn-1", WALL_MS + number) for number in range(OPEN_PRESSES_MAX + 5))
    desk.tell(OpenChanged(everyone))

    desk.up("mqtt-a")

    [beat] = desk.beats()
    assert beat.open == list(everyone[5:])


def test_link_is_told_on_the_alarm_connection_and_its_will_says_the_opposite() -> None:
    desk = Desk(A)

    desk.up("mqtt-a")

    [link] = desk.drawn("link")
    assert (link.send.retain, link.send.lane) == (True, Lane.ALARM)
    assert decode_message(link.payload, Link) == Link(on=True, ep=EPOCH, boot="boot-1", path="mqtt-a")
    assert decode_message(desk.node.will("mqtt-a"), Link) == Link(on=False, ep=EPOCH, boot="boot-1", path="mqtt-a")


def test_birth_is_retained_and_told_when_path_and_devices_are_there() -> None:
    desk = Desk(A)
    desk.up("mqtt-a")
    assert births(desk) == []

    desk.tell(DevicesChanged(devices(2)))
    desk.go(1)

    [birth] = births(desk)
    assert (birth.g, birth.ep, [device.d for device in birth.devs]) == (GATEWAY, EPOCH, ["cam-0", "cam-1"])
    assert all(one.send.retain for one in desk.drawn("birth"))


def test_large_birth_comes_in_parts_of_one_generation() -> None:
    desk = Desk(A)
    desk.tell(DevicesChanged(devices(450)))

    desk.up("mqtt-a")

    parts = births(desk)
    assert [(part.part, part.of, len(part.devs)) for part in parts] == [(1, 3, 200), (2, 3, 200), (3, 3, 50)]
    assert len({part.gen for part in parts}) == 1


def test_unchanged_devices_are_not_told_again() -> None:
    desk = Desk(A)
    desk.tell(DevicesChanged(devices(2)))
    desk.up("mqtt-a")
    desk.drawn()

    desk.tell(DevicesChanged(devices(2)))
    desk.go(5)

    assert births(desk) == []


def test_path_that_comes_back_has_the_birth_again_after_a_pause_of_its_own() -> None:
    """A broker may have forgotten everything, and three thousand gateways come back to it at once."""
    desk = Desk(A)
    desk.tell(DevicesChanged(devices(1)))
    desk.up("mqtt-a")
    desk.drawn()

    desk.down("mqtt-a")
    desk.up("mqtt-a")
    desk.go(4.9)
    assert births(desk) == []
    desk.go(5.0)

    assert len(births(desk)) == 1


def order(op: str) -> bytes:
    """Make a command."""
    return encode_message(Command(1, PressId(press(1)[0]), op, WALL_MS, 1, "user:1"))


def test_birth_is_told_again_when_asked_for_but_not_as_often_as_asked() -> None:
    desk = Desk(A)
    desk.tell(DevicesChanged(devices(1)))
    desk.up("mqtt-a")
    desk.drawn()

    for second in range(1, 20):
        desk.tell(Received("mqtt-a", "cmd", order("resend_birth")))
        desk.go(second)

    assert len(births(desk)) == 1
    assert desk.other(Commanded) == []


def test_other_commands_are_passed_on() -> None:
    desk = Desk(A)

    desk.tell(Received("mqtt-a", "cmd", order("siren")))

    assert [one.command.op for one in desk.other(Commanded) if isinstance(one, Commanded)] == ["siren"]


@pytest.mark.parametrize("leaf", ["rc", "cmd", "srv", "nothing"])
@pytest.mark.parametrize("payload", [b"", b"{", b"\x00\xff", b'{"v":9}', b"[1]", b'{"seen":3}'])
def test_rubbish_from_below_is_counted_and_changes_nothing(leaf: str, payload: bytes) -> None:
    desk = Desk(A)
    desk.press(1)

    desk.tell(Received("mqtt-a", leaf, payload))

    assert desk.node.unreadable == 1
    assert desk.node.waiting(Lane.ALARM) == 1


def test_receipt_of_a_heartbeat_sets_the_record_clock_and_leaves_an_anchor() -> None:
    """The server's clock is 90 s ahead; the first answer is believed at once."""
    desk = Desk(A)
    desk.up("mqtt-a")
    [beat] = desk.beats()
    desk.go(0.2)

    desk.receipt(h=beat.h, st=WALL_MS + 90_100)

    assert abs(desk.node.clock.utc_ms(desk.now) - (WALL_MS + 90_200)) <= 1
    [anchored] = desk.other(Anchored)
    assert isinstance(anchored, Anchored)
    assert anchored.anchor.err == 100


def test_answer_to_no_heartbeat_of_ours_says_nothing_of_the_clock() -> None:
    desk = Desk(A)
    desk.up("mqtt-a")

    desk.receipt(h=999, st=WALL_MS + 90_000)

    assert desk.node.clock.utc_ms(desk.now) == WALL_MS
    assert desk.other(Anchored) == []


def test_path_that_is_gone_for_long_is_told_by_another_and_its_return_too() -> None:
    desk = Desk(A, B)
    desk.up("mqtt-a", "mqtt-b")
    desk.down("mqtt-b")

    desk.go(44.9)
    assert desk.other(Raised) == []
    desk.go(45)
    assert desk.other(Raised) == [Raised("path_down", on=True, text="mqtt-b")]
    desk.go(300)
    desk.up("mqtt-b")

    assert desk.other(Raised) == [Raised("path_down", on=False, text="mqtt-b")]


def test_with_every_path_gone_no_path_is_told_missing() -> None:
    """Nobody could hear it, and the server sees the silence by itself."""
    desk = Desk(A, B)
    desk.up("mqtt-a", "mqtt-b")
    desk.down("mqtt-a", "mqtt-b")

    desk.go(600)

    assert desk.other(Raised) == []


def test_status_says_what_stands_and_what_waits() -> None:
    desk = Desk(A, B, WEB)
    desk.up("mqtt-b")
    desk.press(1)
    desk.readings(3)

    node = desk.node
    assert node.paths_up() == ["mqtt-b"]
    assert (node.waiting(Lane.ALARM), node.waiting(Lane.TELEMETRY), node.in_flight) == (1, 3, 1)
    assert (node.telemetry_path, node.window, node.stalls, node.rounds_again) == ("mqtt-b", 4, 0, 0)
