"""The host beside other servers: it takes its share, asks the journal before it claims a loss, and follows."""

from contract.identity import DeviceId, EpochId, Lane, PressId
from contract.records import Clear, encode_record
from server.core.events import GatewayHeard, PressArrived, PressCleared, PressStored, ReadingsArrived
from server.ingest.model import (
    Committed,
    Fate,
    Finish,
    FollowedBatch,
    FollowedEvents,
    LookUp,
    Origin,
    SendReceipt,
    SharesChanged,
    What,
    Write,
)
from server.ingest.shares import share_of
from server.journal.model import AlarmEvent, Fence, JournaledBatch, Outcome, Written
from tests.ingest.hosting import (
    EPOCH,
    G,
    Hosting,
    alarms,
    heartbeat,
    of,
    press,
    press_id,
    reading,
    receipts,
    telemetry,
    told,
)

OWN = {share_of(G): 5}


def followed(lane: Lane, body: bytes, new_from: int = 1) -> FollowedBatch:
    """Make a batch that another server committed."""
    return FollowedBatch(JournaledBatch(1, G, EPOCH, lane, 1, 90_000, body, new_from))


def test_telemetry_of_another_servers_share_is_a_sign_of_life_and_nothing_else() -> None:
    hosting = Hosting()
    hosting.say(SharesChanged({(share_of(G) + 1) % 64: 5}))

    effects = hosting.arrives("up/t", telemetry(1, reading()))

    assert [type(one.event) for one in effects] == [GatewayHeard]  # type: ignore[union-attr]
    assert hosting.fate(What.TELEMETRY, Fate.ELSEWHERE) == 1
    received, accounted = hosting.balance()
    assert received == accounted


def test_a_request_is_answered_by_whoever_got_it() -> None:
    hosting = Hosting()
    hosting.say(SharesChanged({}))

    [write] = of(hosting.arrives("up/t", telemetry(1, reading()), origin=Origin("https", 7)), Write)

    assert write.pending.batch.fence is None


def test_alarms_are_everybodys() -> None:
    hosting = Hosting()
    hosting.say(SharesChanged({}))

    assert told(hosting.done("up/a", alarms(1, press())), PressArrived)
    assert receipts(hosting.effects)[-1].c == {"a": 1}


def test_telemetry_is_written_by_the_right_of_its_share() -> None:
    hosting = Hosting()
    hosting.say(SharesChanged(OWN))

    [write] = of(hosting.arrives("up/t", telemetry(1, reading())), Write)

    assert write.pending.batch.fence == Fence(share_of(G), 5)


def test_whoever_has_lost_the_share_says_nothing() -> None:
    """A server that was stopped and goes on must not receipt what it did not commit."""
    hosting = Hosting()
    hosting.say(SharesChanged(OWN))
    hosting.arrives("up/t", telemetry(1, reading()))

    effects = hosting.say(Committed(hosting.waiting, [Written(Outcome.FENCED, 0)]))

    assert effects == []
    assert hosting.fate(What.TELEMETRY, Fate.ELSEWHERE) == 1
    assert hosting.host.tally.pending == 0


def test_the_journal_is_asked_before_a_loss_is_claimed() -> None:
    """What another server committed is no loss, and nothing is asked for again."""
    hosting = Hosting()
    hosting.journal.cursors[G, EPOCH, Lane.ALARM] = 4
    hosting.journal.cursors[G, EPOCH, Lane.TELEMETRY] = 9

    effects = hosting.arrives("hb", heartbeat(hi={"a": 4, "t": 9}, lo={"a": 4, "t": 9}))

    assert of(effects, LookUp)
    [receipt] = receipts(effects)
    assert (receipt.c, receipt.rs) == ({"a": 4, "t": 9}, {})
    assert hosting.host.tally.lost_commits == 0


def test_a_look_up_that_is_not_answered_claims_nothing() -> None:
    hosting = Hosting(silent=True)

    [receipt] = receipts(hosting.arrives("hb", heartbeat(hi={"a": 4}, lo={"a": 4})))

    assert receipt.rs == {}


def test_readings_that_another_server_committed_are_told_once() -> None:
    """Records that an earlier batch had brought are left out, and our own cursor knows how far the lane is."""
    hosting = Hosting()

    effects = hosting.say(followed(Lane.TELEMETRY, telemetry(1, reading(), reading(t=2_000)), new_from=2))

    [event] = told(effects, ReadingsArrived)
    assert (list(event.positions), [one.t for one in event.readings], event.rx) == ([2], [2_000], 90.0)
    [receipt] = receipts(hosting.arrives("hb", heartbeat(hi={"t": 2}, lo={"t": 2})))
    assert receipt.c["t"] == 2


def test_a_press_that_another_server_committed_is_shown_as_stored() -> None:
    hosting = Hosting()
    clear = Clear(press_id(1), "sos-1", 2_000)

    effects = hosting.say(followed(Lane.ALARM, alarms(1, press(), clear)))

    [shown] = told(effects, PressArrived)
    assert shown.stored
    assert told(effects, PressCleared)
    assert not told(hosting.arrives("up/a", alarms(1, press())), PressArrived), "it is told once"


def test_a_press_we_show_already_is_confirmed_when_another_server_stores_it() -> None:
    hosting = Hosting()
    hosting.arrives("up/a", alarms(1, press()))

    effects = hosting.say(followed(Lane.ALARM, alarms(1, press())))

    assert [event.id for event in told(effects, PressStored)] == [press_id(1)]
    assert not told(effects, PressArrived)


def test_events_that_came_by_no_batch_are_followed_once() -> None:
    hosting = Hosting()
    event = AlarmEvent(PressId(press_id(3)), "press", G, DeviceId("sos-1"), 1_000, 90_000, encode_record(press(3)))

    assert [one.id for one in told(hosting.say(FollowedEvents([event])), PressArrived)] == [press_id(3)]
    assert hosting.say(FollowedEvents([event])) == []


def test_a_batch_of_a_newer_server_that_we_cannot_read_is_counted() -> None:
    hosting = Hosting()

    assert hosting.say(followed(Lane.TELEMETRY, b'{"v":9}')) == []
    assert hosting.host.tally.reasons == {"wrong_version": 1}


def test_receipts_answer_only_the_lanes_of_an_epoch() -> None:
    """Two epochs of one gateway are looked up apart."""
    hosting = Hosting()
    later = EpochId("000009abcd")
    hosting.journal.cursors[G, later, Lane.ALARM] = 2

    effects = hosting.arrives("hb", heartbeat(epoch=later, hi={"a": 2}, lo={"a": 2}))

    [answer] = of(effects, SendReceipt)
    assert (answer.receipt.ep, answer.receipt.c["a"], answer.receipt.rs) == (later, 2, {})


def test_a_request_waits_for_the_journals_word() -> None:
    """A school that has HTTPS alone gets its receipt in the answer, also when the journal is asked first."""
    hosting = Hosting()

    effects = hosting.arrives("hb", heartbeat(hi={"a": 4}, lo={"a": 4}), origin=Origin("https", 3))

    order = [type(effect) for effect in effects if isinstance(effect, LookUp | SendReceipt | Finish)]
    assert order == [LookUp, SendReceipt, Finish]
