"""The two trees: who is below and above whom, and what each scope needs to name its schools."""

from dataclasses import replace

from server.registry.model import Scope
from server.registry.tree import Tree
from tests.registry.city import (
    BUREAU,
    CITY,
    FIRST,
    NORTH,
    NORTH_BUREAU,
    NORTH_STATION,
    SECOND,
    SOUTH,
    THIRD,
    TOWN,
    roster,
)


def test_branch_is_what_lies_below_in_roster_order() -> None:
    """A unit has the schools of the units below it; a station those of its territory."""
    tree = Tree(roster())

    assert tree.branch(Scope("unit", CITY)).schools == (FIRST, SECOND, THIRD)
    assert tree.branch(Scope("unit", NORTH)).schools == (FIRST, SECOND)
    assert tree.branch(Scope("unit", TOWN)).schools == (FIRST,)
    assert tree.branch(Scope("station", NORTH_BUREAU)).schools == (FIRST, SECOND)
    assert tree.branch(Scope("school", THIRD)).schools == (THIRD,)
    assert tree.branch(Scope("unit", SOUTH)).places == {THIRD: 0}


def test_unknown_scope_sees_nothing() -> None:
    """A scope that is not in the tree, or of the wrong kind, has no schools."""
    tree = Tree(roster())

    assert tree.branch(Scope("unit", "999")).schools == ()
    assert tree.branch(Scope("station", CITY)).schools == ()
    assert tree.branch(Scope("city", CITY)).schools == ()


def test_loop_among_units_ends() -> None:
    """Two units that name each other as parents cost neither time nor a school."""
    city = roster()
    looped = replace(city, units=tuple(replace(one, parent=TOWN) if one.id == NORTH else one for one in city.units))

    tree = Tree(looped)

    assert tree.branch(Scope("unit", TOWN)).schools == (FIRST, SECOND)


def test_roots_are_the_tops_of_both_trees() -> None:
    """Only the city and the bureau are roots."""
    tree = Tree(roster())

    assert tree.is_root(Scope("unit", CITY))
    assert tree.is_root(Scope("station", BUREAU))
    assert not tree.is_root(Scope("unit", NORTH))
    assert not tree.is_root(Scope("school", FIRST))
    assert not tree.is_root(Scope("station", "999"))


def test_visible_places_are_those_below_and_those_schools_belong_to() -> None:
    """A county sees its towns and the police of its schools, and nothing of its neighbour."""
    tree = Tree(roster())

    units, stations = tree.visible(Scope("unit", NORTH))
    police_units, police_stations = tree.visible(Scope("station", NORTH_STATION))

    assert {one.id for one in units} == {NORTH, TOWN}
    assert {one.id for one in stations} == {BUREAU, NORTH_BUREAU, NORTH_STATION}
    assert {one.id for one in police_units} == {CITY, NORTH, TOWN}
    assert {one.id for one in police_stations} == {NORTH_STATION}


def test_devices_out_of_use_are_not_listed() -> None:
    """A decommissioned device is in the roster for the past only."""
    tree = Tree(roster())

    assert [device.id for device in tree.devices_of(FIRST)] == ["button-1", "cam-1", "post-1"]
    assert tree.device("gw-first", "old-1") is not None
