"""The figures of every unit: kept by difference, and always those that counting every school anew would give."""

from hypothesis import given
from hypothesis import strategies as st

from server.core.events import RosterLoaded
from server.core.indicator import COUNTS_SCHOOLS
from server.core.indicators import INDICATORS
from server.core.verdict import Judgement, Tally
from server.registry.model import Area, School, SchoolKind
from server.registry.sheets.declaration import Declaration
from tests.core.talking import MONDAY, UNITS, Talk, beijing, city, excuse, said, school, talking

NOW = beijing(MONDAY, 9)
ITEMS = ("video_networked", "alarm_networked", "guard_post_staffed", "barrier", "closed_perimeter")


def counted_anew(talk: Talk, unit: str, indicator: str, figure: int) -> Tally:
    """Count the verdicts of all schools below a unit, one by one."""
    found = [0, 0, 0, 0]
    for below in talk.engine.roster.schools_under(unit):
        pair = talk.engine.verdicts(below).get(indicator)
        if pair is not None:
            place = list(Judgement).index(pair[figure].judgement)
            units = pair[figure].units or [int(place == other) for other in range(4)]
            found = [one + more for one, more in zip(found, units, strict=True)]
    return Tally(*found)


def told_in_place(places: tuple[bool | None, ...]) -> dict[str, Declaration]:
    """Declare some items, leave others undeclared."""
    return {item: said(place) for item, place in zip(ITEMS, places, strict=True) if place is not None}


places = st.tuples(*[st.sampled_from([True, True, False, None])] * len(ITEMS))
schools = st.lists(
    st.builds(
        lambda unit, kind, area, guards, told, excused: {
            "unit": unit,
            "kind": kind,
            "area": area,
            "guards": guards,
            "declared": told_in_place(told),
            "exemptions": (excuse("t5_barrier", "doc-1", "bureau", "no road", MONDAY),) if excused else (),
        },
        st.sampled_from([unit.id for unit in UNITS]),
        st.sampled_from(list(SchoolKind)),
        st.sampled_from(list(Area)),
        st.integers(0, 2),
        places,
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def made(facts: list[dict[str, object]]) -> list[School]:
    """Make the schools that were drawn."""
    return [school(number, **one) for number, one in enumerate(facts, 1)]  # type: ignore[arg-type]  # Drawn above.


@given(
    schools,
    schools,
    st.lists(st.tuples(st.sampled_from(["hear", "prove", "open", "wait", "day", "load"]), st.integers(1, 6))),
)
def test_figures_of_every_unit_are_those_counted_anew_and_add_up(
    first: list[dict[str, object]], second: list[dict[str, object]], happenings: list[tuple[str, int]]
) -> None:
    rosters = [city(*made(first)), city(*made(second))]
    talk, now = talking(roster=rosters[0], now=NOW - 60), NOW
    for happening, chosen in happenings:
        now += 30
        number = min(chosen, len(talk.engine.roster.schools))
        match happening:
            case "hear":
                talk.heard(now, school_number=number)
            case "prove":
                talk.heard(now, school_number=number)
                talk.read("post-1", now, school_number=number, on_duty=1)
                talk.read("bar-1", now, school_number=number, position="up", fault_code=0)
                talk.read("host", now, school_number=number, police_ack=int(now * 1_000))
                talk.read("nvr", now, school_number=number, police_catalogue=int(now * 1_000))
            case "open":
                talk.read("gate-1", now, school_number=number, open=bool(chosen % 2))
            case "wait":
                now += 400
            case "day":
                now += 86_400  # The exemptions end, and proofs grow old.
            case _:
                rosters.reverse()
                talk.say(RosterLoaded(rosters[0]), now)
        talk.tick(now)

        every_figure_adds_up(talk)


def every_figure_adds_up(talk: Talk, *, asked: bool = True) -> None:
    """Hold the kept figures of every unit against its schools, counted one by one; both figures ask for the same.

    `asked` says that nobody has pressed and no region says whom to ask: then the required schools are known beforehand.
    """
    for unit in talk.engine.roster.units:
        below = [talk.engine.roster.schools[one] for one in talk.engine.roster.schools_under(unit)]
        for indicator in INDICATORS:
            pair = talk.engine.tally(unit, indicator.name)
            assert pair[0].required == pair[1].required
            for figure in (0, 1):
                assert pair[figure] == counted_anew(talk, unit, indicator.name, figure)
                if asked and indicator.counts == COUNTS_SCHOOLS:
                    assert pair[figure].required == sum(indicator.asks(one) for one in below)


def test_a_closed_school_leaves_the_figures_on_its_day() -> None:
    talk = talking(school(1), school(2, closed=MONDAY), now=beijing(MONDAY, 0) - 60)
    assert talk.engine.tally("450700", "t1_networked")[0].required == 2
    talk.tick(beijing(MONDAY, 0))
    talk.tick(beijing(MONDAY, 0) + 1)
    assert talk.engine.tally("450700", "t1_networked")[0].required == 1


def test_an_unknown_unit_has_nothing_required_and_no_rate() -> None:
    ledger, live = talking().engine.tally("nowhere", "t1_networked")
    assert (ledger.basis_points, live.basis_points) == (None, None)
