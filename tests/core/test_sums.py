"""At every node, every day, under edits of everything: met + not met + unknown + exempt = required, in both figures."""

from dataclasses import replace
from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from contract.identity import DeviceId, UnitId
from server.core.events import CheckInArrived
from server.core.verdict import Tally
from server.registry.changes import Edit, put
from server.registry.model import Area, School, SchoolKind
from server.registry.sheets.exemption import Exemption
from server.registry.sheets.guard import Guard
from server.registry.sheets.post import KINDS, Post
from server.registry.sheets.requirement import VARIANTS, Requirement
from server.registry.sheets.scope import INDICATORS as NAMES
from server.registry.sheets.scope import IndicatorScope
from tests.core.talking import MONDAY, UNITS, Talk, beijing, excuse, gateway_of, school, talking
from tests.core.test_edited import edit
from tests.core.test_rollup import every_figure_adds_up

START = beijing(MONDAY, 7)
SCHOOLS = 3
units = st.sampled_from([unit.id for unit in UNITS])
numbers = st.integers(1, SCHOOLS)
chosen = [(rule, variant) for rule, variants in VARIANTS.items() for variant in variants]

lines = st.one_of(
    st.builds(
        lambda unit, name, kindergartens, urban_only: put(
            IndicatorScope(unit=UnitId(unit), id=name, kindergartens=kindergartens, urban_only=urban_only)
        ),
        units,
        st.sampled_from(NAMES),
        st.sampled_from([True, False, None]),
        st.sampled_from([True, False, None]),
    ),
    st.builds(
        lambda unit, rule: put(Requirement(unit=UnitId(unit), id=rule[0], variant=rule[1])), units, st.sampled_from(chosen)
    ),
    st.builds(
        lambda number, guard, listed: put(Guard(school=school(number).id, id=guard, certificate="c" if listed else "")),
        numbers,
        st.sampled_from(["g1", "g7", "g8"]),
        st.booleans(),
    ),
    st.builds(lambda number: Edit("guard", (school(number).id, "g1")), numbers),
    st.builds(
        lambda number, kind: put(Post(school=school(number).id, id=kind, kind=kind, device="post-1")),
        numbers,
        st.sampled_from(list(KINDS)),
    ),
    st.builds(
        lambda number, name, days: put(
            replace_line(excuse(name, "doc", "bureau", "written", MONDAY + timedelta(days=days)), number)
        ),
        numbers,
        st.sampled_from(NAMES),
        st.integers(-1, 3),
    ),
    st.builds(
        lambda number, unit, kind, area, pupils: put(
            replace(plain(number), unit=UnitId(unit), kind=kind, area=area, pupils=pupils)
        ),
        numbers,
        units,
        st.sampled_from(list(SchoolKind)),
        st.sampled_from(list(Area)),
        st.integers(0, 3_000),
    ),
)


def replace_line(line: Exemption, number: int) -> Exemption:
    """Put an exemption into a school."""
    return msgspec.structs.replace(line, school=school(number).id)


def plain(number: int) -> School:
    """Give a school as the roster holds it."""
    return talking(school(number)).engine.roster.schools[school(number).id]


def happen(talk: Talk, what: str, number: int, now: float) -> None:
    """Let something be heard of one school."""
    talk.heard(now, school_number=number)
    match what:
        case "devices":
            for device in ("cam-1", "host", "btn-1", "nvr"):
                talk.read(device, now, school_number=number, online=number % 2 == 0, last_test=int(now * 1_000), gap=0)
        case "guards":
            told = CheckInArrived(f"c{now}", gateway_of(number), DeviceId("post-1"), now, now, f"g{number}", "patrol")
            talk.say(told, now)
        case "press":
            talk.press(int(now) % 1_000_000, now, school_number=number)
        case _:
            pass


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("edit"), lines),
            st.tuples(st.sampled_from(["devices", "guards", "press", "heard"]), numbers),
            st.tuples(st.just("wait"), st.sampled_from([60.0, 400.0, 3_600.0, 86_400.0])),
        ),
        max_size=12,
    )
)
def test_the_four_values_add_up_at_every_node_on_every_day_whatever_is_edited(happenings: list[tuple[str, object]]) -> None:
    talk, now = talking(*(school(number) for number in range(1, SCHOOLS + 1)), now=START), START
    for what, chosen_one in happenings:
        now += 20
        if isinstance(chosen_one, Edit):
            edit(talk, [chosen_one], now)
        elif isinstance(chosen_one, float):
            now += chosen_one
        elif isinstance(chosen_one, int):
            happen(talk, what, chosen_one, now)
        for _ in range(3):
            talk.tick(now)
        every_figure_adds_up(talk, asked=False)


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_rate_is_rounded_down_and_is_whole_only_where_nothing_is_missing(
    met: int, bad: int, unknown: int, exempt: int
) -> None:
    tally = Tally(met, bad, unknown, exempt)
    rate = tally.basis_points
    assert (rate is None) == (met + bad + unknown == 0)
    if rate is not None:
        assert (rate == 10_000) == (bad + unknown == 0)
        assert rate * (tally.required - exempt) <= met * 10_000 < (rate + 1) * (tally.required - exempt)
