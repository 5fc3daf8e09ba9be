"""The figures of EEMUA 191 and ISA-18.2, and the advice on holds, over episodes that are told by hand."""

import pytest

from server.core.alert import Alert, Flow, Severity, State
from server.core.fact import Fact, What
from server.noise import advice, quality
from server.noise.episodes import Episode, episodes_of

DAY = 86_400.0
START = 1_000_000_200.0 - 1_000_000_200.0 % 600


def alert(key: str, at: float, **changes: object) -> Alert:
    """Make an alert of a camera as it begins."""
    fields: dict[str, object] = {
        "id": key,
        "rule": "camera_offline",
        "severity": Severity.MEDIUM,
        "state": State.RAISED,
        "mode": "real",
        "school": "s1",
        "gateway": "gw-1",
        "device": "cam-1",
        "t": at,
        "rx": at,
        "version": 1,
        "updated": at,
    }
    return Alert(**(fields | changes))  # type: ignore[arg-type]  # Each is of the field's type.


def life(key: str, at: float, *steps: tuple[float, What, str], **changes: object) -> list[tuple[str, Fact]]:
    """Write the facts of one alert: raised, and whatever follows after so many seconds."""
    begun = (key, Fact(What.RAISED, at, alert=alert(key, at, **changes)))
    return [begun, *((key, Fact(what, at + after, cause=cause)) for after, what, cause in steps)]


def gone(after: float) -> list[tuple[float, What, str]]:
    """Let an alert end by itself after so many seconds, of which its end was not believed for five minutes."""
    return [(after, What.RECOVERED, ""), (after, What.CLOSED, "recovered")]


def told(*lives: list[tuple[str, Fact]]) -> list[Episode]:
    """Give the episodes of several alerts."""
    return list(episodes_of(fact for one in lives for fact in one).values())


def test_load_of_an_officer_is_counted_in_tens_of_minutes() -> None:
    rings = [START + 1, *(START + 1_200 + second for second in range(12)), START + 1_900, START + 3_000]
    load = quality.load(rings, START, START + 6_000)
    assert load.bins == (1, 0, 12, 1, 0, 1, 0, 0, 0, 0)
    assert (load.total, load.peak, load.average, load.over_percent) == (15, 12, 1.5, 10.0)
    assert load.floods == ((START + 1_200, START + 1_800, 12),)
    assert load.flood_percent == 10.0


def test_a_flood_goes_on_until_fewer_than_five_ring() -> None:
    rings = [START + 600 * place + second for place, count in enumerate((11, 7, 6, 4)) for second in range(count)]
    [(begin, end, count)] = quality.load(rings, START, START + 6_000).floods
    assert (begin, end, count) == (START, START + 1_800, 24)


def test_what_stands_under_another_has_called_nobody_and_rings_when_it_is_let_go() -> None:
    [one] = told(life("a", START, (1.0, What.GROUPED, ""), (900.0, What.UNGROUPED, "")))
    assert one.rings == [START + 900]
    [late] = told(life("b", START, (300.0, What.GROUPED, "")))
    assert late.rings == [START], "it had rung before its cause was known"


def test_bad_actors_are_named_with_their_share_and_chatter() -> None:
    lives = [life(f"a{n}", START + 300 * n, *gone(100)) for n in range(6)]
    lives += [life(f"b{n}", START + 5_000 * n, device="cam-2") for n in range(2)]
    first, second = quality.actors(told(*lives), START, START + DAY)
    assert (first.subject, first.times, first.share, first.chatters) == (("camera_offline", "gw-1", "cam-1"), 6, 75.0, True)
    assert (second.times, second.chatters) == (2, False)
    assert quality.chattering(told(*lives), START, START + DAY) == 1


def test_severities_are_counted_as_they_ended_up() -> None:
    worse = life("a", START)
    worse.append(("a", Fact(What.SHIFTED, START + 5, severity=Severity.HIGH)))
    assert quality.by_severity(told(worse, life("b", START)), START, START + DAY) == {2: 1, 3: 1}


def test_a_button_with_three_false_presses_in_thirty_days_is_due() -> None:
    def pressed(key: str, at: float, cause: str, device: str = "btn-1") -> list[tuple[str, Fact]]:
        steps = ((10.0, What.ACKNOWLEDGED, ""), (60.0, What.RESOLVED, cause))
        return life(key, at, *steps, rule="one_key_press", device=device, flow=Flow.INCIDENT, severity=Severity.CRITICAL)

    lives = [pressed(f"a{n}", START + DAY * n, "false_human") for n in range(3)]
    lives += [pressed("r", START, "real"), pressed("b", START, "false_device", "btn-2")]
    first, second = quality.pressers(told(*lives), START, START + 30 * DAY)
    assert (first.device, first.false, first.all, first.due) == ("btn-1", 3, 4, True)
    assert (second.device, second.due) == ("btn-2", False)


def test_answers_are_measured_from_the_first_ring() -> None:
    waits = (5.0, 20.0, 50.0)
    lives = [life(f"a{n}", START, (wait, What.ACKNOWLEDGED, ""), severity=Severity.CRITICAL) for n, wait in enumerate(waits)]
    lives.append(life("n", START, severity=Severity.CRITICAL))
    found = quality.answers(told(*lives), START, START + DAY)[0]
    assert (found.rang, found.answered, found.within, found.p50, found.longest) == (4, 3, 2, 20.0, 50.0)


def test_advice_names_the_hold_that_removes_four_fifths_and_what_it_would_have_delayed() -> None:
    clear = 300.0  # Of the rule: its end is not believed before.
    lives = [
        life(f"f{n}", START + 1_000 * n, *gone(clear + span))
        for n, span in enumerate([20.0] * 8 + [70.0] * 4 + [2_000.0] * 3)
    ]
    lives += [
        life(f"t{n}", START + 50_000, (60.0, What.ACKNOWLEDGED, ""), (9_000.0, What.WORK_ORDERED, ""), device=f"cam-{n}")
        for n in range(4)
    ]
    [one] = advice.advise(told(*lives), START, START + DAY)
    assert (one.rule, one.hold, one.wanted) == ("camera_offline", 0.0, 90.0)
    assert (one.alerts, one.fleeting, one.removed, one.delayed) == (19, 15, 12, 4)


@pytest.mark.parametrize("rule", ["one_key_press", "gateway_offline"])
def test_there_is_no_advice_for_incidents_or_on_few_alerts(rule: str) -> None:
    flow = Flow.INCIDENT if rule == "one_key_press" else Flow.FAULT
    count = 30 if rule == "one_key_press" else 5
    lives = [life(f"f{n}", START + n, *gone(310), rule=rule, flow=flow, device="") for n in range(count)]
    assert advice.advise(told(*lives), START, START + DAY) == []
