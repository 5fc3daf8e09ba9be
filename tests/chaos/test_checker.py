"""The checker finds each broken promise in a log that was tampered with, and nothing in one that was not."""

from collections.abc import Callable

import msgspec
import pytest

from simulators.chaos.checker import Allowed
from simulators.chaos.facts import Cursor, Gap, Joined, Piece
from simulators.chaos.record import Asked, Broke, Fault, Measured, Mended, Painted, Told
from tests.chaos.history import BOX, EPOCH, GATEWAY, Round, event, tile


def lose_a_press(one: Round) -> None:
    del one.facts.events[1]


def store_it_twice(one: Round) -> None:
    one.facts.events.append(event(1))


def give_it_two_ids(one: Round) -> None:
    one.facts.events.append(event(1, "id-other"))
    one.facts.joined.append(Joined("id-other", "id-1", repaired=False))


def invent_a_press(one: Round) -> None:
    one.facts.events.append(event(7))
    one.facts.joined.append(Joined("id-7", "id-7", repaired=False))


def swap_two_rows(one: Round) -> None:
    one.facts.events[0], one.facts.events[1] = event(0, "id-1"), event(1, "id-0")


def forget_the_incident(one: Round) -> None:
    del one.facts.joined[2]


def put_it_into_two(one: Round) -> None:
    one.facts.joined.append(Joined("id-2", "id-0", repaired=False))


def leave_a_button_without_answer(one: Round) -> None:
    one.entries.append(Asked(40.0, GATEWAY, "button-9", 1))


def show_it_never(one: Round) -> None:
    one.entries = [entry for entry in one.entries if not (isinstance(entry, Told) and entry.tiles[0].id == "id-1")]


def show_it_in_two_tiles(one: Round) -> None:
    second = msgspec.structs.replace(tile(1), id="id-second")
    one.entries.append(Told(41.0, "screen-1", [tile(1), second]))


def count_it_twice(one: Round) -> None:
    one.entries.append(Told(41.0, "screen-1", [tile(1, count=2, ver=3)]))


def show_it_before_it_was_pressed(one: Round) -> None:
    one.entries.append(Told(5.0, "screen-1", [tile(1)]))


def let_a_saved_tile_vanish(one: Round) -> None:
    one.entries += [Broke(50.0, "screen-1"), Painted(51.0, "screen-1", [tile(0), tile(1)])]


def end_without_it_on_screen(one: Round) -> None:
    del one.facts.pictures["server-1"][0]


def end_with_a_wrong_count(one: Round) -> None:
    one.facts.pictures["server-1"][0] = tile(0, count=2)


def end_unsaved(one: Round) -> None:
    one.facts.pictures["server-1"][0] = tile(0, stored=False)


def forget_a_move(one: Round) -> None:
    one.facts.moves.clear()


def make_a_move_twice(one: Round) -> None:
    one.facts.moves.append("key-1")


def leave_a_hole(one: Round) -> None:
    one.facts.pieces[1] = Piece(GATEWAY, EPOCH, "a", 4, 4)


def overlap(one: Round) -> None:
    one.facts.pieces[1] = Piece(GATEWAY, EPOCH, "a", 2, 3)


def move_a_cursor_on(one: Round) -> None:
    one.facts.cursors[0] = Cursor(GATEWAY, EPOCH, "a", 4)


def keep_an_alarm_waiting(one: Round) -> None:
    one.facts.boxes[GATEWAY].waiting["a"] = 1


def commit_more_than_was_told(one: Round) -> None:
    one.facts.boxes[GATEWAY].last["t"] = 4


def lose_a_reading(one: Round) -> None:
    one.facts.readings[GATEWAY].remove(3)
    one.facts.history[GATEWAY].remove(3)


def repeat_a_reading(one: Round) -> None:
    one.facts.readings[GATEWAY].insert(2, 3)


def swap_readings(one: Round) -> None:
    one.facts.readings[GATEWAY] = [1, 3, 2, 4, 5]


def invent_a_reading(one: Round) -> None:
    one.facts.readings[GATEWAY].append(6)
    one.facts.history[GATEWAY].append(6)


def leave_one_out_of_history(one: Round) -> None:
    one.facts.history[GATEWAY].remove(5)


def put_one_into_history_twice(one: Round) -> None:
    one.facts.history[GATEWAY].append(5)


def declare_a_gap(one: Round) -> None:
    one.facts.gaps.append(Gap(GATEWAY, "t", 3, "shed"))


def refuse_a_record(one: Round) -> None:
    one.facts.quarantined[GATEWAY] = 1


def bury_a_message(one: Round) -> None:
    one.facts.dead[GATEWAY] = 1


def drop_a_message_uncounted(one: Round) -> None:
    one.facts.counters["server-1"]["received"] = 5


def fall_over_inside(one: Round) -> None:
    one.facts.counters["server-1"]["faults"] = 1


def see_a_clone(one: Round) -> None:
    one.facts.counters["server-1"]["clones"] = 1


TAMPERED: dict[Callable[[Round], None], str] = {
    lose_a_press: "LOST",
    store_it_twice: "two rows",
    give_it_two_ids: "DOUBLED",
    invent_a_press: "nobody pressed",
    swap_two_rows: "names another button",
    forget_the_incident: "in no incident",
    put_it_into_two: "more than once",
    leave_a_button_without_answer: "never answered",
    show_it_never: "on no screen",
    show_it_in_two_tiles: "two open tiles",
    count_it_twice: "more presses shown",
    show_it_before_it_was_pressed: "more presses shown",
    let_a_saved_tile_vanish: "gone from a screen",
    end_without_it_on_screen: "does not show",
    end_with_a_wrong_count: "counts wrongly",
    end_unsaved: "not yet saved",
    forget_a_move: "not stored",
    make_a_move_twice: "stored twice",
    leave_a_hole: "do not join",
    overlap: "do not join",
    move_a_cursor_on: "cursor is not where",
    keep_an_alarm_waiting: "wait for a receipt",
    commit_more_than_was_told: "committed beyond",
    lose_a_reading: "readings lost",
    repeat_a_reading: "twice in the journal",
    swap_readings: "out of order",
    invent_a_reading: "nobody told",
    leave_one_out_of_history: "history is not the journal",
    put_one_into_history_twice: "history is not the journal",
    declare_a_gap: "gaps nobody expected",
    refuse_a_record: "in quarantine",
    bury_a_message: "dead letters",
    drop_a_message_uncounted: "do not add up",
    fall_over_inside: "mistake of its own",
    see_a_clone: "clones",
}


def test_a_good_round_is_good() -> None:
    assert Round().judged().broken == []


@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda tamper: tamper.__name__)
def test_a_tampered_round_is_not(tamper: Callable[[Round], None]) -> None:
    one = Round()
    tamper(one)

    assert TAMPERED[tamper] in one.broken()


def test_a_button_that_waited_while_its_box_was_killed_may_have_told_twice_and_that_is_counted() -> None:
    one = Round()
    give_it_two_ids(one)
    one.facts.pictures["server-1"][1] = tile(1, count=2)
    one.entries += [Fault(21.01, 2, "kill", BOX), Mended(21.015, 2), Told(21.5, "screen-1", [tile(1, count=2, ver=3)])]

    verdict = one.judged()

    assert verdict.broken == []
    assert verdict.notes["pressed_once_told_twice_by_a_kill"] == 1


def test_a_reading_of_the_second_before_a_kill_is_at_risk_and_no_other() -> None:
    one = Round()
    one.entries += [Measured(at, GATEWAY, serial, taken=True) for at, serial in ((9.5, 101), (5.0, 102))]

    assert "[102]" in one.broken()
    assert "101" not in one.broken()


def test_a_reading_that_was_never_taken_need_not_be_there() -> None:
    one = Round()
    one.entries.append(Measured(40.0, GATEWAY, 6, taken=False))

    assert one.broken() == ""


def test_a_store_of_milliseconds_may_tell_one_of_several_and_no_fewer() -> None:
    one = Round()
    one.facts.crowded[GATEWAY] = [[4, 5]]
    leave_one_out_of_history(one)

    assert one.broken() == ""
    one.facts.history[GATEWAY].remove(4)
    assert "history is not the journal" in one.broken()


def test_a_damaged_box_may_lose_only_what_it_declares() -> None:
    one = Round()
    lose_a_press(one)
    del one.facts.joined[1], one.facts.pictures["server-1"][1]
    damaged = Allowed(damaged=frozenset({GATEWAY}))

    assert "LOST" in one.broken(damaged)
    one.facts.gaps.append(Gap(GATEWAY, "a", 1, "corrupt"))
    assert "LOST" not in one.broken(damaged)


def test_an_incident_that_another_one_has_taken_up_is_in_no_second_tile() -> None:
    one = Round()
    second = msgspec.structs.replace(tile(1), id="id-second")
    one.entries.append(Told(41.0, "screen-1", [second], gone=["id-1"]))

    assert "two open tiles" not in one.broken()
