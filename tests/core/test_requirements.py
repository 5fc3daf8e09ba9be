"""The rules of what a school must have: by region, by date, and each with its source."""

from datetime import date, timedelta

import pytest

from contract.errors import ConfigurationError
from contract.identity import UnitId
from scripts.requirements import PAGE, page
from server.core.guards import guard_quota
from server.core.requirements import REQUIREMENTS, camera_points, patrols, retention
from server.registry.dossier import NOTHING_SAID, Dossier
from server.registry.model import Roster, SchoolKind
from server.registry.roster_file import check_roster
from server.registry.sheets.device import AREAS
from server.registry.sheets.requirement import VARIANTS, Requirement
from tests.core.talking import UNITS, school

TODAY = date(2026, 3, 2)
BEFORE = date(2022, 5, 31)  # The last day of the edition of 2012.


def chosen(rule: str, variant: str, unit: str = "450700") -> Requirement:
    """Write down which variant holds in a unit."""
    return Requirement(unit=UnitId(unit), id=rule, variant=variant)


@pytest.mark.parametrize(
    ("variant", "pupils", "boarders", "quota"),
    [
        ("national", 0, 0, 1),
        ("national", 1_999, 0, 4),
        ("national", 2_000, 0, 5),
        ("national", 99, 1, 2),
        ("beijing", 60, 0, 3),
        ("beijing", 60, 1, 4),
        ("beijing", 1_499, 0, 3),
        ("beijing", 1_500, 0, 4),
        ("beijing", 1_500, 600, 6),
        ("chongqing", 99, 0, 1),
        ("chongqing", 100, 0, 4),
        ("chongqing", 2_500, 0, 6),
    ],
)
def test_the_guard_quota_of_each_region(variant: str, pupils: int, boarders: int, quota: int) -> None:
    dossier = Dossier([chosen("guard_quota", variant)])
    assert guard_quota(school(pupils=pupils, boarders=boarders), dossier, TODAY) == quota


def test_a_past_day_is_judged_by_the_version_in_force_on_it() -> None:
    large = school(pupils=1_200, boarders=301)
    assert guard_quota(large, NOTHING_SAID, BEFORE) == 2
    assert guard_quota(large, NOTHING_SAID, BEFORE + timedelta(days=1)) == 5
    target = school(key_target=True)
    assert retention.RULE.of(NOTHING_SAID, date(2015, 12, 31)).of(target) == 30
    assert retention.RULE.of(NOTHING_SAID, date(2016, 1, 1)).of(target) == 90
    assert patrols.RULE.of(NOTHING_SAID, TODAY).of(school(boarders=1)) == (5, 2)


def test_camera_points_grow_with_gates_and_boarders_and_name_areas_that_devices_can_have() -> None:
    points = camera_points.RULE.of(NOTHING_SAID, TODAY)
    assert points.of(school(gates=2))["gate"] == 2
    assert "dormitory" not in points.of(school())
    assert points.of(school(boarders=3))["dormitory"] == 1
    assert "hazardous_store" in points.of(school(kind=SchoolKind.SENIOR))
    for kind in SchoolKind:
        assert set(points.of(school(kind=kind, boarders=1))) <= set(AREAS) - {""}


def test_every_rule_has_its_variants_on_the_sheet_and_versions_in_order_each_with_its_source_in_two_languages() -> None:
    assert {name: list(rule.variants) for name, rule in REQUIREMENTS.items()} == {
        name: list(variants) for name, variants in VARIANTS.items()
    }
    for rule in REQUIREMENTS.values():
        for versions in rule.variants.values():
            assert versions[0].since is None
            later = [version.since for version in versions[1:]]
            assert later == sorted(day for day in later if day is not None)
            assert all(version.source and version.source_en and version.says and version.says_en for version in versions)


@pytest.mark.parametrize("line", [chosen("guard_quota", "ninety"), chosen("none", "national")])
def test_a_rule_or_variant_that_there_is_not_is_refused(line: Requirement) -> None:
    known = chosen("guard_quota", "chongqing")
    check_roster(Roster(units=UNITS, records=(known,)))
    with pytest.raises(ConfigurationError, match=line.id):
        check_roster(Roster(units=UNITS, records=(known, line)))


def test_the_page_of_requirements_is_what_the_rules_say() -> None:
    assert PAGE.read_text() == page(), "renew it with `python -m scripts.requirements`"
