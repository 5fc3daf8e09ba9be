"""What is told of an area names it, for it has no school."""

from contract.identity import GatewayId
from server.notify.composing import about
from server.notify.words import short, title
from server.registry.tree import Tree
from tests.api.engine import fault
from tests.registry.city import NORTH, roster


def test_the_message_of_an_area_names_the_unit_in_both_languages() -> None:
    tree = Tree(roster())
    told = about(fault("g", rule="area_power", school="", gateway=GatewayId(""), device="", unit=NORTH), tree)
    unit = tree.units[NORTH]
    assert (told.school, told.school_name, told.school_name_en) == ("", unit.name, unit.name_en)
    assert unit.name in short(told, "zh")
    assert unit.name_en in title(told, "en")
