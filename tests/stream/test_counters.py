"""The figures of the summary: kept by difference, and never better than what is known."""

from contract.identity import GatewayId
from server.core.alert import State
from server.registry.model import Scope
from server.registry.tree import Tree
from server.security.access import Reach
from server.stream.counters import Counters
from tests.api.engine import fault, press
from tests.registry.city import CITY, NORTH, SOUTH, roster

Shown = dict[str, tuple[int, ...] | int]


def figures(counters: Counters, unit: str = CITY, *, unplaced: bool = False) -> Shown:
    """Give the figures of a unit that are worth looking at."""
    summary = counters.summary(Reach(Scope("unit", unit), unplaced, covert=True), 1, 2, 3, journal_ok=True)
    names = ("unacked", "open", "drills", "schools_live", "schools", "devices_live", "devices_unknown", "devices")
    return {name: getattr(summary, name) for name in names}


def changed(before: Shown, after: Shown) -> Shown:
    """Give what differs."""
    return {name: value for name, value in after.items() if before[name] != value}


def test_everything_is_unknown_until_it_is_heard() -> None:
    """Silence is not health; decommissioned devices are in no figure."""
    counters = Counters(Tree(roster()))

    assert figures(counters) == {
        "unacked": (0, 0, 0, 0),
        "open": (0, 0, 0, 0),
        "drills": 0,
        "schools_live": 0,
        "schools": 3,
        "devices_live": 0,
        "devices_unknown": 9,
        "devices": 9,
    }
    assert (figures(counters, NORTH)["schools"], figures(counters, SOUTH)["devices"]) == (2, 3)


def test_alert_is_counted_as_it_is_now() -> None:
    """Raised, acknowledged, resolved: each move replaces what was counted before."""
    counters = Counters(Tree(roster()))
    nothing = figures(counters)

    counters.alert(press("a"))
    counters.alert(fault("f"))
    raised = figures(counters, NORTH)
    counters.alert(press("a", state=State.ACKNOWLEDGED))
    taken = figures(counters, NORTH)
    counters.alert(press("a", state=State.RESOLVED))
    counters.alert(fault("f", state=State.CLOSED))

    assert (raised["unacked"], raised["open"]) == ((1, 0, 1, 0), (1, 0, 1, 0))
    assert (taken["unacked"], taken["open"]) == ((0, 0, 1, 0), (1, 0, 1, 0))
    assert figures(counters) == nothing


def test_drill_is_in_no_figure_of_alarms() -> None:
    """An exercise never makes the picture look worse, nor hides in it."""
    counters = Counters(Tree(roster()))

    counters.alert(press("a", mode="drill"))
    counters.alert(press("b", mode="test"))

    assert (figures(counters)["open"], figures(counters)["drills"]) == ((0, 0, 0, 0), 2)


def test_alarm_without_a_school_is_counted_where_it_is_seen() -> None:
    """The figure and the list agree."""
    counters = Counters(Tree(roster()))

    counters.alert(press("a", school=""))

    assert figures(counters)["open"] == (0, 0, 0, 0)
    assert figures(counters, unplaced=True)["open"] == (1, 0, 0, 0)


def test_devices_of_a_silent_gateway_are_unknown_again() -> None:
    """One silent box takes the word on its devices along, in its branch alone."""
    counters = Counters(Tree(roster()))
    south, before = figures(counters, SOUTH), figures(counters, NORTH)

    counters.gateway("gw-first", "live")
    counters.device("gw-first", "button-1", "live")
    counters.device("gw-first", "cam-1", "offline")
    heard = figures(counters, NORTH)
    counters.gateway("gw-first", "unknown")
    silent = figures(counters, NORTH)

    assert changed(before, heard) == {"schools_live": 1, "devices_live": 1, "devices_unknown": 4}
    assert silent == before
    assert figures(counters, SOUTH) == south


def test_same_word_twice_counts_once() -> None:
    """The engine may repeat itself; the figures do not."""
    counters = Counters(Tree(roster()))
    for _ in range(2):
        counters.gateway("gw-first", "live")
        counters.device("gw-first", "cam-1", "live")
        counters.alert(press("a"))

    now = figures(counters)
    assert (now["schools_live"], now["devices_live"], now["open"]) == (1, 1, (1, 0, 0, 0))


def test_what_is_not_in_the_roster_is_in_no_figure() -> None:
    """A stranger's device cannot improve a school; the box's word about itself is no device; nor is what is out of use."""
    counters = Counters(Tree(roster()))
    before = figures(counters)

    counters.gateway("gw-stranger", "live")
    counters.device("gw-stranger", "cam-1", "live")
    counters.device(GatewayId("gw-first"), "cam-99", "live")
    counters.device(GatewayId("gw-first"), "old-1", "live")

    assert figures(counters) == before


def test_what_is_held_back_is_counted_apart_and_rings_no_more() -> None:
    """Silence is not health: it is in no figure but its own."""
    counters = Counters(Tree(roster()))
    reach = Reach(Scope("unit", CITY), unplaced=False, covert=True)
    for name in ("a", "b", "c"):
        counters.alert(fault(name, rule=name))

    before = counters.summary(reach, 1, 1_000_000, 3, journal_ok=True)
    counters.alert(fault("a", rule="a", group="g"))
    counters.alert(fault("b", rule="b", shelved_until=2_000.0))
    after = counters.summary(reach, 1, 1_000_000, 3, journal_ok=True)

    assert (sum(before.open), before.held, before.rang) == (3, (0, 0, 0), 3)
    assert (sum(after.open), sum(after.unacked), after.held, after.rang) == (1, 1, (1, 1, 0), 2)
    assert counters.summary(reach, 1, 9_000_000, 3, journal_ok=True).rang == 0
    counters.gone("a")
    assert counters.summary(reach, 1, 9_000_000, 3, journal_ok=True).held == (0, 1, 0)


def test_the_row_of_an_area_counts_for_whoever_minds_a_school_of_it() -> None:
    """Once for each scope, however many schools it has."""
    counters = Counters(Tree(roster()))
    counters.alert(fault("g", rule="area_silent", school="", gateway="", device="", unit=NORTH))

    assert sum(figures(counters)["open"]) == 1  # type: ignore[arg-type]  # Four figures.
    assert sum(figures(counters, NORTH)["open"]) == 1  # type: ignore[arg-type]
    assert sum(figures(counters, SOUTH)["open"]) == 0  # type: ignore[arg-type]
