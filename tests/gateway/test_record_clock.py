"""The record clock never goes back, whatever it is told, and says how far it can be trusted."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.record_clock import BAD_MS, SYNCED_SECONDS, RecordClock

WALL = 1_795_478_400_000


def test_without_any_measurement_a_plausible_wall_clock_is_believed_a_little() -> None:
    assert RecordClock(0.0, WALL, "b").quality(1.0) == 2
    assert RecordClock(0.0, 5_000, "b").quality(1.0) == 0


def test_first_measurement_steps_a_wrong_clock() -> None:
    """A box without a real-time clock has the right time from its first answer on."""
    clock = RecordClock(0.0, 0, "b")

    anchor = clock.measure(10.0, 10.2, WALL)

    assert abs(clock.utc_ms(10.2) - (WALL + 100)) <= 1
    assert clock.quality(10.2) == 3
    assert anchor is not None
    assert (anchor.boot, anchor.mono, anchor.err) == ("b", 10_200, 100)


def test_later_corrections_are_slewed() -> None:
    """Half a second is taken in over a thousand seconds."""
    clock = RecordClock(0.0, WALL, "b")
    clock.measure(0.0, 0.2, WALL + 100)

    clock.measure(99.9, 100.0, WALL + 99_950 + 500)

    ahead = [clock.utc_ms(at) - (WALL + int(at * 1000)) for at in (100.0, 600.0, 1_100.0, 2_000.0)]
    assert all(abs(found - wanted) <= 1 for found, wanted in zip(ahead, (0, 250, 500, 500), strict=True))


def test_the_shortest_round_trip_is_believed() -> None:
    """A slow answer does not spoil what a fast one said."""
    clock = RecordClock(0.0, WALL, "b")
    clock.measure(0.0, 0.01, WALL + 5)

    clock.measure(10.0, 18.0, WALL + 18_000)

    assert abs(clock.offset_ms(18.0)) <= 1
    assert clock.error_ms == 5


def test_an_answer_that_took_too_long_says_nothing() -> None:
    clock = RecordClock(0.0, WALL, "b")

    assert clock.measure(0.0, 11.0, WALL + 90_000) is None
    assert clock.measure(5.0, 4.0, WALL + 90_000) is None
    assert clock.quality(11.0) == 2


def test_a_clock_that_is_far_off_is_bad() -> None:
    clock = RecordClock(0.0, WALL, "b")
    clock.measure(0.0, 0.2, WALL + 100)

    for second in range(1, 9):
        clock.measure(second, second + 0.1, WALL + second * 1_000 + BAD_MS + 500)

    assert clock.bad(9.0)


def test_without_measurements_for_an_hour_it_is_only_interpolated() -> None:
    clock = RecordClock(0.0, WALL, "b")
    clock.measure(0.0, 0.1, WALL)

    assert clock.quality(SYNCED_SECONDS) == 3
    assert clock.quality(SYNCED_SECONDS + 1) == 1


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 12), st.integers(-(10**12), 10**13)), max_size=30))
def test_after_the_first_step_time_never_goes_back(exchanges: list[tuple[float, float, int]]) -> None:
    """Records of one device are strictly in order of time, whatever a server claims."""
    clock = RecordClock(0.0, WALL, "b")
    now, first = 0.0, True
    last: int | None = None
    for wait, round_trip, server_ms in exchanges:
        now += wait + round_trip
        before = clock.utc_ms(now)
        if clock.measure(now - round_trip, now, server_ms) is not None and first:
            first, last = False, None  # The one step that is allowed.
        after = clock.utc_ms(now)
        assert first or last is None or last <= before
        last = after
        if not first:
            assert clock.utc_ms(now + 1) >= after


TEN_YEARS_MS = 315_360_000_000


@pytest.mark.parametrize("off", [-TEN_YEARS_MS, -3_600_000, -2_001, 2_001, 3_600_000, TEN_YEARS_MS])
def test_a_clock_that_is_years_off_is_right_from_the_first_answer_on(off: int) -> None:
    """One step, in either direction; an anchor says at which moment of this boot."""
    clock = RecordClock(50.0, WALL + off, "b")

    anchor = clock.measure(60.0, 60.04, WALL + 10_020)

    assert anchor is not None
    assert (anchor.boot, anchor.mono) == ("b", 60_040)
    assert abs(anchor.utc - (WALL + 10_040)) <= 1
    assert not clock.bad(60.04)
    assert clock.offset_ms(60.04) == 0


@given(st.integers(-(10**12), 10**13), st.floats(0, 1e6), st.lists(st.floats(0.001, 3_600), min_size=1, max_size=30))
def test_no_step_of_the_wall_clock_reaches_a_record(wall_ms: int, start: float, waits: list[float]) -> None:
    """The wall is read once, at the start of the boot: after that a record is later by exactly what went by."""
    clock = RecordClock(start, wall_ms, "b")
    now, before = start, clock.utc_ms(start)
    for wait in waits:
        now += wait
        after = clock.utc_ms(now)
        assert abs(after - before - wait * 1_000) <= 2
        before = after


@given(st.integers(0, 2**32), st.lists(st.floats(5, 60), min_size=20, max_size=60), st.floats(-400, 400))
def test_a_crystal_that_drifts_is_followed_without_a_step(seed: int, waits: list[float], ppm: float) -> None:
    """Measured at each heartbeat, stamps stay within the error of the measurement; between two records time only slews."""
    chance = random.Random(seed)
    clock = RecordClock(0.0, WALL + chance.randrange(-5_000, 5_000), "b")
    true_s, before = 0.0, None
    for wait in waits:
        true_s += wait
        now = true_s * (1 + ppm / 1e6)
        trip = chance.uniform(0.01, 0.3)
        after_trip = (true_s + trip) * (1 + ppm / 1e6)
        clock.measure(now, after_trip, int(WALL + (true_s + trip / 2) * 1_000))
        stamp = clock.utc_ms(after_trip)
        if before is not None:
            told, then = before
            assert 0.999 * (after_trip - then) * 1_000 - 2 <= stamp - told <= 1.001 * (after_trip - then) * 1_000 + 2
        before = stamp, after_trip
    assert not clock.bad(after_trip)


def test_a_leap_second_or_a_smeared_one_is_slewed() -> None:
    """The server's clock is a second earlier than a moment ago; no record is, and half an hour later they agree."""
    clock = RecordClock(0.0, WALL, "b")
    clock.measure(0.0, 0.1, WALL + 50)
    for beat in range(1, 9):
        clock.measure(15.0 * beat, 15.0 * beat + 0.1, WALL + 15_000 * beat + 50 - 1_000)

    assert clock.utc_ms(121.0) >= WALL + 121_000 - 100
    assert abs(clock.utc_ms(3_000.0) - (WALL + 3_000_000 - 1_000)) <= 1


def test_a_new_boot_whose_monotonic_clock_begins_anew_ties_its_own_anchor() -> None:
    """Nothing of one boot is carried into the next: each names its boot."""
    first = RecordClock(900_000.0, WALL, "one")
    first.measure(900_001.0, 900_001.1, WALL + 1_050)
    second = RecordClock(3.0, 0, "two")

    assert (second.quality(4.0), second.utc_ms(4.0)) == (0, 1_000)
    anchor = second.measure(5.0, 5.1, WALL + 60_000)
    assert anchor is not None
    assert (anchor.boot, anchor.mono) == ("two", 5_100)
