"""The league table: units ranked by a rate only as far as their rates can be told apart. Pure.

Each rate stands with the Wilson score interval (E. B. Wilson, "Probable inference, the law of succession, and
statistical inference", Journal of the American Statistical Association 22, 1927, pages 209 to 212), which keeps its
promise at rates near 100 % and for few schools, where the usual one fails (Brown, Cai and DasGupta, "Interval
estimation for a binomial proportion", Statistical Science 16, 2001, pages 101 to 133). With met schools m of n that
count, p = m / n and z = 1.96:

    (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)

Every school is counted, so this is no error of a sample. It says how far a rate moves by the chance of few schools:
one school is 10 points of a port zone with ten and a tenth of a point of a county with a thousand. Units whose
intervals overlap, directly or through others, share one band, and between two bands every pair can be told apart. Of
each unit also the best and the worst rank is given that its interval allows (after Goldstein and Spiegelhalter,
"League tables and their limitations", Journal of the Royal Statistical Society A 159, 1996, pages 385 to 443).

Nothing is adjusted: no weights, no expected values, no bonus. Unknown counts as in every rate of the service: it is
asked for and not met. Units with fewer than `COUNTED_LEAST` schools are listed with their figures and without a rank.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, sqrt

from server.core.verdict import Tally

COUNTED_LEAST = 10  # Below it one school moves a rate by more than ten points, and an interval says next to nothing.
Z = 1.959963984540054  # Of 95 %, both sides.
WHOLE = 10_000  # Hundredths of a percent.


@dataclass(frozen=True, slots=True)
class Place:
    """One unit of the table; rates are hundredths of a percent, the interval widened to whole ones."""

    id: str
    tally: Tally
    low: int
    high: int
    band: int | None = None  # From 1; none for a unit with too few schools.
    best: int | None = None  # The ranks its interval allows.
    worst: int | None = None

    @property
    def counted(self) -> int:
        """Count the schools that the rate is taken over."""
        return self.tally.required - self.tally.exempt


def wilson(met: int, counted: int) -> tuple[float, float]:
    """Give the 95 % interval of a rate, as shares between 0 and 1; nothing is known of none."""
    if counted == 0:
        return 0.0, 1.0
    share, square = met / counted, Z * Z
    middle = share + square / (2 * counted)
    reach = Z * sqrt(share * (1 - share) / counted + square / (4 * counted * counted))
    scale = 1 + square / counted
    # At both ends the formula gives exactly 0 and 1, but for the last bit.
    low = 0.0 if met == 0 else (middle - reach) / scale
    high = 1.0 if met == counted else (middle + reach) / scale
    return low, high


def league(tallies: Mapping[str, Tally]) -> list[Place]:
    """Rank units by their rate, the best first; those with too few schools follow without a rank, by the same order.

    Of equal rates the one with more schools stands first, then the smaller id; their band is the same.
    """
    places = sorted((_place(id_, tally) for id_, tally in tallies.items()), key=_order)
    counted = [place for place in places if place.counted >= COUNTED_LEAST]
    few = [place for place in places if place.counted < COUNTED_LEAST]
    return [*_banded(counted), *few]


def _place(id_: str, tally: Tally) -> Place:
    low, high = wilson(tally.met, tally.required - tally.exempt)
    return Place(id_, tally, floor(low * WHOLE), ceil(high * WHOLE))


def _order(place: Place) -> tuple[float, int, str]:
    share = place.tally.met / place.counted if place.counted else -1.0
    return -share, -place.counted, place.id


def _banded(places: Sequence[Place]) -> Iterable[Place]:
    """Give each unit its band: units are in one as long as intervals, from the highest down, leave no gap."""
    bands: dict[str, int] = {}
    band, reached = 0, -1.0
    for place in sorted(places, key=lambda one: (-one.high, one.id)):
        if not bands or place.high < reached:
            band += 1
            reached = place.low
        reached = min(reached, place.low)
        bands[place.id] = band
    for place in places:
        above = sum(other.low > place.high for other in places)
        below = sum(other.high < place.low for other in places)
        yield replace(place, band=bands[place.id], best=1 + above, worst=len(places) - below)
