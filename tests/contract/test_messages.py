"""The messages beside the batches: round trips, limits, and refusals instead of exceptions."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import Reason, Refused
from contract.limits import DEVICES_PER_BIRTH_MAX, OPEN_PRESSES_MAX
from contract.messages import (
    Birth,
    BirthDevice,
    Command,
    Heartbeat,
    Link,
    OpenPress,
    Receipt,
    Refusal,
    Seen,
    ServerNotice,
    decode_message,
    encode_message,
)

KINDS: tuple[Any, ...] = (Birth, Link, Heartbeat, Receipt, Seen, Command, ServerNotice)
EXAMPLES = (
    Birth(1, "gw-1", "0000010abc", "b", [BirthDevice("cam-1", "camera", m={"x": {"type": "int"}})], first_hop="confirmed"),
    Link(on=True, ep="0000010abc", path="mqtt-a"),
    Heartbeat(1, "0000010abc", "b", 1, 2, 3, {"a": 4, "t": 5}, {"a": 1, "t": 1}, [OpenPress("id", "btn-1", 7)], "mqtt-a"),
    Receipt(
        v=1, ep="0000010abc", st=1, c={"a": 4}, ids=["id"], h=1, rs={"t": 3}, no=[Refusal(x="a", p=1, n=1, why="bad_shape")]
    ),
    Seen(["id"]),
    Command(1, "id", "unlock", 5, 1, "someone", "gate-1", {"seconds": 5}, "c2ln"),
    ServerNotice(on=True, id="abc", v=[1]),
)


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_as_it_was_sent(message: Any) -> None:
    assert decode_message(encode_message(message), type(message)) == message


@pytest.mark.parametrize("kind", KINDS)
@given(st.binary(max_size=500))
def test_any_bytes_give_a_message_or_a_refusal(kind: Any, data: bytes) -> None:
    for body in (data, b"{" + data):
        try:
            decode_message(body, kind)
        except Refused as refusal:
            assert refusal.detail  # noqa: PT017  # Both outcomes are good; a refusal has to say why.


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
@given(st.data())
def test_a_message_with_some_bytes_changed_gives_a_message_or_a_refusal(message: Any, data: st.DataObject) -> None:
    body = bytearray(encode_message(message))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode_message(bytes(body), type(message))
    except Refused as refusal:
        assert refusal.detail  # noqa: PT017  # Both outcomes are good; a refusal has to say why.


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_keys_of_a_newer_minor_version_are_passed_over(message: Any) -> None:
    body = msgspec.to_builtins(message) | {"new_key": {"anything": [1, 2]}}
    assert decode_message(msgspec.json.encode(body), type(message)) == message


def test_limits_are_refused_with_their_reason() -> None:
    device = BirthDevice("cam-1", "camera")
    crowded = Birth(1, "gw-1", "0000010abc", "b", [device] * (DEVICES_PER_BIRTH_MAX + 1))
    presses = [OpenPress("id", "btn-1", 7)] * (OPEN_PRESSES_MAX + 1)
    loud = Heartbeat(1, "0000010abc", "b", 1, 2, 3, {}, {}, presses)
    newer = Birth(2, "gw-1", "0000010abc", "b", [device])
    cases: tuple[tuple[Any, Reason], ...] = (
        (crowded, Reason.TOO_MANY_RECORDS),
        (loud, Reason.TOO_MANY_RECORDS),
        (newer, Reason.WRONG_VERSION),
    )
    for message, reason in cases:
        with pytest.raises(Refused) as refused:
            decode_message(encode_message(message), type(message))
        assert refused.value.reason is reason
