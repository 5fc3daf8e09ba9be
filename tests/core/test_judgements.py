"""What parts of the service find wrong is told once for each thing, ended when it is over, and told when it comes back."""

import pytest

from server.core.alert import Alert
from server.core.events import ServiceJudged
from server.core.judgements import RULES
from tests.core.talking import NOON, Talk, talking


def open_alerts(talk: Talk) -> list[Alert]:
    """List the open alerts."""
    return [alert for alert in talk.engine.alerts.values() if alert.open]


@pytest.mark.parametrize("rule", RULES)
def test_it_is_told_once_ended_when_over_and_told_again_when_it_comes_back(rule: str) -> None:
    talk = talking(now=NOON)
    for second in range(3):
        talk.say(ServiceJudged(rule, "one", found=True, rx=NOON + second), NOON + second)
    [alert] = open_alerts(talk)
    assert (alert.rule, alert.code, alert.severity) == (rule, "one", RULES[rule].severity)
    talk.say(ServiceJudged(rule, "two", found=True, rx=NOON + 4), NOON + 4)
    assert len(open_alerts(talk)) == 2
    talk.say(ServiceJudged(rule, "one", found=False, rx=NOON + 60), NOON + 60)
    assert [one.code for one in open_alerts(talk)] == ["two"]
    talk.say(ServiceJudged(rule, "one", found=True, rx=NOON + 120), NOON + 120)
    assert len(open_alerts(talk)) == 2


def test_two_servers_that_find_the_same_within_a_minute_make_one_alert() -> None:
    one, other = talking(now=NOON), talking(now=NOON)
    for talk, late in ((one, 1.0), (other, 2.5)):
        talk.say(ServiceJudged("dead_channel", "sms", found=True, rx=NOON + late), NOON + late)
    assert set(one.engine.alerts) == set(other.engine.alerts)


def test_a_unit_is_named_where_it_is_one_of_ours() -> None:
    talk = talking(now=NOON)
    talk.say(ServiceJudged("coverage_dropped", "t1_networked", True, NOON, "450702", (("from", "10000"),)), NOON)
    talk.say(ServiceJudged("coverage_dropped", "t1_networked", True, NOON, "nowhere"), NOON)
    assert sorted(alert.unit for alert in open_alerts(talk)) == ["", "450702"]


def test_a_word_that_no_rule_knows_is_no_word_and_an_end_without_a_beginning_says_nothing() -> None:
    talk = talking(now=NOON)
    talk.say(ServiceJudged("a_rule_of_tomorrow", "x", found=True, rx=NOON), NOON)
    talk.say(ServiceJudged("dead_channel", "sms", found=False, rx=NOON), NOON)
    assert talk.effects == []


def test_it_outlasts_a_restart_and_is_not_told_again() -> None:
    talk = talking(now=NOON)
    talk.say(ServiceJudged("dead_channel", "sms", found=True, rx=NOON), NOON)
    fresh = talk.restarted(NOON + 600)
    fresh.say(ServiceJudged("dead_channel", "sms", found=True, rx=NOON + 600), NOON + 600)
    assert len(open_alerts(fresh)) == 1
