"""Each item of closed management has a figure of its own, which sums like all others."""

from datetime import date
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from contract.identity import SchoolId
from server.core.indicator import View
from server.core.indicators import INDICATORS
from server.core.indicators.t2_closed import ITEMS, ledger
from server.core.items import of_items, tally_items
from server.core.liveness import Home
from server.core.verdict import Judgement, Verdict
from server.registry.dossier import Dossier
from server.registry.sheets.declaration import ITEMS as NAMED
from server.registry.sheets.declaration import Declaration
from tests.registry.city import roster

SCHOOL = roster().schools[0]
NOW = 1_795_492_800.0

WORDS = {"": Judgement.MET, "missing": Judgement.NOT_MET, "undeclared": Judgement.UNKNOWN, "lapsed": Judgement.UNKNOWN}
SAID = st.lists(st.sampled_from([*WORDS]), min_size=len(ITEMS), max_size=len(ITEMS))


def declared_items(said: list[str]) -> Verdict:
    """Judge a school that declares its items so, by the indicator itself."""
    lines = [
        Declaration(
            school=SchoolId("1"),
            id=item,
            in_place=word != "missing",
            dated=date(2026, 1, 1),
            expires=date(2026, 6, 1) if word == "lapsed" else None,
        )
        for item, word in zip(ITEMS, said, strict=True)
        if word != "undeclared"
    ]
    home = Home(SCHOOL, Dossier(lines))
    return ledger(View(SCHOOL, home, roster().calendar, 0.0), NOW)


def test_every_item_has_a_name() -> None:
    assert {item for one in INDICATORS for item in one.items} <= set(NAMED)


@given(st.lists(st.one_of(st.none(), SAID), max_size=12))
def test_each_school_is_counted_once_for_each_item(schools: list[list[str] | None]) -> None:
    verdicts = [Verdict(Judgement.EXEMPT, ("exempt",)) if said is None else declared_items(said) for said in schools]
    tallies = tally_items(verdicts, ITEMS)
    for place, item in enumerate(ITEMS):
        assert tallies[item].required == len(schools)
        expected = [Judgement.EXEMPT if said is None else WORDS[said[place]] for said in schools]
        assert [getattr(tallies[item], one.value) for one in Judgement] == [expected.count(one) for one in Judgement]


def test_a_verdict_that_names_no_item_leaves_all_unknown() -> None:
    assert set(of_items(Verdict(Judgement.NOT_MET, ("other.reason",)), ITEMS).values()) == {Judgement.UNKNOWN}


def test_an_item_that_is_said_nothing_against_is_there() -> None:
    for first, second in product(WORDS, WORDS):
        said = [first, second, "", "", ""]
        assert list(of_items(declared_items(said), ITEMS).values()) == [WORDS[word] for word in said]
