"""What holds whatever comes: fates add up, presses are shown once, receipts name only what is committed."""

import zlib
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.identity import DeviceId, EpochId, GatewayId, Lane
from contract.messages import OpenPress
from server.core.events import PressArrived, PressStored, ReadingsArrived
from server.ingest.model import Arrived, Fate, Finish, Origin, RosterChanged, What
from tests.ingest.hosting import G, Hosting, alarms, heartbeat, of, press, press_id, reading, receipts, telemetry, told

OTHER = GatewayId("gw-0002")
LEAVES = ["up/a", "up/t", "hb", "birth", "birth/3", "link", "rep", "now", "up/x", "cmd", ""]
GATEWAYS = [G, OTHER, "gw-unlisted", "NOT A NAME", ""]

numbers = st.integers(1, 6)
good_telemetry = st.builds(
    lambda first, count, gateway: telemetry(first, *[reading(t=first)] * count, gateway=gateway),
    numbers,
    numbers,
    st.sampled_from([G, OTHER]),
)
good_alarms = st.builds(
    lambda first, names, gateway: alarms(first, *[press(name) for name in names], gateway=gateway),
    numbers,
    st.lists(numbers, min_size=1, max_size=3),
    st.sampled_from([G, OTHER]),
)
good_beats = st.builds(
    lambda hi, names, s: heartbeat(hi={"a": hi}, presses=[OpenPress(press_id(name), "sos-1", 1_000) for name in names], s=s),
    st.integers(0, 9),
    st.lists(numbers, max_size=3),
    st.sampled_from([1_500, 90_000]),
)
cut = st.builds(lambda payload, at: payload[: at % (len(payload) + 1)], good_telemetry | good_alarms, st.integers(0, 400))
payloads = good_telemetry | good_alarms | good_beats | cut | st.binary(max_size=60) | st.builds(zlib.compress, st.binary())
messages = st.builds(
    lambda gateway, leaf, payload, request: Arrived(Origin(f"door-{request % 2}", request), gateway, leaf, payload),
    st.sampled_from(GATEWAYS),
    st.sampled_from(LEAVES),
    payloads,
    st.integers(0, 3),
)
honest = st.one_of(
    st.builds(lambda payload: Arrived(Origin("d"), G, "up/t", payload), good_telemetry),
    st.builds(lambda payload: Arrived(Origin("d"), G, "up/a", payload), good_alarms),
    st.builds(lambda payload: Arrived(Origin("d"), G, "hb", payload), good_beats),
)
steps = st.lists(st.one_of(messages, honest, st.sampled_from(["commit", "fail"])), max_size=40)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps, roster=st.booleans())
def test_every_message_ends_in_exactly_one_fate(steps: list[Arrived | str], roster: bool) -> None:
    """After every step, what came equals what has a fate or is still in the journal's hands; nothing ever raises."""
    hosting = Hosting()
    if roster:
        hosting.say(RosterChanged({G: {DeviceId("cam-1"): "camera"}, OTHER: {}}))
    for step in steps:
        _take(hosting, step)

        received, accounted = hosting.balance()
        assert received == accounted
    hosting.commit()
    tally = hosting.host.tally
    assert (tally.pending, tally.pending_bytes) == (0, 0)
    assert sum(tally.received.values()) == sum(tally.fates.values())
    requests = Counter(effect.origin for effect in of(hosting.effects, Finish) if effect.origin.request)
    asked = Counter(step.origin for step in steps if isinstance(step, Arrived) and step.origin.request)
    assert requests == asked  # Every request that a door holds open is answered, once.


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps)
def test_presses_are_shown_once_and_receipts_name_only_what_is_committed(steps: list[Arrived | str]) -> None:
    """No press rings twice or is confirmed twice; no receipt, whatever went before, says more than the journal holds.

    The gateways of these steps use each other's ids, and none hides a press of the other.
    """
    hosting = Hosting()
    for step in [*steps, "commit"]:
        before = len(hosting.effects)
        _take(hosting, step)

        for receipt in receipts(hosting.effects[before:]):
            for lane, position in receipt.c.items():
                held = [hosting.journal.cursors.get((g, EpochId(receipt.ep), Lane(lane)), 0) for g in (G, OTHER)]
                assert position <= max(held)
            held_ids = {name for name, kind, _, _ in hosting.journal.events if kind == "press"}
            assert set(receipt.ids) <= held_ids
    shown = Counter((event.gateway, event.id) for event in told(hosting.effects, PressArrived))
    stored = Counter((event.gateway, event.id) for event in told(hosting.effects, PressStored))
    assert set(shown.values()) | set(stored.values()) <= {1}
    assert set(stored) <= set(shown)
    assert {(gateway, name) for name, _, _, gateway in hosting.journal.events} <= set(shown)
    positions = Counter(
        (event.gateway, event.epoch, position)
        for event in told(hosting.effects, ReadingsArrived)
        for position in event.positions
    )
    assert set(positions.values()) <= {1}
    assert sum(positions.values()) == hosting.host.tally.readings


def _take(hosting: Hosting, step: Arrived | str) -> None:
    if isinstance(step, Arrived):
        hosting.say(step)
    elif step == "commit":
        hosting.commit()
    elif hosting.waiting:
        failing = len(hosting.waiting)
        before = sum(hosting.fate(what, Fate.FAILED) for what in What)
        hosting.fail()
        assert sum(hosting.fate(what, Fate.FAILED) for what in What) == before + failing
