"""The hub: order, scope, what is told at once and what is gathered, and streams that end."""

import pytest

from server.core.alert import Severity, State
from server.core.verdict import Judgement
from server.registry.model import Role, Roster
from server.registry.tree import Tree
from server.stream import hub as hub_module
from server.stream.hub import ALERTS_SECONDS, HEARTBEAT_SECONDS, PICTURE_SECONDS, Pulse
from tests.api.engine import fault, press
from tests.registry.city import FIRST, SECOND, THIRD
from tests.stream.conftest import EPOCH, House


async def test_stream_begins_with_hello_and_summary(house: House) -> None:
    """The summary is there at once, so that no screen has to guess for a second; only it bears an id."""
    hello, summary = await house.join().read()

    assert (hello.name, hello.id, hello.data["epoch"], hello.data["server_ms"]) == ("hello", "", EPOCH, 1_000_000)
    assert hello.data["heartbeat_s"] == 10
    assert (summary.name, summary.id) == ("summary", f"{EPOCH}-{house.hub.seq}")


async def test_press_is_on_its_way_before_effects_returns(house: House) -> None:
    """No tick stands between an alarm and the screen."""
    screen = await house.watching()

    house.tell(press("a"))

    assert await screen.alerts() == ["a"]


async def test_press_takes_the_waiting_ones_along_in_order(house: House) -> None:
    """A fault that waited for its batch is not overtaken; one that changed again stands as it is now."""
    screen = await house.watching()
    house.tell(fault("f", version=1), fault("g"))
    house.tell(fault("f", version=2))

    house.tell(press("a"))

    [event] = await screen.read()
    assert [(alert["id"], alert["ver"]) for alert in event.data["up"]] == [("g", 3), ("f", 2), ("a", 3)]


async def test_an_incident_that_another_one_has_taken_up_leaves_the_screens_and_the_figures(house: House) -> None:
    """At once, also for a screen that was away meanwhile; nothing is left that would show a press a second time."""
    screen, away = await house.watching(), await house.watching()
    house.tell(press("a"), press("b"))
    await screen.read()

    house.gone(press("a"))

    [event] = await screen.read()
    assert (event.name, event.data["up"], event.data["gone"]) == ("alerts", [], ["a"])
    house.wait(PICTURE_SECONDS)
    assert (await screen.read())[-1].data["open"][0] == 1
    back = await house.join(after=away.last_id).read()
    told = [event.data for event in back if event.name == "alerts"]
    assert [([alert["id"] for alert in data["up"]], data["gone"]) for data in told] == [(["b"], ["a"])]


async def test_an_incident_that_has_gone_and_comes_again_is_there(house: House) -> None:
    screen = await house.watching()
    house.tell(fault("a"))
    house.gone(fault("a"))
    house.tell(fault("a"))
    house.wait(ALERTS_SECONDS)

    [event] = [event for event in await screen.read() if event.name == "alerts"]
    assert ([alert["id"] for alert in event.data["up"]], event.data["gone"]) == (["a"], [])


async def test_faults_are_gathered_for_a_tenth_of_a_second(house: House) -> None:
    """What need not be at once goes out together."""
    screen = await house.watching()
    house.wait(ALERTS_SECONDS)
    house.tell(fault("f"))
    house.tell(fault("g"))

    assert await screen.read() == []

    house.wait(ALERTS_SECONDS)
    assert await screen.alerts() == ["f", "g"]


async def test_press_is_shown_before_it_is_stored_and_confirmed_after(house: House) -> None:
    """The same alert comes twice: 未入库 first, then stored, with a newer version."""
    screen = await house.watching()

    house.tell(press("a", stored=False, version=1))
    house.tell(press("a", stored=True, version=2))

    told = [(one["ver"], one["stored"]) for event in await screen.read() for one in event.data["up"]]
    assert told == [(1, False), (2, True)]


@pytest.mark.parametrize("role", Role)
async def test_nobody_is_told_of_another_branch(house: House, role: Role) -> None:
    """Alerts, cells, liveness and figures of the south reach no role of the north, in no event."""
    screen = await house.watching(role.value)
    house.tell(press("south", school=THIRD, gateway="gw-third"), press("north"))
    house.judge(THIRD, "t1", Judgement.MET)
    house.judge(FIRST, "t1", Judgement.MET)
    house.heard("gw-third", "live")
    house.heard("gw-first", "live")
    house.wait(PICTURE_SECONDS)

    events = await screen.read()
    alerts, coverage, liveness, summary = events
    assert [event.name for event in events] == ["alerts", "coverage", "liveness", "summary"]
    assert [alert["id"] for alert in alerts.data["up"]] == ["north"]
    assert coverage.data["c"] == [[0, 0, "ledger", "-"], [0, 0, "live", "m"]]
    assert liveness.data["g"] == [[0, "live"]]
    assert summary.data["open"] == [1, 0, 0, 0]
    assert summary.data["schools_live"] == 1


async def test_each_reach_gets_its_own_places(house: House) -> None:
    """An index points into the list that this very user got."""
    city, school = await house.watching("chief"), await house.watching("school_director")
    house.heard("gw-second", "offline")
    house.heard("gw-first", "live")
    house.wait(PICTURE_SECONDS)

    of_city = [event.data["g"] for event in await city.read() if event.name == "liveness"]
    of_school = [event.data["g"] for event in await school.read() if event.name == "liveness"]
    assert of_city == [[[1, "offline"], [0, "live"]]]
    assert of_school == [[[0, "live"]]]


async def test_duress_never_shows_at_the_school_itself(house: House) -> None:
    """Whoever stands beside the threatened guard sees nothing; the station does, and the figures agree."""
    station, guard = await house.watching("police_liaison"), await house.watching("guard")

    house.tell(press("a", code="duress"))
    house.wait(PICTURE_SECONDS)

    seen, hidden = await station.read(), await guard.read()
    assert [event.name for event in seen] == ["alerts", "summary"]
    assert [event.name for event in hidden] == ["summary"]
    assert (seen[1].data["open"][0], hidden[0].data["open"][0]) == (1, 0)


async def test_a_maintainer_of_the_whole_county_sees_and_counts_no_duress(house: House) -> None:
    """They may be standing in that very school; what they do see is counted as for everybody."""
    maintainer = await house.watching("maintainer")

    house.tell(press("a", code="duress"), press("b"))
    house.wait(PICTURE_SECONDS)

    told = await maintainer.read()
    assert [[one["id"] for one in event.data["up"]] for event in told if event.name == "alerts"] == [["b"]]
    assert [event.data["open"][0] for event in told if event.name == "summary"] == [1]
    house.tell(press("a", code="duress", state=State.RESOLVED), press("b", state=State.RESOLVED))
    house.wait(PICTURE_SECONDS)
    assert (await maintainer.read())[-1].data["open"][0] == 0


async def test_the_school_is_not_told_that_its_press_was_confirmed(house: House) -> None:
    """It may have been confirmed by a silent call; also a screen that was away does not learn of it."""
    station, guard = await house.watching("police_liaison"), await house.watching("guard")

    house.tell(press("a", confirmed=True, proposed_by="chief", proposed_cause="test"))

    [seen], [shown] = await station.read(), await guard.read()
    assert (seen.data["up"][0]["confirmed"], seen.data["up"][0]["proposed_by"]) == (True, "chief")
    assert (shown.data["up"][0]["confirmed"], shown.data["up"][0]["proposed_by"]) == (False, "")
    back = await house.join("guard", after=guard.last_id).read()
    again = [one for event in back if event.name == "alerts" for one in event.data["up"]]
    assert not any(one["confirmed"] for one in again)


async def test_alarm_of_an_unknown_gateway_is_seen_by_command_centres_and_roots_alone(house: House) -> None:
    """A press that no school owns must be seen by somebody, and is nobody else's business."""
    names = ("chief", "bureau", "command_centre", "police_liaison", "education_officer", "school_director")
    screens = {name: await house.watching(name) for name in names}

    house.tell(press("stray", school="", gateway="gw-unknown"))

    saw = {name for name, screen in screens.items() if await screen.alerts()}
    assert saw == {"chief", "bureau", "command_centre"}


async def test_picture_is_told_once_a_second_as_it_is_then(house: House) -> None:
    """A cell that changed back and forth is told once."""
    screen = await house.watching()
    house.judge(FIRST, "t2", Judgement.MET)
    house.judge(FIRST, "t2", Judgement.UNKNOWN)
    house.judge(FIRST, "nobody knows it", Judgement.MET)
    house.wait(PICTURE_SECONDS)

    [coverage] = [event for event in await screen.read() if event.name == "coverage"]
    assert coverage.data["c"] == [[0, 1, "ledger", "-"], [0, 1, "live", "u"]]


async def test_summary_comes_every_second_and_says_how_the_server_does(house: House) -> None:
    """It tells of a journal that is away, so that no screen believes what cannot be kept."""
    screen = await house.watching()
    house.near.pulse = Pulse(lag_ms=70, journal_ok=False)
    house.wait(PICTURE_SECONDS / 2)
    early = await screen.read()
    house.wait(PICTURE_SECONDS / 2)

    [summary] = await screen.read()
    assert early == []
    assert (summary.data["journal"], summary.data["ingest_lag_ms"], summary.data["server_ms"]) == ("down", 70, 1_001_000)


async def test_sequence_grows_by_one_with_each_frame_for_everybody(house: House) -> None:
    """Two screens of different reach agree on what a number means."""
    city, school = await house.watching("chief"), await house.watching("school_director")
    before = house.hub.seq
    house.tell(press("south", school=THIRD))
    house.tell(press("north"))

    numbers = [event.data["seq"] for event in await city.read()]
    assert numbers == [before + 1, before + 2]
    assert [event.data["seq"] for event in await school.read()] == [before + 2]


async def test_revoked_session_ends_its_streams_and_no_other(house: House) -> None:
    """The last word says why; then the stream is over."""
    mine, tab, other = house.join(), house.join(), house.join(session="s2")

    house.hub.close_session("s1")
    house.tell(press("a"))

    for screen in (mine, tab):
        assert [event.data.get("reason") for event in await screen.read()][-1] == "session"
        assert await screen.subscriber.take() == b""
    assert await other.alerts() == ["a"]


async def test_session_that_ran_out_ends_its_stream_at_the_next_heartbeat(house: House) -> None:
    """A stream asks for no page, so it is asked itself."""
    screen, other = await house.watching(), await house.watching(session="s2")
    house.near.alive.discard("s1")

    house.wait(HEARTBEAT_SECONDS)

    assert (await screen.read())[-1].data == {"reason": "session"}
    assert await screen.subscriber.take() == b""
    await other.read()
    assert (other.heartbeats, screen.heartbeats) == (1, 0)


async def test_changed_roster_makes_every_screen_start_again(house: House) -> None:
    """Indexes mean something else now: no old frame is told, waiting or replayed."""
    screen = await house.watching()
    house.judge(FIRST, "t1", Judgement.MET)
    old = house.near.tree.roster
    house.near.tree = Tree(Roster(old.units, old.stations, old.schools[1:], old.gateways[1:], old.devices, old.calendar))

    house.hub.load([press("a", school=SECOND)], [("gw-second", "", "live")])
    house.wait(PICTURE_SECONDS)

    events = await screen.read()
    assert [(event.name, event.data.get("reason")) for event in events] == [("reset", "roster"), ("summary", None)]
    assert (events[1].data["schools"], events[1].data["schools_live"], events[1].data["open"][0]) == (2, 1, 1)


async def test_streams_are_limited_by_session_and_in_all(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One browser cannot take every place, and a full server says so instead of failing."""
    monkeypatch.setattr(hub_module, "CLIENTS_OF_SESSION_MAX", 2)
    monkeypatch.setattr(hub_module, "CLIENTS_MAX", 3)
    first, _ = house.join(), house.join()
    reach = house.reach("chief")

    assert house.hub.join(reach, "s1", None, house.now) is None
    house.join(session="s2")
    assert house.hub.join(reach, "s2", None, house.now) is None

    house.hub.leave(first.subscriber)
    house.hub.leave(first.subscriber)
    assert house.hub.clients == 2
    house.join(session="s2")


async def test_last_stream_of_a_reach_takes_its_channel_along(house: House) -> None:
    """Nothing is kept for screens that went."""
    screen, other = house.join("guard"), house.join("chief")
    assert house.hub.channels == 2

    house.hub.leave(screen.subscriber)
    house.hub.leave(other.subscriber)

    assert (house.hub.channels, house.hub.clients) == (0, 0)
    house.tell(press("a", severity=Severity.CRITICAL))
    house.wait(HEARTBEAT_SECONDS)


async def test_screen_that_does_not_read_is_told_to_start_again_and_holds_up_nobody(house: House) -> None:
    """Its queue is bounded, its neighbour hears everything."""
    slow, quick = await house.watching(), await house.watching(session="s2")
    heard = []
    for number in range(1_500):
        house.tell(press(f"a-{number}"))
        heard += await quick.alerts()

    events = await slow.read()
    assert len(heard) == 1_500
    assert events[0].name == "reset"
    assert events[0].data == {"reason": "overflow"}
    assert [event.data["up"][0]["id"] for event in events[1:]][-1] == "a-1499"
    house.hub.leave(slow.subscriber)
    assert house.hub.resets == 1


async def test_only_an_open_police_screen_that_sees_the_school_has_seen_a_press(house: House) -> None:
    """A lamp beside the button must not say that somebody sees it when nobody does."""
    assert not house.hub.police_watch(FIRST)
    house.join("education_officer")
    house.join("school_director")
    assert not house.hub.police_watch(FIRST)
    screen = house.join("police_liaison")
    assert house.hub.police_watch(FIRST)
    assert not house.hub.police_watch(THIRD)
    house.hub.close_session("s1")
    assert not house.hub.police_watch(FIRST)
    del screen
