"""Presses by Sparkplug's alarm metrics: each once, whatever is repeated, split, lost, reordered, drained or restarted."""

import random
from itertools import combinations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.identity import parse_press_id
from server.ingest.doors.sparkplug.adapter import Stored
from server.ingest.doors.sparkplug.address import Node
from server.ingest.doors.sparkplug.alarms import AlarmTold, Watch
from server.ingest.doors.sparkplug.model import Memory
from server.ingest.doors.sparkplug.records import press_id
from tests.sparkplug.nodes import ALARM_BIRTH, MS, NOW, Bench, Edge, metric, pressed


@pytest.fixture
def bench() -> Bench:
    """Give an adapter that is connected."""
    return Bench().connect()


def button(bench: Bench, edge: Edge, *metrics: dict[str, object]) -> None:
    """Let a node with a button be born."""
    bench.hear(edge.birth(), edge.device_birth("Button 1", *(metrics or ALARM_BIRTH)))


def test_a_press_is_told_at_once_and_its_clear_bears_its_id(bench: Bench) -> None:
    """Without waiting for a tick, and on the alarm lane alone."""
    edge = Edge()
    button(bench, edge)
    bench.hear(edge.data("Button 1", *pressed("e-1", 1)))
    [press] = bench.presses()
    assert (press.d, press.t, press.n, press.mode) == ("button-1", MS, 1, "real")
    assert press.id == press_id(Node("G1", "Node-1"), "Button 1", "event e-1") == parse_press_id(press.id)
    bench.hear(edge.data("Button 1", metric("Alarm/Active", False)))

    assert [clear.id for clear in bench.clears()] == [press.id]
    assert [batch.grade for batch in bench.batches("a")] == ["telemetry", "telemetry"]


def test_a_press_is_one_however_often_it_is_told(bench: Bench) -> None:
    """Again in data, in a rebirth, and after a restart of ours that remembers nothing: the same id for ever."""
    edge = Edge()
    button(bench, edge)
    for _ in range(3):
        bench.hear(edge.data("Button 1", *pressed("e-1", 1)))
    button(bench, edge, *pressed("e-1", 1))
    [press] = bench.presses()
    again = Bench().connect()
    button(again, edge, *pressed("e-1", 1))

    assert [one.id for one in again.presses()] == [press.id]


def test_a_press_that_came_and_went_in_one_message_is_a_press_and_a_clear(bench: Bench) -> None:
    edge = Edge()
    button(bench, edge)
    bench.hear(edge.data("Button 1", *pressed("e-1", 1, active=False)))

    assert [one.id for one in bench.presses()] == [one.id for one in bench.clears()]


def test_an_old_alarm_that_no_longer_stands_is_no_press_at_the_first_birth(bench: Bench) -> None:
    """A device tells its last event id for ever."""
    button(bench, Edge(), *pressed("e-1", 1, active=False))

    assert bench.presses() == []


def test_a_press_that_came_and_went_while_the_node_was_away_is_told_by_the_next_birth(bench: Bench) -> None:
    edge = Edge()
    button(bench, edge)
    bench.hear(edge.data("Button 1", *pressed("e-1", 1, active=False)), edge.death())
    button(bench, Edge(bd_seq=1), *pressed("e-2", 2, active=False))

    assert [one.n for one in bench.presses()] == [1, 2]


def test_a_press_that_a_node_kept_while_it_was_cut_off_is_told_late_and_once(bench: Bench) -> None:
    """The birth already says that it is over; the history says that it was."""
    edge = Edge()
    button(bench, edge, *pressed("e-1", 1, active=False))
    then = MS - 3_600_000
    history = pressed("e-1", 1, timestamp=then, is_historical=True)
    over = pressed("e-1", 1, active=False, timestamp=then + 60_000, is_historical=True)
    bench.hear(edge.data("Button 1", *history, *over), edge.data("Button 1", *history, *over))
    [press] = bench.presses()

    assert (press.t, press.q) == (then, 1)
    assert [(clear.id, clear.t) for clear in bench.clears()] == [(press.id, then + 60_000)]


def test_a_second_press_with_the_same_event_id_after_a_clear_is_not_hidden(bench: Bench) -> None:
    """A device that does not renew its event id is at fault; the press is real all the same."""
    edge = Edge()
    button(bench, edge)
    bench.hear(edge.data("Button 1", *pressed("e-1", 1)), edge.data("Button 1", metric("Alarm/Active", False)))
    bench.hear(edge.data("Button 1", *(one | {"timestamp": MS + 60_000} for one in pressed("e-1", 1))))

    assert len({one.id for one in bench.presses()}) == 2


def test_presses_without_event_ids_are_told_by_edge_or_counter(bench: Bench) -> None:
    edge = Edge()
    button(bench, edge, metric("Alarm/Active", False), metric("Alarm/PressCount", 3))
    at: list[dict[str, Any]] = [{"timestamp": MS + 60_000 * number} for number in range(5)]
    bench.hear(edge.data("Button 1", metric("Alarm/PressCount", 4, **at[1])))
    bench.hear(edge.data("Button 1", metric("Alarm/PressCount", 7, **at[2])))
    bench.hear(edge.data("Button 1", metric("Alarm/PressCount", 0, **at[3])))
    bench.hear(edge.data("Button 1", metric("Alarm/PressCount", 4, **at[4])))

    assert [(one.n, one.repeats) for one in bench.presses()] == [(4, 0), (7, 2), (4, 3)]
    assert len({one.id for one in bench.presses()}) == 3


PARTS = ("active", "event", "count")


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_press_told_in_pieces_is_one(size: int) -> None:
    """Three metrics in any order, one by one or together, within two seconds."""
    told = {"active": True, "event": "e-1", "count": 1}
    for first in combinations(PARTS, size):
        rest = [part for part in PARTS if part not in first]
        watch = Watch(active=False, event="", count=0)
        alarms = watch.live(AlarmTold(MS, **{part: told[part] for part in first}))  # type: ignore[arg-type]
        for place, part in enumerate(rest, 1):
            alarms += watch.live(AlarmTold(MS + 100 * place, **{part: told[part]}))  # type: ignore[arg-type]

        assert [one.what for one in alarms] == ["press"], first


def test_an_alarm_does_not_wait_for_a_missing_message_nor_for_a_rebirth(bench: Bench) -> None:
    edge = Edge()
    button(bench, edge)
    edge.skip()
    bench.hear(edge.data("Button 1", *pressed("e-1", 1)))
    assert len(bench.presses()) == 1
    bench.wait(5)
    assert bench.rebirths() == 1
    bench.hear(edge.data("Button 1", *pressed("e-2", 2)))

    assert len(bench.presses()) == 2


def test_an_alarm_by_alias_does_not_wait_for_a_rebirth_either(bench: Bench) -> None:
    edge = Edge()
    aliased = (metric("Alarm/Active", False, alias=1), metric("Alarm/EventId", "", alias=2))
    bench.hear(edge.birth(), edge.device_birth("Button 1", *aliased))
    edge.skip()
    bench.hear(edge.data("Button 1", metric(alias=1, value=True, typed=False), metric(alias=2, value="e-1", typed=False)))
    bench.wait(5)
    assert len(bench.presses()) == 1
    late = [one | {"timestamp": MS + 9_000} for one in (metric(alias=1, value=True), metric(alias=2, value="e-2"))]
    bench.hear(edge.data("Button 1", *late))  # The gap is still open: nobody has answered the rebirth.

    assert len(bench.presses()) == 2


def test_an_alarm_of_an_unborn_button_is_told_when_its_birth_explains_it(bench: Bench) -> None:
    edge = Edge(seq=4)
    bench.hear(edge.data("Button 1", metric(alias=1, value=True), metric(alias=2, value="e-1")))
    assert bench.presses() == []
    aliased = (metric("Alarm/Active", False, alias=1), metric("Alarm/EventId", "e-1", alias=2))
    bench.hear(edge.birth(), edge.device_birth("Button 1", *aliased))

    assert len(bench.presses()) == 1


def test_two_buttons_with_one_event_id_are_two_presses(bench: Bench) -> None:
    """Counters that begin at one everywhere must not hide each other."""
    edge = Edge()
    button(bench, edge)
    bench.hear(edge.device_birth("Button 2", *ALARM_BIRTH))
    bench.hear(edge.data("Button 1", *pressed("1", 1)), edge.data("Button 2", *pressed("1", 1)))

    assert len({one.id for one in bench.presses()}) == 2


def test_a_restart_of_ours_repeats_no_press_that_stands(bench: Bench) -> None:
    """Not even one without an event id, which a birth would tell anew."""
    edge = Edge()
    button(bench, edge, metric("Alarm/Active", False))
    bench.hear(edge.data("Button 1", metric("Alarm/Active", True)))
    [snapshot] = bench.adapter.snapshots()
    assert snapshot.body is not None
    again = Bench(now=NOW + 20)
    again.restore([Stored(snapshot.node, msgspec.json.decode(snapshot.body, type=Memory), snapshot.seq, NOW)])
    again.connect()
    button(again, edge, metric("Alarm/Active", True, timestamp=MS + 20_000))

    assert (len(bench.presses()), again.presses()) == (1, [])


def test_an_alarm_that_cannot_be_read_rings_for_the_operators(bench: Bench) -> None:
    """As on every alarm lane: the bytes go where they are buried and told."""
    edge = Edge()
    button(bench, edge)
    bench.effects.clear()
    bench.hear((edge.topic("DDATA", "Button 1"), b"\xff\xff\xff"), (edge.topic("DDATA", "Cam"), b"\xff\xff\xff"))

    assert [(one.leaf, one.payload) for one in bench.delivered()] == [("up/a", b"\xff\xff\xff")]
    assert len(bench.buried()) == 1


def test_an_alarm_of_a_node_that_is_refused_rings_for_the_operators(bench: Bench) -> None:
    button(bench, Edge(name="Node-1"))
    other = Edge(name="node 1")
    bench.effects.clear()
    bench.hear(other.birth(), other.data("Button 1", *pressed("e-1", 1)))

    assert [one.leaf for one in bench.delivered()] == ["up/a"]


def test_presses_are_offered_at_once_while_the_journal_is_down(bench: Bench) -> None:
    """The host shows each as it comes; the positions are offered again until they are in."""
    edge = Edge()
    button(bench, edge)
    bench.fate = "failed"
    for number in range(1, 4):
        bench.hear(edge.data("Button 1", *pressed(f"e-{number}", number)))
    assert {one.n for one in bench.presses()} == {1, 2, 3}
    bench.effects.clear()
    bench.fate = "applied"
    bench.wait(3)

    assert [one.n for one in bench.presses()] == [1, 2, 3]
    assert bench.batches("a")[0].first_position == 1


@given(st.lists(st.tuples(st.integers(1, 6), st.booleans()), max_size=25), st.integers(0, 2**32))
def test_every_event_is_pressed_once_in_whatever_order_the_broker_gives_it(story: list[tuple[int, bool]], seed: int) -> None:
    """Events with ids, told again and again, reordered and repeated: one press id for each."""
    edge, bench = Edge(), Bench().connect()
    button(bench, edge)
    told = []
    active_events: set[int] = set()
    for place, (event, repeated) in enumerate(story):
        message = edge.data(
            "Button 1", *(one | {"timestamp": MS + 5_000 * (place + 1)} for one in pressed(f"e-{event}", event))
        )
        active_events.add(event)
        told += [message, message] if repeated else [message]
    random.Random(seed).shuffle(told)
    bench.hear(*told)
    bench.wait(6)
    ids = [one.id for one in bench.presses()]
    wanted = {press_id(Node("G1", "Node-1"), "Button 1", f"event e-{event}") for event in active_events}

    assert wanted <= set(ids)
