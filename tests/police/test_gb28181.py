"""GB/T 28181 against an upper platform by UDP and TCP: registered by digest, taken only by the platform's own answer."""

import asyncio
import time
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.servers import free_port
from server.channels.channel import Message, Outcome, Receipt, Subject
from server.channels.gb28181 import Gb28181, Gb28181Options
from server.channels.gb28181_message import NotReadableError, alarm, parse, said
from server.channels.sip_message import SipError, Splitter, authorise, read, response, write
from server.police.lifecycle import PoliceState
from simulators.receivers.gb28181 import DEVICE_ID, SERVER_ID, Upper, serving_upper
from simulators.receivers.manner import Manner
from tests.police.test_cap import subjects
from tests.police.test_dc09 import about, until

CAMERA = "45070200001320000007"
BOTH = pytest.mark.parametrize("transport", ["udp", "tcp"])


def message(subject: Subject | None = None, **changes: Any) -> Message:
    """Write a message."""
    whole: dict[str, Any] = {
        "id": "0000002a" + "0" * 24,
        "about": subject or about(latitude=21.98, longitude=108.62, datum="WGS-84", place="东门"),
        "step": 0,
        "audience": "station",
        "recipient": "110",
        "subject": "一级一键报警：第一小学",
    }
    return Message(**(whole | changes))


def link(port: int, transport: str = "udp", **options: Any) -> Gb28181:
    """Give a channel to a platform."""
    said_: dict[str, Any] = {
        "kind": "gb28181",
        "host": "127.0.0.1",
        "port": port,
        "server_id": SERVER_ID,
        "device_id": DEVICE_ID,
        "transport": transport,
        "reply_seconds": 2.0,
        "answer_seconds": 1.5,
    }
    return Gb28181("gb", Gb28181Options(**(said_ | options)), time.time)


def fields(root: ET.Element) -> dict[str, str]:
    """Give the fields of an alarm by name."""
    return {one.tag: one.text or "" for one in root}


@BOTH
async def test_press_is_registered_notified_and_taken_by_the_platforms_own_answer(transport: str) -> None:
    """Level one, by a device, with place and time as the standard writes them."""
    port = free_port()
    async with serving_upper(Upper(port, password="secret"), transport) as upper:
        channel = link(port, transport, password="secret")
        receipt = await channel.send(message())
        await channel.close()

    assert (receipt.outcome, receipt.police, receipt.reference) == (Outcome.ACCEPTED, PoliceState.ACCEPTED, "43")
    assert upper.registers == 1
    told = fields(upper.alarms[0])
    assert told["CmdType"] == "Alarm"
    assert (told["AlarmPriority"], told["AlarmMethod"], told["DeviceID"]) == ("1", "2", DEVICE_ID)
    assert told["AlarmTime"] == "2026-09-21T22:13:20"
    assert (told["Longitude"], told["Latitude"]) == ("108.620000", "21.980000")
    assert told["AlarmDescription"] == "一级一键报警：第一小学 东门"


@BOTH
@pytest.mark.parametrize(
    ("manner", "outcome", "police"),
    [
        (Manner.REFUSE, Outcome.REFUSED, PoliceState.REJECTED),
        (Manner.LIE, Outcome.ACCEPTED, PoliceState.ACCEPTED),
        (Manner.STALL, Outcome.FAILED, None),
        (Manner.BREAK, Outcome.FAILED, None),
        (Manner.NONSENSE, Outcome.FAILED, None),
        (Manner.BUSY, Outcome.FAILED, None),
        (Manner.HURRY, Outcome.FAILED, None),
    ],
)
async def test_every_manner_of_a_platform_is_understood(
    transport: str, manner: Manner, outcome: Outcome, police: PoliceState | None
) -> None:
    """200 and then ERROR is turned down; 200 and then nothing is not taken; the next try bears the same SN."""
    port = free_port()
    async with serving_upper(Upper(port), transport) as upper:
        upper.receiver.manner = manner
        channel = link(port, transport)
        receipts = [await channel.send(message()) for _ in range(2)]
        await channel.close()

    assert [(receipt.outcome, receipt.police) for receipt in receipts] == [(outcome, police)] * 2
    assert {one.id for one in upper.receiver.got} == {"43"}


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("qop", ["auth", ""])
async def test_wrong_password_registers_nobody(algorithm: str, qop: str) -> None:
    """With every digest: the right one is let in, the wrong one is not, and no alarm leaves unregistered."""
    port = free_port()
    async with serving_upper(Upper(port, password="right", algorithm=algorithm, qop=qop), "udp") as upper:
        wrong, right = link(port, password="wrong"), link(port, password="right")
        refused, taken = await wrong.send(message()), await right.send(message())
        await wrong.close()
        await right.close()

    assert (refused.outcome, taken.outcome) == (Outcome.FAILED, Outcome.ACCEPTED)
    assert len(upper.alarms) == 1


async def test_datagrams_that_are_lost_are_sent_again() -> None:
    """The first packets of both requests vanish; the platform sees one alarm."""
    port = free_port()
    async with serving_upper(Upper(port, lost=1), "udp") as upper:
        channel = link(port, reply_seconds=3.0)
        receipt = await channel.send(message())
        await channel.close()

    assert receipt.outcome is Outcome.ACCEPTED
    assert len(upper.alarms) == 1


async def test_platform_that_was_restarted_is_registered_with_anew() -> None:
    """403 to an alarm: it has forgotten us; we register and say it again."""
    port = free_port()
    async with serving_upper(Upper(port), "udp") as upper:
        channel = link(port)
        await channel.send(message())
        upper.forget()
        receipt = await channel.send(message(id="0000002b" + "0" * 24))
        await channel.close()

    assert receipt.outcome is Outcome.ACCEPTED
    assert upper.registers == 2


@BOTH
async def test_platform_that_is_down_fails_and_comes_back(transport: str) -> None:
    """The same channel goes on when somebody listens again."""
    port = free_port()
    channel = link(port, transport)
    down = await channel.send(message())
    async with serving_upper(Upper(port), transport):
        up = await channel.send(message())
    again = await channel.send(message())
    await channel.close()

    assert [one.outcome for one in (down, up, again)] == [Outcome.FAILED, Outcome.ACCEPTED, Outcome.FAILED]


async def test_answers_late_twice_and_for_other_alarms_take_nothing_that_is_not_theirs() -> None:
    """An ERROR for another SN refuses nothing; a second answer changes nothing; one that is too late counts for nobody."""
    port = free_port()
    async with serving_upper(Upper(port, times=2, strange=True), "udp") as upper:
        channel = link(port)
        first = await channel.send(message())
        await until(lambda: channel.unasked == 2)
        upper.late_seconds, upper.times, upper.strange = 2.0, 1, False
        late = await channel.send(message(id="0000002b" + "0" * 24))
        await until(lambda: channel.unasked == 3)
        await channel.close()

    assert first.outcome is Outcome.ACCEPTED
    assert (late.outcome, late.detail) == (Outcome.FAILED, "200, and no answer to the alarm")


async def test_platform_that_never_answers_alarms_has_them_and_no_more() -> None:
    """Where the settings say so, 200 is sent and not accepted."""
    port = free_port()
    async with serving_upper(Upper(port), "udp") as upper:
        upper.receiver.manner = Manner.BREAK
        channel = link(port, answers=False)
        receipt = await channel.send(message())
        await channel.close()

    assert (receipt.outcome, receipt.police) == (Outcome.ACCEPTED, PoliceState.SENT)


async def test_line_is_kept_and_its_loss_is_told() -> None:
    """Keepalives go on; when none is answered it is noted as failing, and after three of them we register anew."""
    port, noted = free_port(), list[Receipt]()

    async def note(receipt: Receipt) -> None:
        noted.append(receipt)

    channel = link(port, keepalive_seconds=0.05, reply_seconds=0.1)
    upper = Upper(port)
    keeper = asyncio.create_task(channel.keep(note))
    try:
        async with serving_upper(upper, "udp"):
            await until(lambda: upper.keepalives >= 3)
        await until(lambda: noted[-1].outcome is Outcome.FAILED)
        upper.forget()
        async with serving_upper(upper, "udp"):
            await until(lambda: noted[-1].outcome is Outcome.ACCEPTED)
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        await channel.close()

    assert upper.registers == 2


async def test_device_with_an_id_of_the_standard_is_named_by_it() -> None:
    """So that the platform can show the very camera."""
    port = free_port()
    async with serving_upper(Upper(port), "udp") as upper:
        channel = link(port)
        await channel.send(message(about(rule="video_lost", severity=3, gb_id=CAMERA)))
        await channel.close()

    told = upper.alarms[0]
    assert (told.findtext("DeviceID"), told.findtext("Info/AlarmType")) == (CAMERA, "1")


@given(subjects, st.sampled_from(["GB2312", "GB18030", "UTF-8"]))
def test_rehearsal_never_looks_real(told: Subject, encoding: str) -> None:
    """Lowest level, method "other", and the mark in front; whatever its texts are, the body can be read back."""
    root = parse(alarm(message(told), DEVICE_ID, encoding))

    found = fields(root)
    if told.mode in ("test", "drill"):
        assert (found["AlarmPriority"], found["AlarmMethod"]) == ("4", "7")
        assert found["AlarmDescription"].startswith({"test": "【测试】", "drill": "【演练】"}[told.mode])
    else:
        assert found["AlarmPriority"] == str(int(told.severity))
        assert found["AlarmMethod"] in "256"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<Response/>",
        b'<?xml version="1.0" encoding="EBCDIC"?><Response/>',
        b'<!DOCTYPE a [<!ENTITY x "y">]><Response><SN>1</SN></Response>',
        b'<?xml version="1.0" encoding="GB2312"?><Response><SN>\xff</SN></Response>',
    ],
)
def test_body_that_cannot_be_read_is_said_to_be_none(raw: bytes) -> None:
    """Also where it would expand without end, or in an encoding that nobody uses."""
    with pytest.raises(NotReadableError):
        said(raw)


def test_digest_is_that_of_the_standard() -> None:
    """The example of RFC 2617, 3.5."""
    found = response(
        "MD5",
        "Mufasa",
        "testrealm@host.com",
        "Circle Of Life",
        "GET",
        "/dir/index.html",
        "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "0a4f113b",
    )

    assert found == "6629fae49393a05397450978507c4ef1"
    with pytest.raises(SipError):
        authorise('Basic realm="x"', "REGISTER", "sip:x", "u", "p", "c")
    with pytest.raises(SipError):
        authorise('Digest realm="x", nonce="n", algorithm=MD4', "REGISTER", "sip:x", "u", "p", "c")


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=4), st.integers(1, 50))
def test_stream_comes_apart_however_it_was_cut(bodies: list[bytes], size: int) -> None:
    """By the lengths, with empty lines between them."""
    stream = b"\r\n\r\n".join(write("SIP/2.0 200 OK", [("Via", "x;branch=b")], body) for body in bodies)
    splitter, found = Splitter(), list[bytes]()
    for start in range(0, len(stream), size):
        found += splitter.feed(stream[start : start + size])

    assert [read(one).body for one in found] == bodies


@pytest.mark.parametrize("raw", [b"", b"HELLO\r\n\r\n", b"SIP/2.0 200 OK\r\nnonsense\r\n\r\n", b"\xff\xfe\r\n\r\n"])
def test_what_is_no_message_is_said_to_be_none(raw: bytes) -> None:
    """And a stream without a length can never be read again."""
    with pytest.raises(SipError):
        read(raw)
    with pytest.raises(SipError):
        Splitter().feed(b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n")
    with pytest.raises(SipError):
        Splitter().feed(b"x" * 100_000)
