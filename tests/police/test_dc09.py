"""SIA DC-09 against a real receiver by TCP: its frames to the letter, its answers in every form, its line looked after."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ConfigurationError
from scripts.servers import free_port
from server.channels.channel import Message, Outcome, Receipt, Subject
from server.channels.contact_id import CONFIRMED, DURESS, FIRE, PANIC, TAMPER, TEST, event_of, zone_of
from server.channels.dc09 import Dc09, Dc09Options
from server.channels.dc09_frame import FRAME_BYTES_MAX, Frame, FrameError, Splitter, crc16, decode, encode
from server.channels.opening import open_channels
from server.core.alert import Severity
from server.core.rules import RULES
from server.core.rules.device_alert import MEANINGS
from server.police.lifecycle import PoliceState
from simulators.receivers.dc09 import Centre, serving_centre
from simulators.receivers.manner import Manner

KEYS = ("00112233445566778899AABBCCDDEEFF", "00112233445566778899AABBCCDDEEFF0011223344556677", "AB" * 32)
SCHOOL = "4507000001"


def about(**changes: object) -> Subject:
    """Describe a real press."""
    whole: dict[str, object] = {
        "alert": "a1",
        "rule": "one_key_press",
        "severity": Severity.CRITICAL,
        "mode": "real",
        "t": 1_790_000_000.0,
        "rx": 1_790_000_000.0,
        "school": SCHOOL,
        "device": "button-7",
    }
    return Subject(**(whole | changes))  # type: ignore[arg-type]


def message(id_: str = "0000002a" + "0" * 24, address: str = "", **changes: object) -> Message:
    """Write a message."""
    return Message(id=id_, about=about(**changes), step=0, audience="station", recipient="110", address=address)


@pytest.fixture
async def centre() -> AsyncIterator[Centre]:
    """Give a receiver."""
    async with serving_centre(free_port(), Centre()) as running:
        yield running


def line(port: int, **options: object) -> Dc09:
    """Give a line to a receiver."""
    said = {"kind": "dc09", "host": "127.0.0.1", "port": port, "reply_seconds": 1.0, "supervise_seconds": 0.0}
    return Dc09("dc09", Dc09Options(**(said | options)), time.time)  # type: ignore[arg-type]


async def until(there: Callable[[], object]) -> None:
    """Wait until something is so; the test's own limit ends it."""
    while not there():  # noqa: ASYNC110  # What is looked at tells nobody.
        await asyncio.sleep(0.01)


def test_frame_is_as_the_standard_writes_it() -> None:
    """Letter by letter, with a CRC that a receiver of others computes the same (it was made with one)."""
    at = 1_790_000_000.0  # 14:13:20 on 21 September 2026.
    frame = Frame("ADM-CID", "0043", "4507000001", "#4507000001|1120 00 007", at=at)

    body = b'"ADM-CID"0043L0#4507000001[#4507000001|1120 00 007]_14:13:20,09-21-2026'
    assert encode(frame) == b"\n%04X%04X%s\r" % (crc16(body), len(body), body)
    assert crc16(b"123456789") == 0xBB3D
    assert decode(encode(frame)[1:-1]) == frame


@pytest.mark.parametrize("key", [bytes.fromhex(key) for key in KEYS])
def test_encrypted_frame_opens_by_its_key_alone(key: bytes) -> None:
    """Nothing of what happened can be read without it, and a changed frame is no frame."""
    frame = Frame("ADM-CID", "0001", "ABC", "#ABC|1120 00 007", at=1_790_000_000.0, encrypted=True)
    raw = encode(frame, key, lambda length: "Z" * length)[1:-1]

    assert decode(raw, key) == frame
    assert b"1120" not in raw
    with pytest.raises(FrameError):
        decode(raw, bytes(len(key)))
    with pytest.raises(FrameError, match="no key"):
        decode(raw)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not a DC-09"),
        (b"\xff" * 20, "not ASCII"),
        (b'00000012"ACK"0001L0#123[]', "wrong length"),
        (b"000000" + b'12"ACK"0001L0#12[]', "not a DC-09"),
    ],
)
def test_what_is_no_frame_is_said_to_be_none(raw: bytes, why: str) -> None:
    """Each with its reason, and without quoting it."""
    with pytest.raises(FrameError, match=why):
        decode(raw)


def test_wrong_crc_is_no_frame() -> None:
    """One letter changed."""
    raw = encode(Frame("ACK", "0001", "123"))[1:-1].replace(b"0001", b"0002")

    with pytest.raises(FrameError, match="wrong CRC"):
        decode(raw)


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(1, 9), min_size=1))
def test_frames_come_whole_however_the_network_cuts_them(noise: list[bytes], cuts: list[int]) -> None:
    """Split anywhere, joined, with noise between them: each frame comes out once, and nothing grows without end."""
    frames = [encode(Frame("ACK", f"{number:04d}", "123")) for number in range(len(noise))]
    clean = [bytes(byte for byte in one if byte not in b"\r\n") for one in noise]
    stream = b"".join(before + frame for before, frame in zip(clean, frames, strict=True))
    splitter, found, at, turn = Splitter(), [], 0, 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        found += splitter.feed(stream[at : at + size])
        at, turn = at + size, turn + 1

    assert found == [frame[1:-1] for frame in frames]
    splitter.feed(b"\n" + b"x" * 100_000)
    assert len(splitter._held) <= FRAME_BYTES_MAX


@pytest.mark.parametrize("form", ["ADM-CID", "SIA-DCS"])
@pytest.mark.parametrize("key", ["", *KEYS])
async def test_call_is_taken_when_its_own_acknowledgement_has_come(centre: Centre, form: str, key: str) -> None:
    """Plain and with every length of key, in both forms; what was pressed arrives as it was."""
    centre.key = bytes.fromhex(key)
    port = free_port()
    async with serving_centre(port, centre):
        receipt = await line(port, form=form, key=key).send(message())

    assert (receipt.outcome, receipt.police) == (Outcome.ACCEPTED, PoliceState.ACCEPTED)
    assert receipt.reference == f"{SCHOOL}/0043"
    [got] = centre.receiver.got
    assert got.text == f"#{SCHOOL}|" + ("1120 00 007" if form == "ADM-CID" else "Nri0/PA007")


@pytest.mark.parametrize(
    ("manner", "outcome", "detail"),
    [
        (Manner.REFUSE, Outcome.REFUSED, "DUH"),
        (Manner.STALL, Outcome.FAILED, "no answer in time"),
        (Manner.NONSENSE, Outcome.FAILED, "no answer in time"),
        (Manner.BREAK, Outcome.FAILED, "the line was cut"),
        (Manner.BUSY, Outcome.FAILED, "NAK"),
        (Manner.LIE, Outcome.ACCEPTED, "ACK"),
    ],
)
async def test_every_manner_of_a_receiver_is_understood(manner: Manner, outcome: Outcome, detail: str) -> None:
    """Tried three times with the same sequence, and never taken for acknowledged; a lie is found out by later receipts."""
    port, centre = free_port(), Centre()
    centre.receiver.manner = manner
    async with serving_centre(port, centre):
        receipt = await line(port).send(message())

    assert receipt.outcome is outcome
    assert receipt.detail.startswith(detail)
    tries = 1 if outcome is not Outcome.FAILED else 3
    assert [one.id for one in centre.receiver.got] == ["0043"] * tries


async def test_receiver_that_is_down_fails_and_comes_back() -> None:
    """Nobody listens, then somebody does: the same channel goes on."""
    port = free_port()
    channel = line(port)

    down = await channel.send(message())
    async with serving_centre(port, Centre()) as centre:
        up = await channel.send(message())

    assert (down.outcome, down.detail) == (Outcome.FAILED, "no connection")
    assert up.outcome is Outcome.ACCEPTED
    assert [one.id for one in centre.receiver.got] == ["0043"]


async def test_receivers_clock_that_differs_is_met_by_the_next_try() -> None:
    """A NAK brings the receiver's time: the same frame goes again, stamped by it, and our own clock stays as it is."""
    port, centre = free_port(), Centre(ahead=3_600.0)
    async with serving_centre(port, centre):
        channel = line(port)
        receipt = await channel.send(message())

    assert receipt.outcome is Outcome.ACCEPTED
    assert [frame.sequence for frame in centre.frames] == ["0043", "0043"]
    assert channel.ahead == pytest.approx(3_600, abs=5)


@pytest.mark.parametrize("pieces", [2, 9, 40])
async def test_answer_in_pieces_doubled_or_behind_others_is_the_same_answer(pieces: int) -> None:
    """Cut anywhere, given twice, behind noise, a wrong CRC and somebody else's acknowledgement."""
    others = encode(Frame("ACK", "0044", SCHOOL)) + encode(Frame("ACK", "0043", "999"))
    port, centre = free_port(), Centre(pieces=pieces, times=2, first=b"\nFFFF0010junk\r" + others)
    async with serving_centre(port, centre):
        channel = line(port)
        first = await channel.send(message())
        second = await channel.send(message("00000100" + "0" * 24))

    assert (first.outcome, second.outcome) == (Outcome.ACCEPTED, Outcome.ACCEPTED)
    assert [one.id for one in centre.receiver.got] == ["0043", "0257"]


async def test_others_acknowledgement_alone_takes_nothing() -> None:
    """A wrong sequence, a wrong account, and with a key a plain one, which anybody could have sent."""
    port, centre = (
        free_port(),
        Centre(first=encode(Frame("ACK", "0044", SCHOOL)) + encode(Frame("ACK", "0043", "999"))),
    )
    centre.receiver.manner = Manner.NONSENSE
    async with serving_centre(port, centre):
        assert (await line(port).send(message())).outcome is Outcome.FAILED

    plain = Centre(key=bytes.fromhex(KEYS[0]))
    plain.receiver.manner, plain.first = Manner.NONSENSE, encode(Frame("ACK", "0043", SCHOOL))
    port = free_port()
    async with serving_centre(port, plain):
        assert (await line(port, key=KEYS[0]).send(message())).outcome is Outcome.FAILED


async def test_acknowledgement_that_comes_late_counts_for_the_next_try() -> None:
    """It bears the same sequence: the receiver has the call, and a second copy is known as one."""
    port, centre = free_port(), Centre(late_seconds=0.3)
    async with serving_centre(port, centre):
        receipt = await line(port, reply_seconds=0.2, tries=5).send(message())

    assert receipt.outcome is Outcome.ACCEPTED
    assert {one.id for one in centre.receiver.got} == {"0043"}


async def test_messages_that_follow_each_other_never_bear_one_number() -> None:
    """A receiver that drops repeated numbers must not drop another call; a retry keeps its own."""
    port, centre = free_port(), Centre()
    async with serving_centre(port, centre):
        channel = line(port)
        for id_ in ("0000002a" + "0" * 24, "0000002a" + "1" * 24, "0000002a" + "1" * 24):
            await channel.send(message(id_))

    assert [one.id for one in centre.receiver.got] == ["0043", "0044", "0044"]


async def test_line_is_tested_while_silent_and_a_call_goes_before_the_test() -> None:
    """A dead line is noted as failing before anybody needs it; a test that hangs is put off for a call."""
    port, centre, noted = free_port(), Centre(), list[Receipt]()

    async def note(receipt: Receipt) -> None:
        noted.append(receipt)

    channel = line(port, account="ABC", supervise_seconds=0.05, reply_seconds=5.0, tries=1)
    keeper = asyncio.create_task(channel.keep(note))
    try:
        await until(lambda: noted)
        assert noted[0].outcome is Outcome.FAILED
        async with serving_centre(port, centre):
            await until(lambda: noted[-1].outcome is not Outcome.FAILED)
            centre.receiver.manner = Manner.STALL
            known = len(centre.frames)
            await until(lambda: len(centre.frames) > known)
            centre.receiver.manner = Manner.TAKE
            async with asyncio.timeout(3):
                receipt = await channel.send(message())
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)

    assert receipt.outcome is Outcome.ACCEPTED
    assert {frame.sequence for frame in centre.frames if frame.id == "NULL"} == {"0000"}
    assert not [one for one in centre.receiver.got if "NULL" in one.text]


async def test_fifty_calls_at_once_go_one_after_the_other_and_none_is_lost() -> None:
    """One line, one conversation."""
    port, centre = free_port(), Centre()
    async with serving_centre(port, centre):
        channel = line(port, reply_seconds=2.0)
        calls = [message(f"{number:08x}" + "0" * 24) for number in range(50)]
        receipts = await asyncio.gather(*(channel.send(call) for call in calls))

    assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}
    assert len({one.id for one in centre.receiver.got}) == 50
    assert centre.connections == 1


async def test_late_press_says_when_it_happened() -> None:
    """A call of an hour ago does not look like one of now."""
    port, centre = free_port(), Centre()
    async with serving_centre(port, centre):
        await line(port).send(message(late=True))

    assert centre.frames[0].extended == ("H14:13:20,09-21-2026",)


@given(
    st.sampled_from(sorted(RULES)),
    st.sampled_from(["", *sorted(MEANINGS), "whatever"]),
    st.sampled_from(["test", "drill"]),
    st.booleans(),
)
def test_rehearsal_is_never_told_as_an_alarm(rule: str, code: str, mode: str, confirmed: bool) -> None:
    """Whatever is pressed in a test or a drill is a test report."""
    assert event_of(about(rule=rule, code=code, mode=mode, confirmed=confirmed)) is TEST


@given(st.sampled_from(sorted(RULES)), st.sampled_from(["", *sorted(MEANINGS)]), st.sampled_from(["real", "unknown", ""]))
def test_what_is_real_or_unknown_is_never_told_as_a_test(rule: str, code: str, mode: str) -> None:
    """A real alarm must not look like a test, and an unknown mode is real."""
    assert event_of(about(rule=rule, code=code, mode=mode)) is not TEST


def test_codes_are_those_of_contact_id() -> None:
    """The ones that matter most, by name."""
    assert event_of(about()) is PANIC
    assert event_of(about(confirmed=True)) is CONFIRMED
    device = {code: event_of(about(rule="device_alert", code=code)) for code in MEANINGS}
    assert (device["duress"], device["fire"], device["tamper"]) == (DURESS, FIRE, TAMPER)
    assert [PANIC.contact_id, DURESS.contact_id, FIRE.contact_id, TAMPER.contact_id, TEST.contact_id] == [
        "120",
        "121",
        "110",
        "137",
        "601",
    ]
    assert (zone_of(about()), zone_of(about(device="gate")), zone_of(about(device="b-1234"))) == ("007", "000", "234")


async def test_account_that_is_none_is_refused_before_anything_is_sent(centre: Centre) -> None:
    """A rota with a telephone number for an account is a mistake that waiting does not mend."""
    assert (await line(1).send(message(address="110-gate"))).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    "wrong",
    ['key = "AB"', 'key = "XY"', 'account = "XYZ"', "tries = 0", "supervise_seconds = 60.0", 'form = "FAX"', "port = 0.5"],
)
def test_options_that_cannot_work_are_refused_at_start(tmp_path: Path, wrong: str) -> None:
    """With the channel's name, and never with a key."""
    path = tmp_path / "channels.toml"
    quiet = "" if wrong.startswith("supervise") else "supervise_seconds = 0\n"
    head = '[centre]\nkind = "dc09"\nhost = "127.0.0.1"\n' + quiet
    path.write_text(head + ("" if wrong.startswith("port") else "port = 9\n") + wrong)
    path.chmod(0o600)

    with pytest.raises(ConfigurationError, match="centre"):
        open_channels(path, time.time)
