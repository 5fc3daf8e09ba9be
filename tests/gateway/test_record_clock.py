"""The record clock never goes back, whatever it is told, and says how far it can be trusted."""

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
