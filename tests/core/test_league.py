"""The league table ranks only what can be told apart, and says so of the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.league import COUNTED_LEAST, league, wilson
from server.core.verdict import Tally

counts = st.integers(0, 400)
tallies = st.builds(Tally, counts, counts, counts, counts)


@pytest.mark.parametrize(
    ("met", "counted", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_interval_is_the_published_one(met: int, counted: int, low: float, high: float) -> None:
    """The examples of Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    assert wilson(met, counted) == pytest.approx((low, high), abs=0.00005)


@given(met=st.integers(0, 5_000), more=st.integers(0, 5_000))
def test_interval_holds_the_rate(met: int, more: int) -> None:
    """It lies between 0 and 1 and around the rate, and is the mirror of that of what is not met."""
    low, high = wilson(met, met + more)

    assert 0.0 <= low <= high <= 1.0
    if met + more:
        assert low <= met / (met + more) <= high
    other_low, other_high = wilson(more, met + more)
    assert (1 - other_high, 1 - other_low) == pytest.approx((low, high))


def test_equal_counties_of_unequal_size_are_not_told_apart() -> None:
    """Three of 40 and 30 of 400 lacking is the same rate; a little better is not better; a lot better is."""
    found = league({"small": Tally(37, 3), "large": Tally(370, 30), "near": Tally(94, 6), "far": Tally(240, 160)})

    assert [(place.id, place.band) for place in found] == [("near", 1), ("large", 1), ("small", 1), ("far", 2)]
    assert [(place.best, place.worst) for place in found] == [(1, 3), (1, 3), (1, 3), (4, 4)]


def test_few_schools_have_no_rank() -> None:
    """A station with nine schools all met stands below, with its figures and without a rank; exempt ones do not count."""
    found = league(
        {"nine": Tally(9), "ten": Tally(8, 2), "excused": Tally(5, 0, 0, 50), "none": Tally(0, 0, 0, 3), "empty": Tally()}
    )

    assert [place.id for place in found] == ["ten", "nine", "excused", "empty", "none"]
    assert [place.band for place in found] == [1, None, None, None, None]
    assert all(place.best is None and place.worst is None for place in found[1:])


def test_unknown_is_no_merit() -> None:
    """What is unknown counts as asked for and not met, as in every rate."""
    unknown, missing = (league({"x": tally})[0] for tally in (Tally(50, 0, 50), Tally(50, 50, 0)))

    assert (unknown.low, unknown.high) == (missing.low, missing.high)


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), tallies, max_size=12))
def test_bands_can_be_told_apart(given_tallies: dict[str, Tally]) -> None:
    """Of two units in different bands the intervals do not overlap; every rank lies within its bounds; order is by rate."""
    found = league(given_tallies)
    ranked = [place for place in found if place.band is not None]

    assert {place.id for place in found} == set(given_tallies)
    assert all(place.counted >= COUNTED_LEAST for place in ranked)
    assert [place.band for place in ranked] == sorted(place.band or 0 for place in ranked)
    assert {place.band for place in ranked} == set(range(1, len({place.band for place in ranked}) + 1))
    for rank, place in enumerate(ranked, 1):
        assert (place.best or 0) <= rank <= (place.worst or 0)
        for other in ranked:
            if (other.band or 0) > (place.band or 0):
                assert place.low > other.high
            elif other.band == place.band and len([one for one in ranked if one.band == place.band]) > 1:
                assert any(
                    one.low <= place.high and place.low <= one.high
                    for one in ranked
                    if one.band == place.band and one.id != place.id
                )


def test_order_of_the_units_does_not_matter() -> None:
    """The same figures give the same table."""
    one = {"a": Tally(20, 1), "b": Tally(20, 1), "c": Tally(5, 30)}

    assert league(one) == league(dict(reversed(one.items())))
