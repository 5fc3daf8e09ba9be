"""Batches: whatever the bytes, there is a batch or a typed refusal; what was framed comes back as it was."""

import tracemalloc
import zlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.batch import BadRecord, Batch, decode_batch, encode_batch, inflate
from contract.errors import Reason, Refused
from contract.identity import EpochId, GatewayId, Lane, make_press_id
from contract.limits import BATCH_BYTES_MAX, BATCH_RECORDS_MAX, METRICS_PER_RECORD_MAX, TEXT_BYTES_MAX
from contract.records import CheckIn, Clear, ClockAnchor, DeviceAlert, Hole, Press, Reading, Record, Reply, encode_record

GATEWAY, EPOCH = GatewayId("gw-4507020001"), EpochId("0000010abc")
names = st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True)
devices = st.from_regex(r"[a-z][a-z0-9._-]{0,39}", fullmatch=True)
integers = st.integers(-(2**53) + 1, 2**53 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=TEXT_BYTES_MAX // 4)
values = st.one_of(st.none(), st.booleans(), integers, st.floats(allow_nan=False, allow_infinity=False), texts)
ids = st.builds(make_press_id, st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
modes = st.sampled_from(["real", "test", "drill", "nonsense"])
readings = st.builds(
    Reading, devices, integers, st.dictionaries(names, values, max_size=METRICS_PER_RECORD_MAX), st.integers(0, 3)
)
telemetry: st.SearchStrategy[Record] = st.one_of(
    readings,
    st.builds(CheckIn, ids, devices, integers, texts, texts),
    st.builds(Hole, st.integers(1, 1_000), st.sampled_from(["shed", "corrupt"])),
    st.builds(ClockAnchor, texts, integers, integers, integers),
)
alarms: st.SearchStrategy[Record] = st.one_of(
    st.builds(Press, ids, devices, integers, st.integers(0, 3), st.one_of(st.none(), integers), texts, modes),
    st.builds(Clear, ids, devices, integers, texts),
    st.builds(DeviceAlert, ids, devices, texts, integers, st.booleans(), modes, texts),
    st.builds(Reply, ids, st.booleans(), texts, integers, texts),
    st.builds(Hole, st.integers(1, 1_000), st.just("lost")),
)


def framed(lane: Lane, records: list[Record], first: int = 1) -> bytes:
    """Frame records as a gateway does."""
    return encode_batch(GATEWAY, EPOCH, lane, first, 1_700_000_000_000, [encode_record(record) for record in records])


def outcome(data: bytes) -> Batch | Reason:
    """Decode; the only thing that may come out beside a batch is a refusal."""
    try:
        return decode_batch(data)
    except Refused as refusal:
        assert refusal.detail  # noqa: PT017  # Both outcomes are good; a refusal has to say why.
        return refusal.reason


@given(st.lists(telemetry, min_size=1, max_size=20), st.integers(1, 10**9))
def test_telemetry_comes_back_as_it_was_framed(records: list[Record], first: int) -> None:
    batch = decode_batch(framed(Lane.TELEMETRY, records, first))
    assert list(batch.records) == records
    assert (batch.gateway, batch.epoch, batch.lane, batch.first_position) == (GATEWAY, EPOCH, Lane.TELEMETRY, first)
    assert batch.last_position == first + sum(record.positions() for record in records) - 1


@given(st.lists(alarms, min_size=1, max_size=20))
def test_alarms_come_back_as_they_were_framed(records: list[Record]) -> None:
    assert list(decode_batch(framed(Lane.ALARM, records)).records) == records


@given(st.binary(max_size=2_000))
def test_any_bytes_give_a_batch_or_a_refusal(data: bytes) -> None:
    outcome(data)
    outcome(zlib.compress(data))
    outcome(b"{" + data)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=20,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "v": st.one_of(st.just(1), json_values),
            "g": st.one_of(st.just(GATEWAY), json_values),
            "ep": st.one_of(st.just(EPOCH), json_values),
            "x": st.one_of(st.sampled_from(["a", "t"]), json_values),
            "p": st.one_of(st.integers(1, 99), json_values),
            "s": st.one_of(st.just(5), json_values),
            "r": st.one_of(st.lists(st.one_of(readings.map(msgspec.to_builtins), json_values), max_size=5), json_values),
        },
    )
)
def test_any_json_of_about_the_right_shape_gives_a_batch_or_a_refusal(body: dict[str, object]) -> None:
    try:
        data = msgspec.json.encode(body)
    except (OverflowError, UnicodeEncodeError, msgspec.MsgspecError):  # Not even our own encoder writes it.
        return
    found = outcome(data)
    if isinstance(found, Batch):
        for record in found.records:
            assert not isinstance(record, BadRecord) or (record.raw and record.detail)


@given(st.lists(telemetry, min_size=1, max_size=8), st.data())
@settings(max_examples=200)
def test_a_valid_batch_with_some_bytes_changed_gives_a_batch_or_a_refusal(
    records: list[Record], data: st.DataObject
) -> None:
    body = bytearray(framed(Lane.TELEMETRY, records))
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    outcome(bytes(body))
    outcome(bytes(body[: data.draw(st.integers(0, len(body)))]))


def test_one_bad_record_spoils_no_neighbour() -> None:
    good = encode_record(Reading("cam-1", 1, {"online": True}))
    for bad in (b'{"d":"UPPER","t":1,"m":{}}', b'{"d":"cam-1","t":1,"m":{"x":[]}}', b'{"k":"press"}', b"[1]", b'"text"'):
        batch = decode_batch(encode_batch(GATEWAY, EPOCH, Lane.TELEMETRY, 1, 0, [good, bad, good]))
        kinds = [type(record) for record in batch.records]
        assert kinds == [Reading, BadRecord, Reading], bad


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (b"", Reason.NOT_JSON),
        (b"\xff\xfe", Reason.NOT_JSON),
        (b"x\x9c broken", Reason.BAD_COMPRESSION),
        (b'{"v":1,"g":"gw-1","ep":"0000010abc","x":"t","p":1,"s":0,"r":[{"d":"c","t":1,"m":{"x":NaN}}]}', Reason.NOT_JSON),
        (b'{"v":2,"g":"gw-1","other":"shape"}', Reason.WRONG_VERSION),
        (b'{"v":1,"g":"gw-1"}', Reason.BAD_SHAPE),
        (b'{"v":1,"g":"GW 1","ep":"0000010abc","x":"t","p":1,"s":0,"r":[{"d":"c","t":1,"m":{}}]}', Reason.BAD_IDENTITY),
        (b'{"v":1,"g":"gw-1","ep":"short","x":"t","p":1,"s":0,"r":[{"d":"c","t":1,"m":{}}]}', Reason.BAD_IDENTITY),
        (b'{"v":1,"g":"gw-1","ep":"0000010abc","x":"z","p":1,"s":0,"r":[{"d":"c","t":1,"m":{}}]}', Reason.WRONG_LANE),
        (b'{"v":1,"g":"gw-1","ep":"0000010abc","x":"t","p":0,"s":0,"r":[{"d":"c","t":1,"m":{}}]}', Reason.BAD_POSITION),
        (b'{"v":1,"g":"gw-1","ep":"0000010abc","x":"t","p":1,"s":0,"r":[]}', Reason.TOO_MANY_RECORDS),
    ],
)
def test_each_trouble_has_its_reason(change: bytes, reason: Reason) -> None:
    assert outcome(change) is reason


def test_deep_nesting_is_refused_and_overflows_nothing() -> None:
    for depth in (10, 1_000, 100_000):
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            body = (
                '{"v":1,"g":"gw-1","ep":"0000010abc","x":"t","p":1,"s":0,"r":'
                + opening * depth
                + "1"
                + closing * depth
                + "}"
            )
            assert not isinstance(outcome(body.encode()), Batch) or depth == 10


def test_a_zip_bomb_costs_no_more_memory_than_a_batch() -> None:
    bomb = zlib.compress(b"{" + b" " * 200_000_000, 9)
    assert len(bomb) < BATCH_BYTES_MAX
    tracemalloc.start()
    try:
        assert outcome(bomb) is Reason.TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 8 * BATCH_BYTES_MAX
    finally:
        tracemalloc.stop()


def test_the_limits_hold_at_their_edges() -> None:
    small = encode_record(Reading("c", 1, {}))
    whole = encode_batch(GATEWAY, EPOCH, Lane.TELEMETRY, 1, 0, [small] * BATCH_RECORDS_MAX)
    assert isinstance(outcome(whole), Batch)
    assert outcome(encode_batch(GATEWAY, EPOCH, Lane.TELEMETRY, 1, 0, [small] * (BATCH_RECORDS_MAX + 1))) is (
        Reason.TOO_MANY_RECORDS
    )
    with pytest.raises(Refused) as refused:
        inflate(b"{" + b" " * BATCH_BYTES_MAX)
    assert refused.value.reason is Reason.TOO_LARGE
    assert len(inflate(zlib.compress(b"{" + b" " * (BATCH_BYTES_MAX - 1)))) == BATCH_BYTES_MAX
