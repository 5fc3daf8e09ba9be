"""After a start the journal tells of the time before: what was live is so once its gateway is heard, and nothing sooner."""

from collections.abc import Mapping, Sequence

from contract.identity import DeviceId, EpochId
from contract.messages import Birth
from contract.records import Reading, Value
from server.core.effects import GuardSeen
from server.core.events import (
    BirthArrived,
    CheckInArrived,
    GatewayLinkChanged,
    GuardsRestored,
    ReadingsArrived,
    RecallBegan,
    Recalled,
    RecallEnded,
)
from server.core.liveness import BRIDGED_SECONDS, RECORDS_APART_SECONDS, DeviceState, GatewayState
from tests.core.talking import KINDS_OF_A_SCHOOL, NOON, Talk, gateway_of, school, talking

EPOCH = EpochId("0000000001")
WELL: Mapping[str, Mapping[str, Value]] = {
    "btn-1": {"loop": "closed"},
    "host": {"online": True},
    "cam-1": {"online": True},
    "bar-1": {"position": "up"},
    "gate-1": {"open": False},
    "post-1": {"on_duty": 2},
    "nvr": {"online": True},
}
KILLED = NOON  # The journal's newest batch; the server came back ten seconds later.
BACK = NOON + 10


def before(at: float, told: Mapping[str, Mapping[str, Value]] = WELL, position: int | None = None) -> Recalled:
    """Make what the journal says of one batch received before the kill."""
    readings = [Reading(name, int(at * 1_000), dict(metrics)) for name, metrics in told.items()]
    first = int(at - KILLED + 100_000) * 100 if position is None else position
    return Recalled(gateway_of(1), EPOCH, at, KILLED, range(first, first + len(readings)), readings)


def recall(talk: Talk, *batches: Recalled, now: float = BACK, offline: Sequence[str] = ()) -> None:
    """Tell the whole of it, and let time pass until nothing is left over."""
    talk.say(RecallBegan([(gateway_of(1), DeviceId(name)) for name in offline]), now)
    for batch in sorted(batches, key=lambda one: -one.rx):
        talk.say(batch, now)
    talk.say(RecallEnded(), now)
    settle(talk, now)


def settle(talk: Talk, now: float) -> None:
    """Tick as often as the engine asks for."""
    talk.tick(now)
    while talk.engine.behind(now):
        talk.tick(now)


def linked(talk: Talk, now: float) -> None:
    """Hear the broker say that the gateway's connection stands."""
    talk.say(GatewayLinkChanged(gateway_of(1), on=True, path="mqtt-1", rx=now), now)


def device(talk: Talk, name: str) -> DeviceState:
    """Find a device of the school."""
    found = talk.engine.device(gateway_of(1), name)
    assert found is not None
    return found


def gateway(talk: Talk) -> GatewayState:
    """Find its gateway."""
    found = talk.engine.gateway(gateway_of(1))
    assert found is not None
    return found


def started() -> Talk:
    """Start the server anew."""
    return talking(now=BACK)


def test_nothing_is_live_before_its_gateway_is_heard() -> None:
    talk = started()
    recall(talk, before(KILLED - 1))
    talk.tick(BACK + 5)
    assert gateway(talk).liveness == "unknown"
    assert {device(talk, name).liveness for name in WELL} == {"unknown"}


def test_devices_are_live_with_their_true_times_once_their_gateway_is_heard() -> None:
    """In either order: the broker's word may come before the journal's, or after it."""
    for link_first in (True, False):
        talk = started()
        if link_first:
            linked(talk, BACK)
        recall(talk, before(KILLED - 30))
        if not link_first:
            linked(talk, BACK)
            settle(talk, BACK)
        assert {name: device(talk, name).liveness for name in WELL} == dict.fromkeys(WELL, "live")
        assert {device(talk, name).last_rx for name in WELL} == {KILLED - 30}
        assert gateway(talk).live == len(WELL)


def test_our_absence_counts_for_a_devices_own_silence() -> None:
    """Heard 170 s ago with 180 s allowed: live for ten seconds more, then unknown, and offline only after we listened."""
    talk = started()
    linked(talk, BACK)
    recall(talk, before(BACK - 170, {"cam-1": {"online": True}}), before(KILLED), before(KILLED - 80))
    late = talking(now=BACK)
    linked(late, BACK)
    recall(late, before(BACK - 170, {"cam-1": {"online": True}}), before(BACK - 90, {"nvr": {"online": True}}),
           before(KILLED, {"nvr": {"online": True}}))  # fmt: skip
    camera = device(late, "cam-1")
    assert camera.liveness == "live"
    for seconds in range(1, 200):
        late.heard(BACK + seconds)
        late.tick(BACK + seconds)
        expected = "live" if seconds < 10 else "unknown" if seconds < 180 else "offline"
        assert camera.liveness == expected, seconds


def test_a_device_that_was_silent_for_too_long_already_is_offline_and_never_live() -> None:
    talk = started()
    linked(talk, BACK)
    others = {name: metrics for name, metrics in WELL.items() if name != "cam-1"}
    recall(talk, *(before(KILLED - age, others) for age in range(0, 400, 40)), before(KILLED - 400))
    assert device(talk, "cam-1").liveness == "offline"
    assert device(talk, "cam-2").liveness == "offline"  # Not heard at all in longer than it may be silent.
    assert device(talk, "host").liveness == "live"
    talk.position = 100_000_000
    talk.read("cam-1", BACK + 5, online=True)
    assert device(talk, "cam-1").liveness == "live"


def test_what_was_not_read_far_enough_back_to_be_known_is_unknown() -> None:
    talk = started()
    linked(talk, BACK)
    others = {name: metrics for name, metrics in WELL.items() if name != "cam-1"}
    recall(talk, *(before(KILLED - age, others) for age in range(0, 170, 40)))
    assert device(talk, "cam-1").liveness == "unknown"


def test_a_device_reported_as_lost_stays_offline_although_it_was_heard() -> None:
    talk = started()
    linked(talk, BACK)
    recall(talk, before(KILLED), offline=["cam-1", "host"])
    assert device(talk, "cam-1").liveness == "offline"
    assert device(talk, "host").liveness == "offline"


def test_a_device_whose_host_says_that_it_is_gone_is_offline_at_once() -> None:
    talk = started()
    recall(talk, before(KILLED, {**WELL, "cam-1": {"online": False}}))
    linked(talk, BACK)
    settle(talk, BACK)
    assert device(talk, "cam-1").liveness == "offline"


def test_a_gateway_that_was_silent_before_we_went_away_vouches_for_nothing() -> None:
    talk = started()
    linked(talk, BACK)
    recall(talk, before(KILLED - RECORDS_APART_SECONDS - 1))
    assert gateway(talk).liveness == "live"
    assert {device(talk, name).liveness for name in WELL} == {"unknown"}
    assert device(talk, "gate-1").value("open") is False  # What was told is still the latest that was told.


def test_after_a_long_absence_nobody_knows_what_happened() -> None:
    talk = talking(now=KILLED + BRIDGED_SECONDS)
    recall(talk, before(KILLED), now=KILLED + BRIDGED_SECONDS)
    linked(talk, KILLED + BRIDGED_SECONDS)
    settle(talk, KILLED + BRIDGED_SECONDS)
    assert {device(talk, name).liveness for name in WELL} == {"unknown"}


def test_devices_heard_only_before_an_earlier_break_are_unknown() -> None:
    """The gateway was away for two minutes before: what was heard earlier is no proof of now."""
    talk = started()
    early = ({"btn-1": {"loop": "closed"}}, {"host": {"online": True}})
    recall(talk, before(KILLED, {"nvr": {"online": True}}), before(KILLED - 120, early[0]), before(KILLED - 125, early[1]))
    linked(talk, BACK)
    settle(talk, BACK)
    assert device(talk, "nvr").liveness == "live"
    assert device(talk, "btn-1").liveness == "unknown"
    assert device(talk, "host").liveness == "unknown"


def test_a_gateway_lost_after_the_start_is_as_any_other() -> None:
    """What the journal said of before does not bring its devices back a second time."""
    talk = started()
    linked(talk, BACK)
    recall(talk, before(KILLED))
    talk.say(GatewayLinkChanged(gateway_of(1), on=False, path="mqtt-1", rx=BACK + 1), BACK + 1)
    assert device(talk, "cam-1").liveness == "unknown"
    linked(talk, BACK + 2)
    settle(talk, BACK + 2)
    assert {device(talk, name).liveness for name in WELL} == {"unknown"}


def test_a_birth_out_of_the_brokers_memory_is_no_sign_of_life() -> None:
    talk = started()
    recall(talk, before(KILLED))
    talk.say(BirthArrived(Birth(1, gateway_of(1), EPOCH, "b", []), BACK), BACK)
    settle(talk, BACK)
    assert gateway(talk).liveness == "unknown"


def test_what_is_heard_since_the_start_is_newer_than_what_is_read_back() -> None:
    talk = started()
    linked(talk, BACK)
    talk.position = 100_000_000
    talk.read("gate-1", BACK + 1, open=True)
    recall(talk, before(KILLED), now=BACK + 2)
    gate = device(talk, "gate-1")
    assert (gate.value("open"), gate.last_rx, gate.changed["open"]) == (True, BACK + 1, BACK + 1)


def test_a_change_is_dated_back_as_far_as_the_value_was_the_same() -> None:
    """A gate that stood open before the restart has not been opened by it."""
    talk = started()
    opened = {"gate-1": {"open": True}}
    linked(talk, BACK)
    recall(talk, before(KILLED - 40), *(before(KILLED - age, opened) for age in (0, 10, 20)), before(KILLED - 60, opened))
    assert device(talk, "gate-1").changed["open"] == KILLED - 20


def test_a_change_heard_while_reading_back_is_not_dated_back() -> None:
    talk = started()
    linked(talk, BACK)
    talk.say(RecallBegan(()), BACK)
    talk.position = 100_000_000
    for seconds, value in ((1, True), (2, False), (3, True)):
        talk.say(read_live("gate-1", BACK + seconds, value, talk), BACK + seconds)
    talk.say(before(KILLED, {"gate-1": {"open": True}}), BACK + 4)
    assert device(talk, "gate-1").changed["open"] == BACK + 3


def read_live(name: str, at: float, value: bool, talk: Talk) -> Recalled:
    """Hear a gate's reading as it comes."""
    talk.read(name, at, open=value)
    return before(KILLED - 1, {})


def test_guards_are_on_post_again() -> None:
    talk = started()
    told = CheckInArrived("c", gateway_of(1), DeviceId("post-1"), KILLED - 50, KILLED - 49, "g-7", "in")
    batch = before(KILLED)
    recall(talk, Recalled(batch.gateway, EPOCH, KILLED, KILLED, batch.positions, batch.readings, [told]))
    home = device(talk, "post-1").home
    assert home is not None
    assert home.checked_in(BACK) == 1
    assert home.guard_seen == KILLED


def told_by(number: int, seconds: int) -> dict[str, dict[str, Value]]:
    """Say what the devices of a school tell at an instant: its host, its post, its gate or its gateway may have trouble."""
    told = {name: dict(metrics) for name, metrics in WELL.items()}
    told["host"]["police_ack"] = int(NOON * 1_000)
    if number == 2 and seconds > -400:
        del told["host"]
    if number == 3 and seconds > -690:
        del told["post-1"]
    if number == 4 and seconds > -600:
        told["gate-1"] = {"open": True}
    return told if number < 5 or seconds <= -300 else {}


def test_the_figures_after_the_restart_are_those_from_before() -> None:
    """Every verdict of every school, whatever its devices did; a lost gateway and silent devices among them."""
    schools = [school(number) for number in range(1, 6)]
    talk = talking(*schools, now=NOON - 720)
    batches: list[Recalled] = []
    for seconds in range(-720, 1, 30):
        at = NOON + seconds
        for number in range(1, 6):
            readings = [Reading(name, int(at * 1_000), dict(metrics)) for name, metrics in told_by(number, seconds).items()]
            if readings:
                positions = range((seconds + 1_000) * 100, (seconds + 1_000) * 100 + len(readings))
                talk.say(ReadingsArrived(gateway_of(number), EPOCH, at, positions, readings), at)
                batches.append(Recalled(gateway_of(number), EPOCH, at, KILLED, positions, readings))
        for second in range(30 if seconds else 1):
            settle(talk, at + second)

    fresh = talk.restarted(BACK)
    recall(fresh, *batches)
    for number in range(1, 5):
        fresh.heard(BACK + 1, school_number=number)
    settle(fresh, BACK + 2)

    for number, each in enumerate(schools, start=1):
        was, now = talk.engine.verdicts(each.id), fresh.engine.verdicts(each.id)
        assert [pair[1].judgement for pair in now.values()] == [pair[1].judgement for pair in was.values()], number
        for name in KINDS_OF_A_SCHOOL:
            old, new = (one.engine.device(gateway_of(number), name) for one in (talk, fresh))
            assert new is not None
            assert old is not None
            assert (new.liveness, new.last_rx) == (old.liveness, old.last_rx), (number, name)
    assert device(fresh, "cam-1").liveness == "live"
    assert fresh.engine.device(gateway_of(2), "host").liveness == "offline"  # type: ignore[union-attr]  # It is in the roster.
    assert fresh.engine.device(gateway_of(3), "post-1").liveness == "offline"  # type: ignore[union-attr]  # As above.
    assert fresh.engine.gateway(gateway_of(5)).liveness == "offline"  # type: ignore[union-attr]  # As above.


def test_a_week_of_guards_and_of_listening_is_not_forgotten() -> None:
    """The figure of full rolls asks for a week: after a restart it is as before, not unknown for another week."""
    day = 86_400.0
    talk = talking(now=NOON - 8 * day)
    told = [
        CheckInArrived(f"c-{guard}", gateway_of(1), DeviceId("post-1"), at, at, guard, "in")
        for guard, at in (("g-1", NOON - 2 * day), ("g-2", NOON - 3 * day))
    ]
    kept = [effect for each in told for effect in talk.say(each, each.rx) if isinstance(effect, GuardSeen)]
    settle(talk, NOON)
    fresh = talk.restarted(BACK)
    assert live_quota(fresh) == "unknown"

    fresh.say(GuardsRestored(sorted(kept, key=lambda one: one.at), NOON - 8 * day), BACK)
    settle(fresh, BACK)
    assert (live_quota(fresh), live_quota(talk)) == ("met", "met")

    nobody = talk.restarted(BACK)
    nobody.say(GuardsRestored((), NOON - 8 * day), BACK)
    settle(nobody, BACK)
    assert live_quota(nobody) == "not_met"  # We have listened for a week, and nobody came.


def live_quota(talk: Talk) -> str:
    """Give the live verdict on the school's roll."""
    return talk.engine.verdicts(school().id)["t4_quota"][1].judgement.value


def test_a_reader_that_counts_guards_is_kept_now_and_then() -> None:
    talk = talking(now=NOON)
    kept = []
    for seconds, count in ((0, 1), (60, 2), (700, 1), (701, 0)):
        told = talk.read("post-1", NOON + seconds, on_duty=count)
        kept += [(effect.at - NOON, effect.guard) for effect in told if isinstance(effect, GuardSeen)]
    assert kept == [(0, ""), (700, "")]
