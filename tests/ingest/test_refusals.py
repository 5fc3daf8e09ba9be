"""What the host does with everything that is not as agreed: kept, counted, told, and never a neighbour's trouble."""

import zlib

import pytest

from contract.batch import inflate
from contract.errors import Refused
from contract.identity import GatewayId, Lane
from contract.limits import BATCH_BYTES_MAX, BATCH_RECORDS_MAX
from contract.records import Hole, encode_record
from server.core.events import PressArrived, ReadingsArrived, Unreadable
from server.ingest import host
from server.ingest.model import Fate, Finish, Origin, RosterChanged, Tell, What, Write
from server.ingest.salvage import salvage
from tests.ingest.hosting import (
    EPOCH,
    G,
    Hosting,
    alarms,
    framed,
    heartbeat,
    letters,
    of,
    place,
    press,
    press_id,
    raw_json,
    reading,
    receipts,
    telemetry,
    told,
)

GOOD = telemetry(1, reading())
DEEP = b'{"v":1,"g":"gw-0001","ep":"000001abcd","x":"t","p":1,"s":1,"r":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}"
BOMB = zlib.compress(b'{"v":1,"r":"' + b"a" * (BATCH_BYTES_MAX * 8) + b'"}')
TINY = b'{"d":"a","t":1,"m":{}}'
DEAD = {
    "not JSON": (b"{nonsense", "not_json"),
    "nothing": (b"", "not_json"),
    "another format": (b"\x00\x01\x02", "not_json"),
    "not UTF-8": (b'{"v":1,"g":"\xff\xfe"}', "not_json"),
    "too large": (b"{" + b" " * BATCH_BYTES_MAX, "too_large"),
    "a bomb": (BOMB, "too_large"),
    "broken compression": (zlib.compress(GOOD)[:-4], "bad_compression"),
    "compression that is none": (b"\x78\x9cnonsense", "bad_compression"),
    "wrong version": (GOOD.replace(b'"v":1', b'"v":9'), "wrong_version"),
    "another shape": (raw_json({"v": 1, "g": G}), "bad_shape"),
    "foreign gateway": (telemetry(1, reading(), gateway="gw-0002"), "foreign_gateway"),
    "wrong lane": (alarms(1, press()), "wrong_lane"),
    "no records": (framed(Lane.TELEMETRY, 1), "too_many_records"),
    "too many records": (framed(Lane.TELEMETRY, 1, *[TINY] * (BATCH_RECORDS_MAX + 1)), "too_many_records"),
    "position zero": (GOOD.replace(b'"p":1', b'"p":0'), "bad_position"),
    "no epoch": (GOOD.replace(EPOCH.encode(), b"x"), "bad_identity"),
}  # fmt: skip


@pytest.mark.parametrize("name", DEAD)
def test_unreadable_batch_is_buried_and_its_neighbours_live(name: str) -> None:
    """A reason, a digest and the first bytes are kept; the gateway's next batch and other gateways go on."""
    payload, reason = DEAD[name]
    hosting = Hosting()

    effects = hosting.done("up/t", payload)
    own = hosting.done("up/t", GOOD)
    other = hosting.done("up/t", telemetry(1, reading(), gateway="gw-0003"), gateway="gw-0003")

    [letter] = letters(effects)
    assert (letter.reason, letter.head, len(letter.sha256)) == (reason, payload[:4_096], 32)
    assert letter.topic == "cs1/gw-0001/up/t"
    assert of(effects, Write) == []
    assert told(effects, ReadingsArrived) == []
    assert hosting.host.tally.reasons == {reason: 1}
    assert hosting.fate(What.TELEMETRY, Fate.DEAD) == 1
    assert [each.fate for each in of(effects, Finish)] == [Fate.DEAD]
    assert len(told(own, ReadingsArrived)) == len(told(other, ReadingsArrived)) == 1


def test_deep_nesting_is_one_bad_record_or_a_dead_letter() -> None:
    """However deep, nothing raises and nothing of it is stored as a reading."""
    hosting = Hosting()

    effects = hosting.done("up/t", DEEP)

    assert told(effects, ReadingsArrived) == []
    assert hosting.balance() == (1, 1)
    assert hosting.fate(What.TELEMETRY, Fate.APPLIED) + hosting.fate(What.TELEMETRY, Fate.DEAD) == 1


def test_unreadable_alarm_is_told_to_operators() -> None:
    """Somewhere a button may have been pressed: never a silence."""
    effects = Hosting().arrives("up/a", b"{nonsense")

    [unreadable] = told(effects, Unreadable)
    assert (unreadable.gateway, unreadable.lane, unreadable.reason) == (G, "a", "not_json")


def test_unreadable_batch_whose_head_can_be_read_is_named_to_its_gateway() -> None:
    """The gateway learns which batch it was and sends its records in smaller ones; nothing is counted as done."""
    effects = Hosting().arrives("up/t", GOOD[:-2])

    [receipt] = receipts(effects)
    assert (receipt.ep, receipt.c) == (EPOCH, {})
    assert [(one.x, one.p, one.n, one.why) for one in receipt.no] == [("t", 1, 0, "not_json")]
    assert isinstance(effects[-1], Finish)


def test_head_that_names_another_gateway_is_answered_to_nobody() -> None:
    """Who writes another's name into a spoilt batch gets no say about the other's positions."""
    effects = Hosting().arrives("up/t", telemetry(1, reading(), gateway="gw-0002")[:-2])

    assert receipts(effects) == []


@pytest.mark.parametrize("spoilt", [b'{"d":"cam-2","t":1,"m":{"fps":NaN}}', b'{"d":"cam-2","t":1,"m":{"fps":-Infinity}}'])
def test_nan_costs_its_own_record_alone(spoilt: bytes) -> None:
    """NaN makes the whole batch no JSON; the records beside it are read all the same, and a hole keeps its place."""
    hosting = Hosting()
    payload = framed(Lane.TELEMETRY, 1, encode_record(reading("cam-1")), spoilt, encode_record(reading("cam-3")))

    effects = hosting.done("up/t", payload)

    [arrived] = told(effects, ReadingsArrived)
    assert ([each.d for each in arrived.readings], list(arrived.positions)) == (["cam-1", "cam-3"], [1, 3])
    assert [(one.p, one.n, one.why) for one in receipts(effects)[0].no] == [(2, 1, "not_json")]
    [kept] = hosting.journal.batches
    assert [bad.raw for bad in kept.quarantined] == [spoilt]
    assert encode_record(Hole(n=1, why="refused")) in inflate(kept.body)


BAD_RECORDS = {
    "unknown kind": (b'{"k":"dance","d":"a","t":1}', "unknown_record"),
    "no time": (b'{"d":"a","m":{}}', "bad_shape"),
    "bad device": (b'{"d":"A B","t":1,"m":{}}', "bad_identity"),
    "bad metric": (b'{"d":"a","t":1,"m":{"Fps!":1}}', "bad_identity"),
    "huge integer": (b'{"d":"a","t":1,"m":{"x":9007199254740993}}', "out_of_range"),
    "nested value": (b'{"d":"a","t":1,"m":{"x":{"y":1}}}', "bad_shape"),
    "too many metrics": (raw_json({"d": "a", "t": 1, "m": {f"m{n}": 1 for n in range(33)}}), "out_of_range"),
    "a press": (encode_record(press()), "wrong_lane"),
}


@pytest.mark.parametrize("name", BAD_RECORDS)
def test_bad_record_is_quarantined_and_named(name: str) -> None:
    """One record is refused by name, its position counts as done, the rest of the batch is kept."""
    raw, reason = BAD_RECORDS[name]
    hosting = Hosting()

    effects = hosting.done("up/t", framed(Lane.TELEMETRY, 1, encode_record(reading("cam-1")), raw))

    assert [(receipt.c, [(one.p, one.why) for one in receipt.no]) for receipt in receipts(effects)] == [
        ({"t": 2}, [(2, reason)])
    ]
    assert [[each.d for each in one.readings] for one in told(effects, ReadingsArrived)] == [["cam-1"]]
    assert [bad.raw for bad in hosting.journal.batches[0].quarantined] == [raw]
    assert hosting.host.tally.reasons == {reason: 1}
    assert hosting.fate(What.TELEMETRY, Fate.APPLIED) == 1


def test_bad_alarm_record_is_told_and_the_press_beside_it_rings() -> None:
    """A spoilt neighbour delays no press, and is itself told to operators."""
    hosting = Hosting()

    effects = hosting.arrives(
        "up/a", framed(Lane.ALARM, 1, b'{"k":"press","id":"x","d":"sos-9","t":1}', encode_record(press()))
    )

    assert [each.id for each in told(effects, PressArrived)] == [press_id(1)]
    assert [each.reason for each in told(effects, Unreadable)] == ["bad_identity"]
    assert [each.batch.last_position for each in hosting.waiting] == [2]


def test_gateway_that_nobody_entered_is_refused() -> None:
    """Its telemetry is only counted; its alarm is kept and told, for it may be a press all the same."""
    hosting = Hosting()
    hosting.say(RosterChanged({G: {}}))
    stranger = GatewayId("gw-0099")

    readings = hosting.arrives("up/t", telemetry(1, reading(), gateway=stranger), gateway=stranger)
    alarm = hosting.arrives("up/a", alarms(1, press(), gateway=stranger), gateway=stranger)

    assert [(each.fate, each.reason) for each in of(readings, Finish)] == [(Fate.REFUSED, "unknown_gateway")]
    assert letters(readings) == []
    assert [letter.reason for letter in letters(alarm)] == ["unknown_gateway"]
    assert [each.gateway for each in told(alarm, Unreadable)] == [stranger]
    assert isinstance(alarm[-1], Finish)
    assert hosting.waiting == []


def test_addresses_that_nobody_has_are_buried() -> None:
    """An unknown leaf or an impossible gateway name ends as a dead letter with a topic that fits its column."""
    hosting = Hosting()

    leaf = hosting.arrives("up/x" + "y" * 200, GOOD)
    name = hosting.arrives("up/t", GOOD, gateway="No such GATEWAY" * 20)

    assert [letter.reason for letter in letters(leaf + name)] == ["bad_topic", "bad_identity"]
    assert max(len(letter.topic) for letter in letters(leaf + name)) <= 80


@pytest.mark.parametrize("leaf", ["hb", "birth", "birth/2", "link", "rep", "now"])
@pytest.mark.parametrize("payload", [b"", b"\xff\xff", b"[1,2", BOMB])
def test_rubbish_on_every_other_address_is_buried(leaf: str, payload: bytes) -> None:
    """No message of any sort raises; each is counted once."""
    hosting = Hosting()

    effects = hosting.arrives(leaf, payload)

    assert len(letters(effects)) == 1
    assert hosting.balance() == (1, 1)


def test_full_queue_refuses_telemetry_and_still_shows_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the journal far behind, telemetry is left to the gateways; a press is shown even when nothing more can wait."""
    monkeypatch.setattr(host, "PENDING_TELEMETRY_MAX", 1)
    monkeypatch.setattr(host, "PENDING_ALARMS_MAX", 1)
    hosting = Hosting()
    hosting.arrives("up/t", telemetry(1, reading()))
    hosting.arrives("up/a", alarms(1, press(1)))

    busy = hosting.arrives("up/t", telemetry(2, reading()), origin=Origin("https", 1))
    full = hosting.arrives("up/a", alarms(2, press(2)))

    assert [(each.fate, each.reason) for each in of(busy, Finish)] == [(Fate.REFUSED, "busy")]
    assert [each.id for each in told(full, PressArrived)] == [press_id(2)]
    assert of(full, Write) == []
    assert place(full, lambda each: isinstance(each, Tell)) < place(full, lambda each: isinstance(each, Finish))
    hosting.commit()
    assert hosting.balance() == (4, 4)
    assert (hosting.host.tally.pending, hosting.host.tally.pending_bytes) == (0, 0)


@pytest.mark.timeout(20)
def test_text_without_end_costs_no_more_than_its_length() -> None:
    """A batch full of escaped quotes is read once, not once for each quote: at the limit that would take minutes."""
    head = b'{"v":1,"g":"gw-0001","ep":"000001abcd","x":"t","p":1,"s":1,"r":['
    for filling in (b'"' + b'\\"' * 120_000, b'"' + b'\\"' * 120_000 + b"\\", b'"' * 200_001):
        assert salvage(head + filling) is None


def test_salvage_reads_what_any_batch_says() -> None:
    """Cut apart by brackets, a good batch is the same batch; commas and brackets in texts mislead nobody."""
    odd = reading("cam-1", note='a],[{"b"}\\"')

    saved = salvage(inflate(telemetry(3, odd, reading("cam-2"), Hole(n=2, why="shed"))))

    assert saved is not None
    batch, spoilt = saved
    assert (list(batch.records), spoilt) == ([odd, reading("cam-2"), Hole(n=2, why="shed")], {})


def test_heartbeat_beyond_its_limits_is_refused_whole() -> None:
    """More open presses than a heartbeat may name is no heartbeat."""
    refused = heartbeat(hi={"t": 2**60})

    effects = Hosting().arrives("hb", refused)

    assert [letter.reason for letter in letters(effects)] == ["out_of_range"]
    with pytest.raises(Refused):
        inflate(b"")
