"""Accounts of a demonstration: one of each role, each with something to see."""

from server.registry.demo_accounts import demo_accounts, with_password
from server.registry.model import Role, Roster
from server.registry.tree import Tree
from tests.registry.city import roster


def test_each_role_has_an_account_that_sees_at_least_one_school() -> None:
    tree = Tree(roster())
    users = demo_accounts(tree)
    assert {user.role for user in users} == set(Role)
    for user in users:
        assert tree.branch(user.scope).schools, user.name


def test_two_seats_of_the_command_centre_see_the_same() -> None:
    seats = [user.scope for user in demo_accounts(Tree(roster())) if user.role is Role.COMMAND_CENTRE]
    assert len(seats) == 2
    assert seats[0] == seats[1]


def test_an_empty_roster_has_no_accounts() -> None:
    assert demo_accounts(Tree(Roster())) == []


def test_accounts_have_no_password_until_one_is_given() -> None:
    user = demo_accounts(Tree(roster()))[0]
    assert not user.password_hash
    assert with_password(user, "hash").password_hash == "hash"
