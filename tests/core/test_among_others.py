"""The engine beside other servers: what they stored is followed, what is overtaken is said again, and one leads."""

from collections import Counter
from dataclasses import replace

from server.core.alert import Alert, Flow, State
from server.core.effects import AlertBehind, AlertChanged, AlertGone, DayNoted, FactDropped
from server.core.events import AlertOvertaken, FactFollowed, LeadChanged
from server.core.fact import Fact, What, decode_fact, encode_fact
from tests.core.talking import NOON, Talk, gateway_of, press_id, school, talking


def facts(talk: Talk) -> list[tuple[str, int, bytes]]:
    """List what an engine that began alone wants stored: alert, number and body."""
    numbers: Counter[str] = Counter()
    said = []
    for alert, body in talk.facts:
        numbers[alert] += 1
        said.append((alert, numbers[alert], body))
    return said


def follow(talk: Talk, said: list[tuple[str, int, bytes]], now: float = NOON + 5) -> None:
    """Tell one engine what another stored."""
    for alert, number, body in said:
        talk.say(FactFollowed(alert, number, body), now)


def only(talk: Talk) -> Alert:
    """Give the one incident there is."""
    [alert] = [alert for alert in talk.engine.alerts.values() if alert.flow is Flow.INCIDENT]
    return alert


def test_what_another_server_did_is_followed_to_the_same_picture() -> None:
    one, other = talking(school()), talking(school())
    one.press(1, NOON, stored=False)
    one.stored(1, NOON + 1)
    one.act(only(one), "acknowledge", NOON + 2)

    follow(other, facts(one))

    assert only(other) == only(one)
    assert not other.facts, "what is followed is not stored again"


def test_what_is_followed_is_on_the_screens_and_told_twice_changes_nothing() -> None:
    one, other = talking(school()), talking(school())
    one.press(1, NOON)
    said = facts(one)

    follow(other, said)
    shown = other.changed()
    follow(other, said)

    assert [one.alert for one in shown] == [only(one)]
    assert not other.changed()


def test_a_press_both_heard_is_one_alert_after_the_loser_has_read_it_again() -> None:
    """Both showed it, both confirmed it; one was first in the journal."""
    first, second = talking(school()), talking(school())
    for talk, now in ((first, NOON), (second, NOON + 0.01)):
        talk.press(1, now, stored=False)
        talk.stored(1, now + 1)

    lost = [body for _, _, body in facts(second)]
    stored = [body for _, _, body in facts(first)]
    effects = second.say(AlertOvertaken(only(second).id, stored, lost), NOON + 2)

    assert only(second) == only(first)
    assert [type(effect) for effect in effects] == [AlertChanged, FactDropped, FactDropped]


def test_a_press_that_lost_the_race_for_its_number_is_said_again() -> None:
    """Of two presses that two servers attached at once, neither is lost and neither doubled."""
    first, second = talking(school()), talking(school())
    first.press(1, NOON)
    follow(second, facts(first))
    first.press(2, NOON + 10)
    second.press(3, NOON + 10)
    stored = [body for _, _, body in facts(first)]
    lost = [body for _, _, body in facts(second)]

    effects = second.say(AlertOvertaken(only(second).id, stored, lost), NOON + 11)

    alert = only(second)
    assert [press.id for press in alert.presses] == [press_id(1), press_id(2), press_id(3)]
    again = effects[-1]
    assert isinstance(again, AlertChanged)
    assert again.fact is not None
    assert (decode_fact(again.fact).what, again.alert.version) == (What.PRESSED, 3)


def test_a_press_that_is_stored_in_another_incident_leaves_ours() -> None:
    """Two servers began an incident each for presses they heard in different order; the second of ours has gone."""
    first, second = talking(school()), talking(school())
    first.press(1, NOON)
    first.press(2, NOON + 1)
    second.press(2, NOON + 1)
    own = only(second)

    lost = [body for _, _, body in facts(second)]
    effects = second.say(AlertOvertaken(own.id, [], lost, frozenset({press_id(2)})), NOON + 2)
    follow(second, facts(first))

    assert only(second) == only(first)
    gone = next(effect for effect in effects if not isinstance(effect, DayNoted))
    assert gone == AlertGone(own), "its tile leaves the screens"


def test_a_press_that_another_server_keeps_elsewhere_is_never_in_two_tiles() -> None:
    """Both servers were down, and each took another press for the first."""
    first, second = talking(school()), talking(school())
    first.press(1, NOON)
    second.press(2, NOON)
    second.press(1, NOON + 1)

    effects = second.say(FactFollowed(*facts(first)[0]), NOON + 2)

    assert effects == [AlertBehind(press_id(2)), AlertBehind(press_id(1))]
    own = [body for _, _, body in facts(second)]
    second.say(AlertOvertaken(press_id(2), own[:1], own[1:], frozenset({press_id(1)})), NOON + 3)
    second.say(AlertOvertaken(press_id(1), [body for _, _, body in facts(first)], []), NOON + 3)
    shown = {alert.id: [press.id for press in alert.presses] for alert in second.engine.alerts.values()}
    assert shown == {press_id(1): [press_id(1)], press_id(2): [press_id(2)]}


def test_a_later_press_of_an_incident_that_has_gone_begins_one_of_its_own() -> None:
    first, second = talking(school()), talking(school())
    first.press(1, NOON)
    second.press(1, NOON)
    second.press(3, NOON + 5)
    lost = [body for _, _, body in facts(second)]

    effects = second.say(AlertOvertaken(only(second).id, [], lost, frozenset({press_id(1)})), NOON + 6)

    assert [press.id for press in only(second).presses] == [press_id(3)]
    said = effects[-1]
    assert isinstance(said, AlertChanged)
    assert said.fact is not None
    assert (decode_fact(said.fact).what, said.alert.id) == (What.RAISED, press_id(3))


def test_a_press_that_begins_an_incident_of_its_own_is_saved_when_the_one_it_was_in_was_told_so() -> None:
    """The journal confirms a press once: the word must not be lost with the incident that has gone."""
    second = talking(school())
    second.press(1, NOON)
    second.press(3, NOON + 5, stored=False)
    second.stored(3, NOON + 6)
    lost = [body for _, _, body in facts(second)]

    second.say(AlertOvertaken(only(second).id, [], lost, frozenset({press_id(1)})), NOON + 7)

    assert only(second).id == press_id(3)
    assert only(second).stored


def test_a_press_that_lost_to_the_end_of_its_incident_begins_a_new_one() -> None:
    """A person resolved it at one server while the button was pressed again at the other."""
    first, second = talking(school()), talking(school())
    first.press(1, NOON)
    follow(second, facts(first))
    first.act(only(first), "acknowledge", NOON + 1)
    first.act(only(first), "resolve", NOON + 2, cause="real")
    second.press(2, NOON + 2)
    stored = [body for _, _, body in facts(first)]
    lost = [body for _, _, body in facts(second)]

    second.say(AlertOvertaken(only(first).id, stored, lost), NOON + 3)

    shown = {alert.id: [press.id for press in alert.presses] for alert in second.engine.alerts.values()}
    assert shown == {press_id(1): [press_id(1)], press_id(2): [press_id(2)]}
    assert second.engine.alerts[press_id(2)].state is State.RAISED


def test_a_move_of_a_person_that_lost_is_not_made() -> None:
    first, second = talking(school()), talking(school())
    first.press(1, NOON)
    follow(second, facts(first))
    first.act(only(first), "acknowledge", NOON + 10, by="wang")
    second.act(only(second), "acknowledge", NOON + 10, by="li", key="k")
    stored = [body for _, _, body in facts(first)]
    lost = [body for _, _, body in facts(second)]

    effects = second.say(AlertOvertaken(only(second).id, stored, lost), NOON + 11)

    assert only(second).owner == "wang"
    assert isinstance(effects[-1], FactDropped)


def test_facts_missed_in_between_have_the_alert_read_again() -> None:
    one, other = talking(school()), talking(school())
    one.press(1, NOON)
    one.press(2, NOON + 5)

    effects = other.say(FactFollowed(*facts(one)[1]), NOON + 6)

    assert effects == [AlertBehind(only(one).id)]


def test_a_press_both_attached_under_different_numbers_is_never_shown_twice() -> None:
    """One server knew of a move that the other had not read yet, so the same press is its third fact and our second."""
    first, second = talking(school()), talking(school())
    first.press(1, NOON)
    follow(second, facts(first))
    first.act(only(first), "acknowledge", NOON + 5)
    first.press(2, NOON + 10)
    second.press(2, NOON + 10)

    effects = [second.say(FactFollowed(*one), NOON + 11) for one in facts(first)[1:]]

    assert only(second).press_count == 2
    assert effects[-1] == [AlertBehind(only(second).id)]


def offline(talk: Talk, now: float) -> None:
    """Let the gateway of the school fall silent for long enough to be told, second by second."""
    talk.heard(NOON)
    at = NOON
    while at < now:
        at += 10
        talk.tick(at)


def test_only_the_leader_raises_faults_and_whoever_takes_over_raises_what_nobody_did() -> None:
    talk = talking(school())
    talk.say(LeadChanged(leads=False), NOON)
    offline(talk, NOON + 600)
    assert not talk.engine.alerts

    talk.say(LeadChanged(leads=True), NOON + 600)
    for second in range(10):
        talk.tick(NOON + 601 + second)

    assert [alert.gateway for alert in talk.engine.alerts.values()] == [gateway_of(1)]


def test_what_the_leader_raised_is_not_raised_again_after_a_change() -> None:
    one, other = talking(school()), talking(school())
    other.say(LeadChanged(leads=False), NOON)
    offline(one, NOON + 600)
    offline(other, NOON + 600)
    follow(other, facts(one))
    other.say(LeadChanged(leads=True), NOON + 600)
    for second in range(10):
        other.tick(NOON + 601 + second)

    assert set(other.engine.alerts) == set(one.engine.alerts)


def test_of_two_that_led_at_once_one_fault_is_left_open() -> None:
    """The database was away from one of them for a while."""
    one, other = talking(school()), talking(school())
    offline(one, NOON + 600)
    offline(other, NOON + 605)
    [theirs] = one.engine.alerts.values()
    renamed = Fact(What.RAISED, theirs.rx, alert=replace(theirs, id="gateway_offline:elsewhere"))

    other.say(FactFollowed("gateway_offline:elsewhere", 1, encode_fact(renamed)), NOON + 610)

    states = sorted(alert.state.value for alert in other.engine.alerts.values())
    assert states == [State.CLOSED.value, State.RAISED.value]


def test_escalation_is_the_leaders() -> None:
    one, other = talking(school()), talking(school())
    other.say(LeadChanged(leads=False), NOON)
    for talk in (one, other):
        talk.press(1, NOON)
        for second in range(0, 400, 10):
            talk.tick(NOON + second)
    assert only(one).escalation > 0
    assert only(other).escalation == 0
