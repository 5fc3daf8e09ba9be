"""Coming back to the stream: what was missed is told once, as it is now; what cannot be told is said."""

import pytest

from server.core.verdict import Judgement
from server.stream import frames as frames_module
from server.stream.frames import Frames, SchoolChange, Topic
from server.stream.hub import PICTURE_SECONDS
from server.stream.wire import parse_event_id
from tests.api.engine import press
from tests.registry.city import FIRST, THIRD
from tests.stream.conftest import EPOCH, House, Screen


async def test_missed_changes_are_told_each_once_as_they_are_now(house: House) -> None:
    """Three topics, one event each; whatever changed twice stands last with its newest state."""
    screen = await house.watching()
    house.hub.leave(screen.subscriber)
    house.tell(press("a", version=1))
    house.tell(press("b"))
    house.tell(press("a", version=2))
    house.judge(FIRST, "t1", Judgement.MET)
    house.heard("gw-first", "live")
    house.wait(PICTURE_SECONDS)

    hello, alerts, coverage, liveness, summary = await house.join(after=screen.last_id).read()

    assert [event.name for event in (hello, alerts, coverage, liveness, summary)] == [
        "hello", "alerts", "coverage", "liveness", "summary",
    ]  # fmt: skip
    assert [(one["id"], one["ver"]) for one in alerts.data["up"]] == [("b", 3), ("a", 2)]
    assert coverage.data["c"] == [[0, 0, "ledger", "-"], [0, 0, "live", "m"]]
    assert liveness.data["g"] == [[0, "live"]]
    assert summary.id == f"{EPOCH}-{house.hub.seq}"


async def test_break_in_the_midst_of_catching_up_loses_nothing(house: House) -> None:
    """However much of the beginning arrived, the next connection still tells the rest."""
    away = await house.watching()
    house.hub.leave(away.subscriber)
    house.tell(press("a"))
    house.judge(FIRST, "t1", Judgement.MET)
    house.wait(PICTURE_SECONDS)
    whole = await house.join(after=away.last_id).subscriber.take()
    ends = [at + 2 for at in range(len(whole)) if whole[at : at + 2] == b"\n\n"]

    for end in ends:
        torn = Screen(away.subscriber, away.last_id)
        got = {event.name for event in torn.parse(whole[:end])}
        back = house.join(after=torn.last_id)
        got |= set(await back.names())
        house.hub.leave(back.subscriber)
        assert {"alerts", "coverage"} <= got, end


async def test_break_before_a_reset_does_not_hide_it(house: House) -> None:
    """A screen that was told nothing but hello is told the reset again."""
    whole = await house.join(after="other-5").subscriber.take()
    torn = Screen(house.join().subscriber, "other-5")
    torn.parse(whole[: whole.index(b"\n\n") + 2])

    assert "reset" in await house.join(after=torn.last_id).names()


@pytest.mark.parametrize("after", ["other-0", f"{EPOCH}-99999", f"{EPOCH}--1", "nonsense", f"{EPOCH}-x", f"{EPOCH}-²", "-1"])
async def test_id_that_means_nothing_here_gets_a_reset(house: House, after: str) -> None:
    """Another start of the server, a future number, or garbage: start again, never a silent gap."""
    events = await house.join(after=after).read()

    assert [event.name for event in events] == ["hello", "reset", "summary"]
    assert events[1].data == {"reason": "replay_lost"}


async def test_replay_is_cut_to_the_branch(house: House) -> None:
    """Coming back shows no more than having stayed."""
    screen = await house.watching("police_liaison")
    house.hub.leave(screen.subscriber)
    house.tell(press("south", school=THIRD, gateway="gw-third"))
    house.tell(press("north"))
    house.tell(press("covert", code="duress"))

    assert await house.join("police_liaison", after=screen.last_id).alerts() == ["north", "covert"]
    assert await house.join("guard", after=screen.last_id).alerts() == ["north"]


async def test_beyond_what_is_remembered_there_is_a_reset(house: House) -> None:
    """Frames are bounded; who was away for longer starts again."""
    screen = await house.watching()
    house.hub.leave(screen.subscriber)
    house.hub._frames = Frames(frames_max=3)
    for number in range(4):
        house.tell(press(f"a-{number}"))

    assert "reset" in await house.join(after=screen.last_id).names()
    assert await house.join(after=f"{EPOCH}-1").alerts() == ["a-1", "a-2", "a-3"]


async def test_nothing_missed_is_told_as_nothing(house: House) -> None:
    """Who comes back at once gets hello and summary alone."""
    screen = await house.watching()

    assert await house.join(after=screen.last_id).names() == ["hello", "summary"]


def test_frames_forget_by_changes_too() -> None:
    """A storm of large frames is bounded by what it holds, and the newest frame is always kept."""
    frames = Frames(frames_max=100, changes_max=5)
    change = SchoolChange(FIRST, "live")
    for _ in range(3):
        frames.append(Topic.LIVENESS, (change,) * 2)
    assert (frames.floor, frames.reaches(1), frames.reaches(0)) == (1, True, False)
    assert [frame.seq for frame in frames.after(1)] == [2, 3]

    frames.append(Topic.LIVENESS, (change,) * 9)
    assert (frames.floor, [frame.seq for frame in frames.after(3)]) == (3, [4])


def test_frames_last_for_what_is_promised() -> None:
    """At least five minutes at the busiest: ten flushes of alerts and two of the picture each second."""
    assert frames_module.FRAMES_MAX >= 5 * 60 * 12


def test_event_ids_are_read_as_they_are_written() -> None:
    """An epoch may hold hyphens; a number too long for any of ours is nobody's."""
    assert parse_event_id("a-b-12") == ("a-b", 12)
    assert parse_event_id(None) is None
    assert parse_event_id("e-" + "9" * 19) is None
