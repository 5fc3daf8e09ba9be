"""CAP 1.2 against a platform that checks the schema: a drill never looks real, and only an answer to ours is one."""

import time
from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.servers import free_port
from server.channels.cap import Cap, CapOptions
from server.channels.cap_message import NotCapError, read, write
from server.channels.channel import Earlier, Message, Outcome, Subject, Text
from server.core.alert import Severity
from server.core.rules import RULES
from server.core.rules.device_alert import MEANINGS
from server.journal.database import Database
from server.notify.words import long, title
from server.police.lifecycle import PoliceState
from simulators.receivers.cap import Platform
from simulators.receivers.cap_schema import NAMESPACE, faults
from simulators.receivers.manner import Manner
from simulators.receivers.web import serving
from tests.notify.town import NOW, an_alert
from tests.police.test_dc09 import about
from tests.police.test_store import Police, wired

SENDER = "anxiao@qinzhou.example"


def message(subject: Subject | None = None, **changes: Any) -> Message:
    """Write a message as it is composed."""
    told = subject or about(
        school_name="第一小学",
        school_name_en="First Primary",
        latitude=21.98,
        longitude=108.62,
        datum="GCJ-02",
        station="450702001",
    )
    texts = tuple(Text(one, title(told, one), long(told, "station", 0, one)) for one in ("zh", "en"))
    whole: dict[str, Any] = {
        "id": "ab" * 16,
        "about": told,
        "step": 0,
        "audience": "station",
        "recipient": "110",
        "made": NOW,
        "texts": texts,
    }
    return Message(**(whole | changes))


def parsed(told: Message) -> ET.Element:
    """Write a message, and read it as XML that the schema allows."""
    root = ET.fromstring(write(told, SENDER, 0.3))
    assert faults(root) == []
    return root


def words(root: ET.Element, path: str) -> list[str]:
    """List the texts at a path."""
    return [one.text or "" for one in root.findall("/".join(f"{NAMESPACE}{part}" for part in path.split("/")))]


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    """Give a platform."""
    async with serving(Platform(free_port())) as running:
        yield running


def link(platform: Platform, **options: Any) -> Cap:
    """Give a channel to a platform."""
    return Cap("cap", CapOptions(kind="cap", url=platform.url, sender=SENDER, **options), time.time)


def test_real_press_is_told_in_two_languages_with_its_place() -> None:
    """Status, gravity, both languages, and a circle in the datum that CAP demands."""
    root = parsed(message())

    assert words(root, "status") == ["Actual"]
    assert words(root, "msgType") == ["Alert"]
    assert words(root, "info/language") == ["zh-CN", "en-US"]
    assert words(root, "info/severity") == ["Extreme"] * 2
    assert words(root, "info/urgency") == ["Immediate"] * 2
    assert words(root, "info/area/areaDesc") == ["第一小学", "First Primary"]
    [circle, _] = words(root, "info/area/circle")
    north, east = (float(part) for part in circle.split()[0].split(","))
    assert (north, east) != (21.98, 108.62)
    assert abs(north - 21.98) + abs(east - 108.62) < 0.02
    assert words(root, "sent") == ["2026-09-21T22:13:20+08:00"]


subjects = st.builds(
    Subject,
    alert=st.text(max_size=12),
    rule=st.sampled_from(sorted(RULES)),
    severity=st.sampled_from(Severity),
    mode=st.sampled_from(["real", "test", "drill", "unknown"]),
    t=st.floats(0, 4e9),
    rx=st.floats(0, 4e9),
    code=st.sampled_from(["", *sorted(MEANINGS)]),
    school=st.sampled_from(["", "4507000001"]),
    school_name=st.text(max_size=8),
    device_name=st.text(max_size=8),
    place=st.text(max_size=8),
    latitude=st.sampled_from([None, 21.9, -33.0]),
    longitude=st.sampled_from([None, 108.6, 7.0]),
    datum=st.sampled_from(["", "GCJ-02", "WGS-84"]),
    late=st.booleans(),
    confirmed=st.booleans(),
    again=st.booleans(),
)


@given(subjects, st.booleans())
def test_drill_never_looks_real_and_real_never_like_a_drill(told: Subject, follows: bool) -> None:
    """Whatever is told, the schema takes it, and its status says what the server decided, with all that follows of it."""
    earlier = (Earlier("cd" * 16, NOW - 60),) if follows else ()
    root = parsed(message(told, earlier=earlier))

    [status] = words(root, "status")
    assert status == {"test": "Test", "drill": "Exercise"}.get(told.mode, "Actual")
    rehearsal = told.mode in ("test", "drill")
    assert (set(words(root, "info/responseType")) == {"None"}) == rehearsal
    assert bool(words(root, "note")) == rehearsal
    if rehearsal:
        assert set(words(root, "info/severity")) == {"Minor"}
        assert set(words(root, "info/eventCode/value")) == {"601"}
        assert "Immediate" not in words(root, "info/urgency")
    else:
        assert "601" not in words(root, "info/eventCode/value")


def test_later_message_names_what_it_follows() -> None:
    """It is an Update of the earlier ones, in their order."""
    earlier = (Earlier("cd" * 16, NOW - 60), Earlier("ef" * 16, NOW - 30))
    named = [f"{SENDER},anxiao-{one},2026-09-21T22:{at}+08:00" for one, at in (("cd" * 16, "12:20"), ("ef" * 16, "12:50"))]

    update = parsed(message(earlier=earlier))

    assert words(update, "msgType") == ["Update"]
    assert words(update, "references") == [" ".join(named)]


@pytest.mark.parametrize(
    ("manner", "outcome", "police"),
    [
        (Manner.TAKE, Outcome.ACCEPTED, PoliceState.ACCEPTED),
        (Manner.LIE, Outcome.ACCEPTED, PoliceState.ACCEPTED),
        (Manner.REFUSE, Outcome.REFUSED, PoliceState.REJECTED),
        (Manner.HURRY, Outcome.FAILED, None),
        (Manner.BUSY, Outcome.FAILED, None),
        (Manner.BREAK, Outcome.FAILED, None),
        (Manner.NONSENSE, Outcome.FAILED, None),
        (Manner.STALL, Outcome.FAILED, None),
    ],
)
async def test_every_manner_of_a_platform_is_understood(
    platform: Platform,
    manner: Manner,
    outcome: Outcome,
    police: PoliceState | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Taken by an Ack, turned down by an Error with its reason, and all else is tried again."""
    monkeypatch.setattr("server.channels.http.ANSWER_SECONDS", 0.3)
    platform.receiver.manner = manner

    receipt = await link(platform).send(message())

    assert (receipt.outcome, receipt.police) == (outcome, police), receipt
    assert len(platform.alerts) == 1
    assert not platform.wrong
    if police is PoliceState.REJECTED:
        assert receipt.detail == "Error: no such school"
    if police is not None:
        assert (receipt.reference, len(receipt.digest)) == ("platform-1", 64)


async def test_platform_that_says_nothing_has_it_and_no_more(platform: Platform) -> None:
    """202 without a word is sent and not accepted; our id is what it may tell more by."""
    platform.bare = True

    receipt = await link(platform).send(message())

    assert (receipt.outcome, receipt.police, receipt.reference) == (Outcome.ACCEPTED, PoliceState.SENT, "ab" * 16)


async def test_answer_to_another_message_is_none(platform: Platform) -> None:
    """An Ack that names somebody else's message acknowledges nothing of ours."""
    platform.other = True

    assert (await link(platform).send(message())).outcome is Outcome.FAILED


async def test_platform_that_takes_a_drill_for_real_is_told_of(platform: Platform) -> None:
    """Its Ack says Actual where we said Exercise: somebody may be driving out, and the log has it."""
    platform.misread = "Actual"

    receipt = await link(platform).send(message(about(mode="drill")))

    assert receipt.detail == "Ack as Actual"


async def test_wrong_key_is_refused_for_good(platform: Platform) -> None:
    """The platform's own no."""
    platform.header = "Bearer right"

    assert (await link(platform, header="Bearer wrong").send(message())).outcome is Outcome.REFUSED


async def test_platform_that_is_down_fails() -> None:
    """Nobody listens."""
    receipt = await link(Platform(free_port())).send(message())

    assert (receipt.outcome, receipt.detail) == (Outcome.FAILED, "no connection")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html/>",
        b"\xff\xfe",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><alert>&b;</alert>',
        b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.1"><msgType>Ack</msgType></alert>',
        b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><msgType>Alert</msgType></alert>',
    ],
)
def test_what_is_no_answer_is_said_to_be_none(raw: bytes) -> None:
    """Also where it would expand without end."""
    with pytest.raises(NotCapError):
        read(raw)


async def test_later_ring_follows_what_was_told(database: Database) -> None:
    """The message of a second press names the first, by the id and the instant that stand in the record."""
    channel = Police("dc09", kind="cap")
    there, _, _ = wired(database, channel)
    await there.tell(an_alert())
    await there.turn()
    there.clock.now += 30
    await there.tell(an_alert(rings=2))
    await there.turn()

    first, second = channel.got
    assert second.earlier == (Earlier(first.id, NOW),)
    assert first.earlier == ()
    assert [one.language for one in first.texts] == ["zh", "en"]
