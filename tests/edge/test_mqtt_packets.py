"""The MQTT packets devices send, and bytes that are none."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lan import mqtt_packets as wire


def connect(
    flags: int = 0xC2, name: bytes = b"\x00\x04MQTT", level: int = 4, rest: bytes = b"\x00\x02id\x00\x01u\x00\x01p"
) -> bytes:
    """Make a connect's body."""
    return name + bytes((level, flags)) + b"\x00\x3c" + rest


def test_connect_is_read_with_and_without_will() -> None:
    """The will stands between identifier and user."""
    plain = wire.parse(0x10, connect())
    willing = wire.parse(0x10, connect(0xC6, rest=b"\x00\x02id\x00\x01t\x00\x02\xff\xff\x00\x01u\x00\x01p"))

    assert plain == willing == wire.Connect("id", "u", "p", 60)


def test_password_stays_out_of_repr() -> None:
    """A secret never reaches a log."""
    assert "secret" not in repr(wire.Connect("id", "u", "secret", 60))


@pytest.mark.parametrize(("name", "level"), [(b"\x00\x04MQTT", 5), (b"\x00\x04MQTT", 3), (b"\x00\x04HTTP", 4)])
def test_other_version_is_told_apart(name: bytes, level: int) -> None:
    """An MQTT 5 client gets an answer it understands."""
    with pytest.raises(wire.UnknownVersionError):
        wire.parse(0x10, connect(name=name, level=level))


def test_mqtt_3_1_is_served() -> None:
    """Old libraries introduce themselves by the old name."""
    assert isinstance(wire.parse(0x10, connect(name=b"\x00\x06MQIsdp", level=3)), wire.Connect)


def test_publish_by_both_qualities() -> None:
    """Only QoS 1 has a packet id."""
    assert wire.parse(0x30, b"\x00\x01tbody") == wire.Publish("t", b"body", 0)
    assert wire.parse(0x3B, b"\x00\x01t\x00\x07body") == wire.Publish("t", b"body", 7)


def test_our_publish_is_read_back() -> None:
    """What we send is a publish by our own reading, also past the first digit of its length."""
    sent = wire.publish("ack/x", b"b" * 300)
    length = wire.parse_length(sent[1:3])

    assert length == len(sent) - 3
    assert wire.parse(sent[0], sent[3:]) == wire.Publish("ack/x", b"b" * 300, 0)


@pytest.mark.parametrize(
    ("digits", "length"),
    [(b"\x00", 0), (b"\x7f", 127), (b"\x80\x01", 128), (b"\xff\xff\xff\x7f", 268_435_455), (b"\x80", None), (b"", None)],
)
def test_lengths(digits: bytes, length: int | None) -> None:
    """The four-digit scheme of the standard."""
    assert wire.parse_length(digits) == length


def test_fifth_length_digit_is_refused() -> None:
    """Nobody can make us read digits for ever."""
    with pytest.raises(wire.MalformedError):
        wire.parse_length(b"\xff\xff\xff\xff")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (0x34, b"\x00\x01t\x00\x07body"),  # QoS 2
        (0x32, b"\x00\x01t\x00\x00body"),  # packet id 0
        (0x32, b"\x00\x09t"),
        (0x30, b"\x00\x01\xff"),
        (0x82, b"\x00\x01"),
        (0xC0, b"x"),
        (0x00, b""),
        (0xF0, b""),
    ],
)
def test_malformed_packets(head: int, body: bytes) -> None:
    """Each is refused by name."""
    with pytest.raises(wire.MalformedError):
        wire.parse(head, body)


@given(st.integers(0, 255), st.binary(max_size=80))
def test_any_bytes_give_a_packet_or_a_refusal(head: int, body: bytes) -> None:
    """Nothing else ever comes out."""
    with contextlib.suppress(wire.MalformedError):
        wire.parse(head, body)
