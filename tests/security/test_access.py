"""Who sees what: reach by role and place, duress, and moves by flow."""

import pytest

from server.core.alert import Step
from server.core.lifecycle import legal_acts
from server.registry.model import Role, Scope, User
from server.registry.tree import Tree
from server.security.access import GRANTS, ROUTES, Act, Permission, as_seen, may, may_act, reach, sees, sees_alert
from tests.api.engine import fault, press
from tests.registry.city import FIRST, SECOND, THIRD, roster, users

TREE = Tree(roster())
USERS: dict[str, User] = {user.name: user for user in users()}
# Which of the three schools each user sees, by hand.
SEEN = {
    "police_liaison": {FIRST, SECOND},
    "command_centre": {FIRST, SECOND},
    "education_officer": {FIRST, SECOND},
    "school_director": {FIRST},
    "guard": {FIRST},
    "maintainer": {FIRST, SECOND},
    "administrator": {FIRST, SECOND},
    "wall": {FIRST, SECOND},
    "supervisor": {FIRST, SECOND},
    "chief": {FIRST, SECOND, THIRD},
    "bureau": {FIRST, SECOND, THIRD},
}


@pytest.mark.parametrize("name", SEEN)
def test_each_user_sees_their_branch_and_nothing_else(name: str) -> None:
    mine = reach(USERS[name], TREE)

    assert {school for school in (FIRST, SECOND, THIRD) if sees(mine, TREE, school)} == SEEN[name]
    assert {school for school in (FIRST, SECOND, THIRD) if sees_alert(mine, TREE, press("a", school=school))} == SEEN[name]


@pytest.mark.parametrize("name", SEEN)
def test_stray_alarm_is_seen_by_command_and_roots_alone(name: str) -> None:
    stray = press("a", school="")

    assert sees_alert(reach(USERS[name], TREE), TREE, stray) is (name in ("chief", "bureau", "command_centre"))


@pytest.mark.parametrize("name", SEEN)
def test_duress_is_hidden_at_the_school(name: str) -> None:
    mine = reach(USERS[name], TREE)

    assert sees_alert(mine, TREE, press("a", code="duress")) is (name not in ("school_director", "guard", "maintainer"))
    assert sees_alert(mine, TREE, press("a", code="fire"))


def test_whoever_works_in_schools_sees_no_duress_though_their_branch_is_a_county() -> None:
    """The head of a central school has an account for all its teaching points, and may be standing in one of them."""
    for role in Role:
        mine = reach(User(USERS["bureau"].name, "", role, Scope("unit", "450700"), ""), TREE)
        assert mine.covert is (role not in (Role.SCHOOL_DIRECTOR, Role.GUARD, Role.MAINTAINER))


def test_a_school_is_not_told_that_a_second_signal_confirmed_its_press() -> None:
    """That second signal may have been a silent call."""
    history = (Step(1.0, "raised"), Step(2.0, "confirmed"), Step(3.0, "proposed", "wang"), Step(4.0, "noted", "li"))
    confirmed = press("a", confirmed=True, proposed_by="wang", proposed_cause="test", history=history)
    there, away = (as_seen(reach(USERS[name], TREE), confirmed) for name in ("school_director", "police_liaison"))

    assert away == confirmed
    assert (there.confirmed, there.proposed_by, there.proposed_cause) == (False, "", "")
    assert [step.what for step in there.history] == ["raised", "noted"]


def test_scope_that_is_in_no_tree_sees_nothing() -> None:
    """A merged unit's account is blind, never all-seeing."""
    for scope in (Scope("unit", "999999"), Scope("station", ""), Scope("school", "9999999999"), Scope("else", "450700")):
        mine = reach(User(USERS["bureau"].name, "", Role.SUPERVISOR, scope, ""), TREE)
        for school in (FIRST, "", "9999999999"):
            assert not sees(mine, TREE, school), scope


def test_every_role_has_its_grant_and_every_permission_its_use() -> None:
    """No role is forgotten, no permission is a dead word."""
    assert set(GRANTS) == set(Role)
    granted = frozenset[Permission]().union(*(grant.permissions for grant in GRANTS.values()))
    assert granted == set(Permission) - {Permission.MACHINE}  # Which no role has: it is a key's.
    assert set(ROUTES.values()) | {Permission.CONTACT, Permission.DECLARE} == set(Permission)  # Of which no route is asked.


def test_presses_are_worked_by_police_alone() -> None:
    """Whoever is not police can at most add a note to a press; a school never closes its own."""
    police = {Role.POLICE_LIAISON, Role.COMMAND_CENTRE}
    for name, user in USERS.items():
        moves = {act for act in Act if may_act(user, press("a"), act)}
        if user.role in police:
            assert {Act.ACKNOWLEDGE, Act.DISPATCH, Act.RESOLVE} <= moves, name
        else:
            assert moves <= {Act.NOTE}, name


def test_school_takes_a_fault_in_hand_and_does_not_close_it() -> None:
    """Closing is for those who verify it."""
    director = USERS["school_director"]

    assert {act for act in Act if may_act(director, fault("f"), act)} == {Act.ACKNOWLEDGE, Act.WORK_ORDER, Act.NOTE}


def test_every_move_the_core_knows_can_be_asked_for_by_somebody() -> None:
    """A legal move that no role has would leave an alert stuck."""
    for alert in (press("a"), fault("f")):
        for act in legal_acts(alert):
            assert any(may_act(user, alert, Act(act)) for user in USERS.values()), act


def test_no_one_person_keeps_the_log_and_works_alarms() -> None:
    """Who reads or administers the audit moves nothing."""
    for user in USERS.values():
        if may(user, Permission.AUDIT):
            assert not GRANTS[user.role].acts
