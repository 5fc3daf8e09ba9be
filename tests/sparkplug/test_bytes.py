"""Whatever the bytes and topics: a payload or a refusal, one counter for each message, and the next press comes through."""

import gzip
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.errors import Reason, Refused
from contract.records import Value
from server.ingest.doors.sparkplug.payload import COMPRESSED, Metric, decode_payload, encode_rebirth, value_of
from tests.sparkplug.nodes import ALARM_BIRTH, MS, Bench, Edge, metric, payload, pressed

VERBS = ("NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH", "NCMD")
VALUES = st.one_of(st.booleans(), st.integers(-(2**31), 2**31 - 1), st.floats(), st.text(max_size=40))
METRICS = st.builds(
    lambda name, value, alias, typed, historical: metric(name, value, alias=alias, typed=typed, is_historical=historical),
    st.sampled_from(["", "A", "a", "Alarm/Active", "Alarm/EventId", "Alarm/PressCount", "bdSeq", "温度", "x" * 60]),
    VALUES,
    st.none() | st.integers(0, 3),
    st.booleans(),
    st.booleans(),
)
MESSAGES = st.tuples(
    st.sampled_from(VERBS),
    st.sampled_from(["", "D1", "d1", "Button 1"]),
    st.one_of(st.binary(max_size=80), st.builds(payload, st.lists(METRICS, max_size=6), st.none() | st.integers(0, 300))),
)


@given(st.binary(max_size=400))
def test_bytes_are_a_payload_or_refused(data: bytes) -> None:
    try:
        told = decode_payload(data)
    except Refused:
        return
    assert len(told.metrics) <= len(data)


@given(st.lists(MESSAGES, max_size=40), st.integers(0, 50))
def test_nothing_that_is_heard_raises_and_a_press_comes_through(story: list[tuple[str, str, bytes]], pause: int) -> None:
    """Rubbish before, in between and after."""
    bench, edge = Bench().connect(), Edge()
    for place, (verb, device, body) in enumerate(story):
        topic = f"spBv1.0/G1/{verb}/Node-1" + (f"/{device}" if device else "")
        bench.hear((topic, body))
        if place % 7 == 0:
            bench.wait(pause / 10)
    button = Edge(name="Node-2")
    bench.hear(button.birth(), button.device_birth("Button 1", *ALARM_BIRTH))
    bench.hear((edge.topic("DDATA", "Button 1"), b"\xff"), button.data("Button 1", *pressed("e-1", 1)))
    mine = [batch for batch in bench.batches_of("g1-node-2", "a") if batch.records]
    counters = bench.counters

    assert len(mine) == 1
    assert counters["messages"] == counters["taken"] + counters["repeated"] + counters["refused"] + counters["bad"]


@pytest.mark.parametrize(
    ("datatype", "raw", "value"),
    [
        (1, 0xFF, -1),
        (1, 0xFFFFFFFF, -1),
        (2, 0xFFFF, -1),
        (2, 0x7FFF, 32_767),
        (3, 0xFFFFFFFE, -2),
        (4, 2**64 - 5, -5),
        (5, 200, 200),
        (7, 0xFFFFFFFF, 0xFFFFFFFF),
        (8, 2**53 - 1, 2**53 - 1),
        (9, 1.5, 1.5),
        (10, 3, 3.0),
        (11, True, True),
        (12, "text", "text"),
        (13, MS, MS),
        (15, "8a3f", "8a3f"),
    ],
)
def test_values_of_every_type_that_a_reading_can_hold(datatype: int, raw: bool | float | str, value: Value) -> None:
    given_metric = Metric("x", None, None, datatype, historical=False, null=False, raw=raw)

    assert value_of(given_metric, datatype) == value


@pytest.mark.parametrize(
    ("datatype", "raw"),
    [
        (11, 1),
        (12, 1),
        (3, "1"),
        (3, 1.5),
        (3, True),
        (8, 2**53),
        (4, 2**63),
        (10, float("inf")),
        (17, b"x"),
        (22, b"x"),
        (99, 1),
    ],
)
def test_values_that_are_refused(datatype: int, raw: bool | float | str | bytes) -> None:
    given_metric = Metric("x", None, None, datatype, historical=False, null=False, raw=raw)
    with pytest.raises(Refused):
        value_of(given_metric, datatype)


@pytest.mark.parametrize("squeeze", [zlib.compress, gzip.compress])
def test_compressed_payloads_are_inflated(squeeze: object) -> None:
    inner = payload([metric("A", 5)], 3)
    told = decode_payload(payload(uuid=COMPRESSED, body=squeeze(inner)))  # type: ignore[operator]

    assert (told.seq, told.metrics[0].name, told.metrics[0].raw) == (3, "A", 5)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (zlib.compress(bytes(2**24)), Reason.TOO_LARGE),
        (zlib.compress(b"x" * 100)[:-6], Reason.BAD_COMPRESSION),
        (b"nothing", Reason.BAD_COMPRESSION),
        (zlib.compress(payload(uuid=COMPRESSED, body=zlib.compress(b""))), Reason.BAD_COMPRESSION),
        (zlib.compress(b"\xff"), Reason.BAD_SHAPE),
    ],
)
def test_bombs_and_broken_compression_are_refused(body: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        decode_payload(payload(uuid=COMPRESSED, body=body))

    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"x" * 300_000, Reason.TOO_LARGE),
        (payload([metric("A", 1)] * 5_001), Reason.TOO_MANY_RECORDS),
        (payload([], 256), Reason.BAD_POSITION),
        (payload([{"name": b"\xff"}]), Reason.BAD_SHAPE),
        (payload([{"name": b"x" * 257}]), Reason.BAD_IDENTITY),
    ],
)
def test_payloads_beyond_the_limits_are_refused(data: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        decode_payload(data)

    assert refused.value.reason is reason


@given(st.integers(0, 2**53 - 1))
@example(MS)
def test_a_rebirth_command_is_a_payload_itself(now_ms: int) -> None:
    told = decode_payload(encode_rebirth(now_ms))

    assert (told.seq, told.t_ms, told.metrics[0].name, told.metrics[0].raw) == (None, now_ms, "Node Control/Rebirth", True)
