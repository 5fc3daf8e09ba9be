"""The adapter without sockets: births, data, deaths, order, rebirths, limits, and what a restart of ours remembers."""

import json
import random
from itertools import pairwise

import msgspec
import pytest

from contract.identity import epoch_counter
from contract.records import Hole
from server.ingest.doors.sparkplug.adapter import REBIRTHS_PER_SECOND_MAX, Stored
from server.ingest.doors.sparkplug.effects import Snapshot
from server.ingest.doors.sparkplug.model import Memory
from server.ingest.doors.sparkplug.schema import PayloadMessage
from tests.sparkplug.nodes import MS, NOW, UINT64, Bench, Edge, metric


@pytest.fixture
def bench() -> Bench:
    """Give an adapter that is connected."""
    return Bench().connect()


def born(bench: Bench, edge: Edge) -> None:
    """Let a node with one device be born, by names and aliases."""
    bench.hear(
        edge.birth(metric("CPU", 12, alias=1)),
        edge.device_birth("Cam 1", metric("Temp/Outside", 20.5, alias=10), metric("Online", True, alias=11)),
    )
    bench.wait()
    bench.effects.clear()


def test_a_birth_describes_the_gateway_and_its_values_are_readings(bench: Bench) -> None:
    """Topic names become ids by the default mapping; the grade stands in every batch and in the description."""
    edge = Edge()
    bench.hear(edge.birth(metric("CPU", 12)), edge.device_birth("Cam 1", metric("Temp/Outside", 20.5), metric("N", -3)))
    bench.wait()

    assert [(one.d, one.t, one.m) for one in bench.readings()] == [
        ("gw", MS, {"cpu": 12}),
        ("cam-1", MS, {"temp_outside": 20.5, "n": -3}),
    ]
    assert bench.online() == [("cam-1", True)]
    assert bench.links() == [True]
    [told] = bench.births()
    assert (told.g, told.first_hop, [one.d for one in told.devs]) == ("g1-node-1", "telemetry", ["gw", "cam-1"])
    assert "telemetry grade" in told.sw
    assert told.devs[1].m["temp_outside"] == {"type": "float", "unit": "1"}
    assert {batch.grade for batch in bench.batches("t")} == {"telemetry"}


def test_data_by_alias_alone_are_read_by_the_birth(bench: Bench) -> None:
    edge = Edge()
    born(bench, edge)
    bench.hear(edge.data("Cam 1", metric(alias=10, value=21.5, typed=False)), edge.data("", metric(alias=1, value=13)))
    bench.wait()

    assert [(one.d, one.m) for one in bench.readings()] == [("cam-1", {"temp_outside": 21.5}), ("gw", {"cpu": 13})]
    assert bench.rebirths() == 0


def test_positions_run_on_in_one_epoch_whatever_is_born(bench: Bench) -> None:
    """A rebirth begins no epoch: positions are of our arrival."""
    edge = Edge()
    for _ in range(3):
        bench.hear(edge.birth(), edge.device_birth("Cam 1", metric("X", 1)), edge.data("Cam 1", metric("X", 2)))
        bench.wait()
    batches = bench.batches("t")

    assert len({batch.epoch for batch in batches}) == 1
    assert all(after.first_position == before.last_position + 1 for before, after in pairwise(batches))


def test_historical_values_stand_in_an_older_epoch_and_never_become_current(bench: Bench) -> None:
    """What is current is decided by epoch and position; history has an epoch of its own, below."""
    edge = Edge()
    born(bench, edge)
    bench.hear(
        edge.data("Cam 1", metric("Temp/Outside", 5.0, timestamp=MS - 60_000, is_historical=True)),
        edge.data("Cam 1", metric("Temp/Outside", 6.0)),
    )
    bench.wait()
    past, live = sorted({batch.epoch for batch in bench.batches("t")})

    assert epoch_counter(past) < epoch_counter(live)
    by_epoch = {batch.epoch: list(batch.records) for batch in bench.batches("t")}
    assert [record.m for record in by_epoch[past]] == [{"temp_outside": 5.0}]  # type: ignore[union-attr]
    assert [record.m for record in by_epoch[live]] == [{"temp_outside": 6.0}]  # type: ignore[union-attr]


def test_a_death_counts_only_with_the_number_of_its_birth(bench: Bench) -> None:
    edge = Edge(bd_seq=7)
    born(bench, edge)
    bench.hear(edge.death(bd_seq=6))
    assert bench.links() == []
    assert bench.counters["stale_deaths"] == 1
    bench.hear(edge.death())

    assert bench.links() == [False]


def test_a_device_dies_alone(bench: Bench) -> None:
    edge = Edge()
    born(bench, edge)
    bench.hear(edge.device_death("Cam 1"))
    bench.wait()

    assert bench.online() == [("cam-1", False)]
    assert bench.links() == []


def test_data_after_a_death_revive_by_a_rebirth_and_what_names_itself_is_taken_at_once(bench: Bench) -> None:
    edge = Edge()
    born(bench, edge)
    bench.hear(edge.death(), edge.data("Cam 1", metric("Temp/Outside", 1.5), metric(alias=11, value=False)))
    bench.wait()
    assert [one.m for one in bench.readings()] == [{"temp_outside": 1.5}]
    assert bench.rebirths() == 1
    born_again = Edge(bd_seq=1)
    bench.hear(born_again.birth(), born_again.device_birth("Cam 1", metric("Online", True, alias=11)))

    assert bench.links() == [False, True]


def test_data_before_any_birth_are_read_once_the_rebirth_explains_them(bench: Bench) -> None:
    """They are history by then: they must not take the place of what the birth says."""
    edge = Edge(seq=41)
    bench.hear(edge.data("Cam 1", metric(alias=10, value=3.5, timestamp=MS - 1_000)))
    assert bench.rebirths() == 1
    command = PayloadMessage.FromString(bench.published("/NCMD/")[0].payload)
    assert (command.metrics[0].name, command.metrics[0].boolean_value) == (b"Node Control/Rebirth", True)
    assert not command.HasField("seq")
    bench.hear(edge.birth(), edge.device_birth("Cam 1", metric("Temp/Outside", 9.5, alias=10)))
    bench.wait()

    assert sorted((one.t, one.m["temp_outside"]) for one in bench.readings()) == [(MS - 1_000, 3.5), (MS, 9.5)]
    assert bench.counters["redecoded"] == 1


def test_an_alias_of_another_type_than_its_birth_is_not_believed(bench: Bench) -> None:
    edge = Edge(seq=41)
    bench.hear(edge.data("Cam 1", metric(alias=10, value="text")))
    bench.hear(edge.birth(), edge.device_birth("Cam 1", metric("Temp/Outside", 9.5, alias=10)))
    bench.wait()

    assert [one.m for one in bench.readings()] == [{"temp_outside": 9.5}]
    assert len(bench.buried()) == 1


def test_a_death_ends_the_hope_for_what_was_held(bench: Bench) -> None:
    """After it the same alias may mean something else."""
    edge = Edge(seq=41)
    bench.hear(edge.data("Cam 1", metric(alias=10, value=3.5)), edge.death(), edge.birth())
    bench.hear(edge.device_birth("Cam 1", metric("Humidity", 9.5, alias=10)))
    bench.wait()

    assert [one.m for one in bench.readings()] == [{"humidity": 9.5}]
    assert bench.counters["undecodable"] == 1


def test_messages_that_overtake_each_other_are_put_in_order(bench: Bench) -> None:
    edge = Edge()
    born(bench, edge)
    told = [edge.data("Cam 1", metric("Temp/Outside", float(number), timestamp=MS + number)) for number in range(20)]
    random.Random(5).shuffle(told)
    bench.hear(*told)
    bench.wait(10)

    assert [one.m["temp_outside"] for one in bench.readings()] == [float(number) for number in range(20)]
    assert (bench.rebirths(), bench.counters["gaps"]) == (0, 0)


def test_a_message_that_never_comes_ends_in_a_rebirth_and_nothing_that_came_is_lost(bench: Bench) -> None:
    edge = Edge()
    born(bench, edge)
    edge.skip()
    bench.hear(edge.data("Cam 1", metric("Temp/Outside", 1.5), metric(alias=11, value=False)))
    bench.wait(1.8)
    assert (bench.readings(), bench.rebirths()) == ([], 0)
    bench.wait(0.6)
    assert [one.m for one in bench.readings()] == [{"temp_outside": 1.5}]
    assert bench.rebirths() == 1
    bench.hear(
        edge.birth(), edge.device_birth("Cam 1", metric("Temp/Outside", 2.5, alias=10), metric("Online", True, alias=11))
    )
    bench.wait()

    assert bench.counters["redecoded"] == 1


def test_the_same_message_by_two_brokers_counts_once(bench: Bench) -> None:
    edge = Edge()
    born(bench, edge)
    told = edge.data("Cam 1", metric("Temp/Outside", 1.5))
    bench.hear(told, told, edge.data("Cam 1", metric("Temp/Outside", 2.5, timestamp=MS + 1)))
    bench.wait(10)

    assert [one.m["temp_outside"] for one in bench.readings()] == [1.5, 2.5]
    assert (bench.counters["repeated"], bench.rebirths()) == (1, 0)


def test_sequence_numbers_go_round(bench: Bench) -> None:
    edge = Edge()
    born(bench, edge)
    for number in range(600):
        bench.hear(edge.data("Cam 1", metric("Temp/Outside", float(number), timestamp=MS + number)))
    bench.wait()

    assert len(bench.readings()) == 600
    assert bench.counters["reordered"] == 0


def test_a_rebirth_is_asked_ever_less_often_of_a_node_that_gives_none(bench: Bench) -> None:
    edge = Edge(seq=3)
    asked = []
    for _ in range(300):
        bench.hear(edge.data("Cam 1", metric(alias=1, value=1)))
        before = bench.rebirths()
        bench.wait(1)
        asked += [bench.now] * (bench.rebirths() - before)
    pauses = [after - before for before, after in pairwise(asked)]

    assert all(pause >= 9 for pause in pauses)
    assert len(asked) < 7


def test_a_thousand_nodes_at_once_are_asked_twenty_a_second(bench: Bench) -> None:
    edges = [Edge(name=f"n{number}", seq=3) for number in range(200)]
    for edge in edges:
        bench.hear(edge.data("", metric(alias=1, value=1)))
    assert bench.rebirths() <= REBIRTHS_PER_SECOND_MAX
    counted = []
    for _ in range(12):
        before = bench.rebirths()
        bench.wait(1)
        counted.append(bench.rebirths() - before)

    assert max(counted) <= REBIRTHS_PER_SECOND_MAX + 1
    assert bench.rebirths() >= 200


def test_our_restart_asks_no_rebirth_while_the_sequence_runs_on(bench: Bench) -> None:
    """Aliases, number and all: nothing but the time has passed."""
    edge = Edge()
    born(bench, edge)
    [snapshot] = bench.adapter.snapshots()
    again = Bench(now=NOW + 20)
    again.restore(stored_of(snapshot), {"g1-node-1": 8})  # type: ignore[dict-item]
    again.connect()
    again.hear(edge.data("Cam 1", metric(alias=10, value=30.5, typed=False)))
    again.wait()

    assert [one.m for one in again.readings()] == [{"temp_outside": 30.5}]
    assert again.rebirths() == 0
    assert again.links() == [True]
    assert [one.d for one in again.births()[0].devs] == ["gw", "cam-1"]
    assert min(epoch_counter(batch.epoch) for batch in again.batches("t")) > 8


def test_our_restart_asks_a_rebirth_where_something_was_missed(bench: Bench) -> None:
    edge = Edge()
    born(bench, edge)
    stored = stored_of(bench.adapter.snapshots()[0])
    edge.skip()
    again = Bench(now=NOW + 20)
    again.restore(stored)
    again.connect()
    again.hear(edge.data("Cam 1", metric(alias=10, value=30.5, typed=False)))
    again.wait(3)

    assert (again.readings(), again.rebirths()) == ([], 1)


def test_a_node_that_died_while_we_were_away_is_not_vouched_for_and_is_asked(bench: Bench) -> None:
    """Its death passed us by: nothing may say that it is there, until it says so."""
    born(bench, Edge())
    again = Bench(now=NOW + 20)
    again.restore(stored_of(bench.adapter.snapshots()[0]))
    again.connect()
    again.wait(59)
    assert (again.delivered(), again.rebirths()) == ([], 0)
    again.wait(2)

    assert (again.delivered(), again.rebirths()) == ([], 1)


def test_a_quiet_node_is_vouched_for_while_its_session_stands(bench: Bench) -> None:
    """Nodes report by exception; the will ends it. A lost connection of ours ends it too."""
    edge = Edge()
    born(bench, edge)
    bench.wait(61)
    beats = [one for one in bench.delivered() if one.leaf == "now"]
    assert 4 <= len(beats) <= 5
    bench.adapter.lost("broker:1883")
    bench.effects.clear()
    bench.wait(61)

    assert bench.delivered() == []


def test_a_quiet_device_is_not_vouched_for_unless_the_mapping_says_so(bench: Bench) -> None:
    born(bench, Edge())
    bench.wait(200)

    assert bench.online() == []


def test_what_cannot_be_a_reading_is_counted(bench: Bench) -> None:
    edge = Edge()
    born(bench, edge)
    bench.hear(
        edge.data(
            "Cam 1",
            {"name": b"Big", "datatype": UINT64, "long_value": 2**63},
            metric("Nan", float("nan")),
            metric("Long", "x" * 300),
            {"name": b"Bytes", "datatype": 17, "bytes_value": b"x"},
            metric("温度", 3),
            metric("Fine", 1),
            metric("Gone", None),
        )
    )
    bench.wait()

    assert [one.m for one in bench.readings()] == [{"fine": 1, "gone": None}]
    assert (bench.counters["bad_values"], bench.counters["unmapped"]) == (4, 1)


def test_two_names_that_would_be_one_here_stay_apart(bench: Bench) -> None:
    """The first keeps the name; the other is counted rather than mixed in."""
    edge = Edge()
    bench.hear(
        edge.birth(), edge.device_birth("D", metric("A/b", 1), metric("a_b", 2)), edge.device_birth("d", metric("x", 1))
    )
    bench.wait()

    assert [(one.d, one.m) for one in bench.readings()] == [("d", {"a_b": 1})]
    assert bench.counters["unmapped"] == 2


def test_a_second_node_with_the_same_gateway_is_refused(bench: Bench) -> None:
    one, other = Edge(name="Node-1"), Edge(name="node 1")
    bench.hear(one.birth(), other.birth(), other.data("", metric("X", 1)))

    assert bench.counters["refused"] == 2
    assert bench.counters["messages"] == 3


def test_a_journal_that_is_down_gets_everything_when_it_returns_and_what_had_no_room_is_a_declared_hole(
    bench: Bench,
) -> None:
    edge = Edge()
    born(bench, edge)
    bench.fate = "failed"
    for number in range(25_000):
        bench.hear(edge.data("Cam 1", metric("Temp/Outside", float(number), timestamp=MS + number)))
    bench.wait(1)
    bench.effects.clear()
    bench.fate = "applied"
    bench.wait(20)
    batches = bench.batches("t")
    holes = [record for batch in batches for record in batch.records if isinstance(record, Hole)]
    kept = [one.m["temp_outside"] for one in bench.readings()]

    assert all(after.first_position == before.last_position + 1 for before, after in pairwise(batches))
    assert kept == [float(number) for number in range(25_000 - len(kept), 25_000)]
    assert sum(hole.n for hole in holes) + len(kept) == 25_000
    assert bench.counters["shed"] > 0


def test_a_conflict_of_positions_goes_on_in_a_new_epoch(bench: Bench) -> None:
    edge = Edge()
    born(bench, edge)
    bench.fate, bench.reason = "refused", "position_conflict"
    bench.hear(edge.data("Cam 1", metric("Temp/Outside", 1.0)))
    bench.now += 0.2
    effects = bench.adapter.tick(bench.now)
    [offer] = [one for one in effects if getattr(one, "leaf", "") == "up/t"]
    bench.fate, bench.reason = "applied", ""
    bench.carry_out(bench.adapter.finished(offer.request, "refused", "position_conflict", bench.now))  # type: ignore[union-attr]

    assert [one.m for one in bench.readings()] == [{"temp_outside": 1.0}]
    assert bench.batches("t")[-1].first_position == 1


def test_our_state_is_told_and_told_again_to_whoever_contradicts_it(bench: Bench) -> None:
    """Retained, certain, with the time of the will."""
    [state] = bench.published("STATE")
    assert (state.topic, state.sure, state.retain) == ("spBv1.0/STATE/anxiao", True, True)
    assert json.loads(state.payload) == {"online": True, "timestamp": MS}
    for _ in range(5):
        bench.hear(("spBv1.0/STATE/anxiao", b'{"online":false,"timestamp":1}'))
    assert [json.loads(one.payload) for one in bench.published("STATE")[1:]] == [{"online": True, "timestamp": MS}]
    bench.now += 1.5
    bench.hear(("spBv1.0/STATE/anxiao", b'{"online":false,"timestamp":1}'), ("spBv1.0/STATE/anxiao", b"\xff{"))
    assert len(bench.published("STATE")) == 3
    bench.adapter.leaving("broker:1883", bench.now)
    bench.hear(("spBv1.0/STATE/anxiao", b'{"online":false,"timestamp":2}'))

    assert len(bench.published("STATE")) == 3


def test_every_message_ends_in_exactly_one_counter(bench: Bench) -> None:
    edge = Edge()
    told = edge.data("", metric("X", 1))
    rubbish = [("spBv1.0/G1/NDATA/Node-1", b"\xff\xff"), ("spBv1.0/G1/NOPE/Node-1", b""), ("other", b"")]
    bench.hear(edge.birth(), edge.data("", metric("X", 1)), told, told, *rubbish, edge.death())
    counters = bench.counters

    assert counters["messages"] == counters["taken"] + counters["repeated"] + counters["refused"] + counters["bad"]
    assert counters["bad"] == 3
    assert [one.letter.reason for one in bench.buried()] == ["bad_shape", "bad_topic", "bad_topic"]


def test_a_birth_of_three_hundred_devices_is_told_in_parts(bench: Bench) -> None:
    edge = Edge()
    bench.hear(edge.birth())
    for number in range(300):
        bench.hear(edge.device_birth(f"d{number}", metric("X", 1)))
    bench.wait()
    parts = bench.births()[-2:]

    assert [(one.part, one.of, len(one.devs)) for one in parts] == [(1, 2, 200), (2, 2, 101)]


def test_payload_in_parts_of_many_metrics(bench: Bench) -> None:
    """A record has room for 32."""
    edge = Edge()
    bench.hear(edge.birth(), edge.device_birth("D", *(metric(f"m{number}", number) for number in range(100))))
    bench.wait()

    assert [len(one.m) for one in bench.readings()] == [32, 32, 32, 4]


def stored_of(snapshot: Snapshot) -> list[Stored]:
    """Read back what would be stored."""
    assert snapshot.body is not None
    return [Stored(snapshot.node, msgspec.json.decode(snapshot.body, type=Memory), snapshot.seq, NOW)]
