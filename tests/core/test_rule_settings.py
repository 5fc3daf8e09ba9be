"""What a city sets at a rule holds below the unit that said it, at once, and nowhere else; a press has no settings."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from contract.identity import UnitId
from server.core.alert import Severity
from server.core.events import RosterEdited
from server.core.roster import RosterIndex
from server.core.rule import Subject
from server.core.rules import RULES
from server.registry.sheets.rule_setting import SHEET, RuleSetting
from tests.core.talking import MONDAY, NOON, Talk, beijing, city, gateway_of, school, talking
from tests.core.test_faults import live, open_of, pass_time

CLASS = beijing(MONDAY, 9)


def line(id_: str, value: float, unit: str = "450700") -> RuleSetting:
    """Write one line of the sheet."""
    return RuleSetting(unit=UnitId(unit), id=id_, value=value)


def edit(talk: Talk, now: float, *lines: RuleSetting, schools: Sequence[str] = ()) -> None:
    """Let units of the running engine's roster say these settings, and no other."""
    index = talk.engine.roster
    renewed = index.renewed(replace(index.roster, records=tuple(lines)))
    talk.say(RosterEdited(renewed, schools or list(index.schools), ledger_only=True), now)


def test_a_settings_line_is_nearest_wins_and_holds_below_its_unit_alone() -> None:
    other = replace(school(2), unit=UnitId("450721"))
    lines = (line("gate_open.person", 600), line("gate_open.person", 60, "450702"))
    talk = talking(roster=replace(city(school(1), other), records=lines), now=CLASS - 1)
    for number in (1, 2):
        talk.heard(CLASS, school_number=number)
        talk.read("gate-1", CLASS + 1, school_number=number, open=True)
    for number in (1, 2):
        talk.heard(CLASS + 30, school_number=number)
    talk.tick(CLASS + 62)
    assert [alert.gateway for alert in open_of(talk, "gate_open")] == [gateway_of(1)]


@pytest.mark.parametrize(("allowed", "told"), [(150, False), (141, False), (140, True), (130, True)])
def test_a_changed_threshold_takes_effect_in_a_running_server(allowed: float, told: bool) -> None:
    talk = live(CLASS)
    edit(talk, CLASS + 1, line("gate_open.person", 1_800))
    talk.read("gate-1", CLASS + 5, open=True)
    now = pass_time(talk, CLASS + 5, 140)
    assert not open_of(talk, "gate_open")
    edit(talk, now, line("gate_open.person", allowed))
    assert talk.engine.behind(now)
    talk.tick(now)
    assert bool(open_of(talk, "gate_open")) is told


def test_a_changed_hold_time_and_severity_take_effect_too() -> None:
    talk = live(CLASS)
    talk.read("bar-1", CLASS + 5, position="down")
    now = pass_time(talk, CLASS + 5, 60)
    edit(talk, now, line("barrier_down.hold", 30), line("barrier_down.severity", 4))
    talk.tick(now)
    [alert] = open_of(talk, "barrier_down")
    assert alert.severity is Severity.LOW
    edit(talk, now + 1)
    talk.tick(now + 1)
    [alert] = open_of(talk, "barrier_down")
    assert alert.severity is Severity.HIGH  # Worse at once; never milder under people's hands.


def test_an_edit_of_the_ledger_looks_at_the_schools_that_it_names_alone() -> None:
    talk = talking(school(1), school(2), now=CLASS - 1)
    edit(talk, CLASS, line("barrier_down.hold", 30), schools=[school(1).id])
    assert len(talk.engine._faults._anew) == 2  # The school, and its barrier.


def test_what_no_rule_knows_or_allows_is_left_out() -> None:
    lines = (line("no_such.hold", 1), line("gate_open.person", 10), line("gate_open.vehicle", 90))
    home = talking(roster=replace(city(), records=lines)).engine.home(school(1).id)
    assert home is not None
    person, vehicle = RULES["gate_open"].params
    assert (home.settings.of(person), home.settings.of(vehicle)) == (120, 90)


def test_schools_of_the_same_units_share_their_settings() -> None:
    talk = talking(roster=replace(city(school(1), school(2)), records=(line("gate_open.person", 60),)))
    one, two = talk.engine.home(school(1).id), talk.engine.home(school(2).id)
    assert one is not None
    assert two is not None
    assert one.settings is two.settings


@pytest.mark.parametrize(
    ("id_", "value", "zh", "en"),
    [
        ("nothing.hold", 1, "没有“nothing”这条规则", "no rule 'nothing'"),
        ("gate_open.nothing", 1, "没有“nothing”这一设置", "no setting 'nothing'; allowed: clear, person, vehicle"),
        ("gate_open.person", 29, "30–1800 s", "gate_open.person is 29; allowed: a whole number 30–1800 s"),
        ("gate_open.person", 60.5, "整数", "whole number"),
        ("gate_open.hold", 60, "没有“hold”", "no setting 'hold'"),
        ("one_key_press.hold", 60, "没有可调整的设置", "nothing that can be set"),
        ("device_alert.severity", 4, "没有可调整的设置", "nothing that can be set"),
        ("barrier_down.severity", 1, "2–4", "2–4"),
    ],
)
def test_the_sheet_refuses_what_a_rule_does_not_allow_in_both_languages(id_: str, value: float, zh: str, en: str) -> None:
    assert SHEET.line_check is not None
    refused = SHEET.line_check(line(id_, value))
    assert refused is not None
    assert zh in refused[0]
    assert en in refused[1]


def test_the_sheet_takes_both_ends_of_every_range() -> None:
    assert SHEET.line_check is not None
    for rule in RULES.values():
        for param in rule.settings:
            assert param.allows(param.default), f"{rule.name}.{param.name}"
            for value in (param.least, param.most):
                assert SHEET.line_check(line(f"{rule.name}.{param.name}", value)) is None


def test_no_signal_can_be_set_away() -> None:
    assert [rule.name for rule in RULES.values() if rule.subject is Subject.SIGNAL and rule.settings] == []


def test_the_names_of_a_rules_settings_are_its_own() -> None:
    for rule in RULES.values():
        names = [param.name for param in rule.settings]
        assert len(names) == len(set(names)), rule.name


def test_an_index_of_another_server_with_a_rule_we_do_not_know_harms_nothing() -> None:
    roster = replace(city(), records=(line("a_rule_of_tomorrow.hold", 5),))
    assert RosterIndex(roster).dossier(school(1).id).of(RuleSetting)
    assert talking(roster=roster, now=NOON).tick(NOON + 1) == []
