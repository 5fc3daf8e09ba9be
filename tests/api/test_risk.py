"""The API of risk profiles: reasons in both languages, warned schools of the own branch, no duress for schools."""

from dataclasses import replace

import msgspec

from server.api import views
from server.core.alert import Flow
from server.core.risk.factors import FACTORS
from tests.api.conftest import House
from tests.api.engine import press
from tests.registry.city import FIRST, SECOND


async def read(house: House, who: str, path: str) -> object:
    """Ask as somebody."""
    answer = await (await house.sign_in(who)).get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    kind = views.WarnedSchools if "warned" in path else views.RiskProfile
    return msgspec.json.decode(answer.content, type=kind)


async def test_profile_explains_every_factor(house: House) -> None:
    told = await read(house, "bureau", f"schools/{FIRST}/risk")

    assert isinstance(told, views.RiskProfile)
    assert [one.name for one in told.factors] == [factor.name for factor in FACTORS]
    assert all(one.why and one.why_en and one.rule and one.rule_en for one in told.factors)
    assert {paper.sheet for paper in told.papers} == {"document", "drill", "letter"}


async def test_duress_is_in_the_profile_for_the_police_and_not_for_the_school(house: House) -> None:
    covert = replace(press("p1"), code="duress", flow=Flow.INCIDENT, t=house.now[0] - 60)
    house.engine.alerts[covert.id] = covert
    await house.parts.risk.look()

    levels = {
        who: next(one.level for one in told.factors if one.name == "incidents")
        for who in ("chief", "school_director")
        if isinstance(told := await read(house, who, f"schools/{FIRST}/risk"), views.RiskProfile)
    }

    assert levels == {"chief": "watch", "school_director": "none"}


async def test_warned_schools_are_those_of_the_own_branch(house: House) -> None:
    """Before anybody has looked, the list says so instead of being merely empty."""
    before = await read(house, "bureau", "risk/warned")
    assert isinstance(before, views.WarnedSchools)
    assert (before.total, before.schools, before.looked) == (0, 3, 0)

    await house.parts.risk.look()

    after = await read(house, "education_officer", "risk/warned")
    assert isinstance(after, views.WarnedSchools)
    assert (after.schools, after.looked) == (2, 2)
    assert {one.school for one in after.items} <= {FIRST, SECOND}
    assert all(one.because and one.rules for one in after.items)


async def test_profile_of_a_foreign_school_is_not_there(house: House) -> None:
    client = await house.sign_in("school_director")
    assert (await client.get(f"/api/v1/schools/{SECOND}/risk")).status_code == 404
