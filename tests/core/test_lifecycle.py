"""What people may do with an alert, and what they may not."""

import pytest

from server.core.alert import Alert, Flow, State
from server.core.events import ActRequested
from server.core.fact import What
from server.core.lifecycle import BY_ITSELF, FAULT_MOVES, INCIDENT_MOVES, legal_acts
from tests.core.talking import Talk, city, press_id, talking


def confirmed(talk: Talk) -> Alert:
    """Press two buttons and acknowledge the first incident."""
    first = talk.press(1, 100, device="btn-1")
    talk.press(2, 110, device="btn-2")
    return talk.act(first.id, "acknowledge", 120)


def test_a_press_goes_its_whole_way() -> None:
    """Raised, acknowledged, dispatched, on scene, resolved, reviewed: each with who, when and why."""
    talk = talking()
    alert = talk.press(1, 100)

    states = [
        talk.act(alert, "acknowledge", 110, by="wang").state,
        talk.act(alert, "dispatch", 120, by="li", note="car 3").state,
        talk.act(alert, "arrive", 300, by="li").state,
        talk.act(alert, "resolve", 600, by="li", cause="real", note="two held").state,
        talk.act(alert, "review", 900, by="zhao").state,
    ]

    end = talk.engine.alerts[alert.id]
    assert states == ["acknowledged", "dispatched", "on_scene", "resolved", "reviewed"]
    assert (end.acknowledged_at, end.resolved_at, end.cause) == (110, 600, "real")
    assert [(step.what, step.by) for step in end.history][1:] == [
        ("acknowledged", "wang"), ("dispatched", "li"), ("arrived", "li"), ("resolved", "li"), ("reviewed", "zhao"),
    ]  # fmt: skip
    assert "car 3" in end.history[2].note


@pytest.mark.parametrize("act", ["dispatch", "arrive", "resolve", "review", "work_order", "close", "reopen", "nonsense"])
def test_a_raised_press_can_only_be_acknowledged(act: str) -> None:
    """Nothing skips the acknowledgement, and nothing else changes the alert."""
    talk = talking()
    alert = talk.press(1, 100)

    after = talk.act(alert, act, 110, cause="real")

    assert talk.refused().code == "illegal_move"
    assert after == alert


def test_tables_never_leave_an_incident_without_people() -> None:
    """No table knows a move of an incident to `closed` or `recovered`: those belong to faults."""
    reached = {what.value for what in INCIDENT_MOVES.values()}

    assert reached.isdisjoint({"closed", "recovered"})
    assert {state for state, _ in FAULT_MOVES}.isdisjoint({State.RESOLVED, State.DISPATCHED})


def test_a_cause_is_needed_to_resolve() -> None:
    """An incident without a cause teaches nothing."""
    talk = talking()
    alert = talk.press(1, 100)
    talk.act(alert, "acknowledge", 110)

    talk.act(alert, "resolve", 120)
    assert talk.refused().code == "cause_required"
    talk.act(alert, "resolve", 120, cause="whatever")
    assert talk.refused().code == "cause_required"


def test_who_has_not_seen_the_last_move_is_refused() -> None:
    """Two people at two screens: the second hears who was first."""
    talk = talking()
    alert = talk.press(1, 100)
    talk.act(alert, "acknowledge", 110, by="wang")

    talk.act(alert, "acknowledge", 111, by="li", version=alert.version)

    assert talk.refused().code == "version_conflict"
    refused = talk.refused().alert
    assert refused is not None
    assert refused.owner == "wang"


def test_a_commit_in_between_does_not_turn_an_acknowledgement_down() -> None:
    """The service's own changes are nobody's decision: one click acknowledges, also in the second of the commit."""
    talk = talking()
    seen = talk.press(1, 100, stored=False)
    talk.stored(1, 101)
    talk.tick(131)
    assert talk.engine.alerts[seen.id].escalation == 1

    after = talk.act(seen, "acknowledge", 132, version=seen.version)

    assert after.state is State.ACKNOWLEDGED


def test_a_press_in_between_must_be_seen() -> None:
    """An acknowledgement of the first press is not one of the second."""
    talk = talking()
    seen = talk.press(1, 100)
    talk.press(2, 105)

    talk.act(seen, "acknowledge", 106, version=seen.version)

    assert talk.refused().code == "version_conflict"


def test_a_version_from_the_future_is_refused() -> None:
    """A screen cannot have seen what has not been."""
    talk = talking()
    alert = talk.press(1, 100)

    talk.act(alert, "acknowledge", 106, version=alert.version + 1)

    assert talk.refused().code == "version_conflict"


def test_a_confirmed_incident_needs_two_people_to_be_false() -> None:
    """The first proposes, the same person cannot agree with himself, a second person completes."""
    talk = talking()
    alert = confirmed(talk)

    proposed = talk.act(alert, "resolve", 130, by="wang", cause="false_human")
    assert talk.refused().code == "second_person_required"
    assert [change.fact is not None for change in talk.changed()] == [True]
    assert proposed.open
    again = talk.act(alert, "resolve", 140, by="wang", cause="false_human")
    assert talk.refused().code == "second_person_required"
    assert talk.changed() == []
    assert again.open
    other = talk.act(alert, "resolve", 150, by="li", cause="false_device")
    assert other.open
    done = talk.act(alert, "resolve", 160, by="wang", cause="false_device")

    assert (done.state, done.cause) == (State.RESOLVED, "false_device")
    assert "li + wang" in done.history[-1].note


@pytest.mark.parametrize("cause", ["false_human", "false_device", "test", "drill", "duplicate"])
def test_no_cause_but_real_closes_a_confirmed_incident_alone(cause: str) -> None:
    """Calling it a test is a way of calling it false."""
    talk = talking()

    after = talk.act(confirmed(talk), "resolve", 130, cause=cause)

    assert after.open


def test_a_confirmed_incident_that_is_real_needs_one_person() -> None:
    """Truth needs no seconder."""
    talk = talking()

    after = talk.act(confirmed(talk), "resolve", 130, cause="real")

    assert after.state is State.RESOLVED


def test_a_new_press_voids_the_proposal() -> None:
    """Whoever proposed had not seen it."""
    talk = talking()
    alert = confirmed(talk)
    talk.act(alert, "resolve", 130, by="wang", cause="false_human")
    talk.press(3, 140, device="btn-1")
    talk.act(alert, "acknowledge", 150, by="li")

    after = talk.act(alert, "resolve", 160, by="li", cause="false_human")

    assert after.open


def test_the_same_request_again_changes_nothing() -> None:
    """A browser that repeats a request after a cut gets the same answer, and the history one entry."""
    talk = talking()
    alert = talk.press(1, 100)
    first = talk.act(alert, "acknowledge", 110, key="k1")

    again = talk.act(alert, "acknowledge", 111, key="k1", version=alert.version)

    [change] = talk.changed()
    assert change.fact is None
    assert again == first


def test_a_repeated_proposal_does_not_agree_with_itself() -> None:
    """The key of a proposal gives the proposal's answer."""
    talk = talking()
    alert = confirmed(talk)
    talk.act(alert, "resolve", 130, by="wang", cause="false_human", key="k")

    after = talk.act(alert, "resolve", 131, by="wang", cause="false_human", key="k")

    assert talk.refused().code == "second_person_required"
    assert after.open


def test_notes_need_no_fresh_version() -> None:
    """A note overwrites nobody's move."""
    talk = talking()
    alert = talk.press(1, 100)
    talk.act(alert, "acknowledge", 110)

    after = talk.act(alert, "note", 120, by="li", note="camera shows nobody", version=1)

    assert after.history[-1].note == "camera shows nobody"
    assert after.state is State.ACKNOWLEDGED


def test_an_unknown_alert_is_not_found() -> None:
    """The code is stable for the API."""
    talk = talking()
    talk.press(1, 100)

    talk.act(press_id(1), "acknowledge", 110)
    refused = talk.engine.step(talk_request("nowhere"), 120)

    assert [getattr(effect, "code", "") for effect in refused] == ["not_found"]


def talk_request(alert: str) -> ActRequested:
    """Ask for a move of an alert nobody knows."""
    return ActRequested(alert, "acknowledge", "wang", "police_liaison", 1)


def test_a_resolved_incident_can_be_reopened() -> None:
    """A mistake can be taken back, and rings again."""
    talk = talking()
    alert = talk.press(1, 100)
    talk.act(alert, "acknowledge", 110)
    talk.act(alert, "resolve", 120, cause="false_human")

    after = talk.act(alert, "reopen", 130)

    assert (after.state, after.cause, after.next_escalation_at) == (State.RAISED, "", 160)
    assert talk.told()


def test_reopening_yields_to_a_newer_incident() -> None:
    """There is one open incident of a button."""
    talk = talking()
    alert = talk.press(1, 100)
    talk.act(alert, "acknowledge", 110)
    talk.act(alert, "resolve", 120, cause="false_human")
    talk.press(2, 500)

    talk.act(alert.id, "reopen", 510)

    assert talk.refused().code == "illegal_move"


def test_legal_acts_follow_the_table() -> None:
    """Screens offer what the table allows."""
    talk = talking()
    alert = talk.press(1, 100)

    assert alert.flow is Flow.INCIDENT
    assert legal_acts(alert) == ("acknowledge", "note", "escalate")


def test_a_proposal_outlives_a_restart_and_still_needs_another_person() -> None:
    """The first may even have signed in anew meanwhile: a session is no person."""
    talk = talking()
    alert = confirmed(talk)
    talk.act(alert, "resolve", 130, by="wang", cause="false_human")

    fresh = talk.restarted(140)
    same = fresh.act(alert.id, "resolve", 150, by="wang", cause="false_human", key="another-session")
    assert (same.open, fresh.refused().code) == (True, "second_person_required")
    done = fresh.act(alert.id, "resolve", 160, by="li", cause="false_human")

    assert done.state is State.RESOLVED


def test_two_accounts_of_one_person_are_one_person() -> None:
    talk = talking()
    alert = confirmed(talk)
    talk.act(alert, "resolve", 130, by="wang", cause="false_human")

    also = frozenset({"wang"})
    after = talk.act(alert, "resolve", 140, by="wang2", cause="false_human", also=also)
    assert (after.open, talk.refused().code) == (True, "second_person_required")
    done = talk.act(alert, "resolve", 150, by="li", cause="false_human")

    assert done.state is State.RESOLVED


@pytest.mark.parametrize("what", ["press", "reopen", "expiry"])
def test_whatever_makes_it_ring_again_voids_a_proposal(what: str) -> None:
    """Whoever proposed had not seen this; an incident that was reopened needs two people once more."""
    talk = talking(roster=city(kinds={}))
    alert = confirmed(talk)
    if what == "reopen":
        talk.act(alert, "resolve", 125, by="wang", cause="false_human")
        talk.act(alert, "resolve", 126, by="li", cause="false_human")
        talk.act(alert, "reopen", 128, by="li")
    else:
        talk.act(alert, "resolve", 130, by="wang", cause="false_human")
        talk.heard(500)
        if what == "expiry":
            talk.tick(501)
        else:
            talk.press(9, 140)
    again = talk.act(alert.id, "acknowledge", 510, by="li")
    assert (again.proposed_by, again.proposed_cause, again.confirmed) == ("", "", True)

    after = talk.act(alert.id, "resolve", 520, by="li", cause="false_human")

    assert after.open


def test_a_second_signal_confirms_although_the_first_was_closed_as_false_already() -> None:
    """Somebody was quick to call it false, and then the next button is pressed: that one needs two people."""
    talk = talking()
    first = talk.press(1, 100, device="btn-1")
    talk.act(first, "acknowledge", 110)
    talk.act(first, "resolve", 120, cause="false_human")

    second = talk.press(2, 150, device="btn-2")

    assert second.confirmed
    assert talk.engine.alerts[first.id].state is State.RESOLVED
    later = talk.act(second.id, "acknowledge", 910)
    assert talk.act(later, "resolve", 920, cause="false_human").open


def test_a_tamper_alarm_that_stood_before_confirms_when_it_is_told_again() -> None:
    """The cover was opened yesterday and nobody came; now a button is pressed and the cover moves once more."""
    talk = talking()
    talk.alerted(1, "tamper", 100, device="host")
    press = talk.press(2, 90_000)
    assert not press.confirmed

    talk.alerted(3, "tamper", 90_060, device="host")

    assert talk.engine.alerts[press.id].confirmed


def test_a_fault_closed_by_mistake_is_reopened_while_it_lasts() -> None:
    """It rings again; one that is over begins anew by itself if it comes back."""
    talk = talking()
    talk.alerted(1, "battery_low", 100)
    [alert] = talk.engine.alerts.values()
    talk.act(alert, "acknowledge", 110)
    closed = talk.act(alert, "close", 120, cause="planned")
    assert "reopen" in legal_acts(closed)

    again = talk.act(closed, "reopen", 130)
    assert (again.state, again.rings) == (State.RAISED, 2)
    assert talk.told()
    talk.alerted(2, "battery_low", 140, on=False)

    ended = talk.engine.alerts[alert.id]
    assert ended.state is State.CLOSED
    assert "reopen" not in legal_acts(ended)
    talk.act(ended, "reopen", 150)
    assert talk.refused().code == "illegal_move"


def test_every_arrow_of_the_house_is_in_the_table() -> None:
    """Calls go from raised to reviewed, faults from raised to closed, and nothing skips the person who takes it."""
    calls = [("acknowledge", What.ACKNOWLEDGED), ("dispatch", What.DISPATCHED), ("arrive", What.ARRIVED)]
    calls += [("resolve", What.RESOLVED), ("review", What.REVIEWED)]
    states = (State.RAISED, State.ACKNOWLEDGED, State.DISPATCHED, State.ON_SCENE, State.RESOLVED)
    for state, (act, what) in zip(states, calls, strict=True):
        assert INCIDENT_MOVES[state, act] is what
    assert INCIDENT_MOVES[State.RESOLVED, "reopen"] is What.REOPENED
    assert FAULT_MOVES[State.RAISED, "acknowledge"] is What.ACKNOWLEDGED
    assert FAULT_MOVES[State.ACKNOWLEDGED, "work_order"] is What.WORK_ORDERED
    assert State.WORK_ORDER in BY_ITSELF[Flow.FAULT][What.RECOVERED]
    assert FAULT_MOVES[State.RECOVERED, "close"] is What.CLOSED
    assert {state for state, act in INCIDENT_MOVES if act != "acknowledge"} >= {State.ACKNOWLEDGED}
    assert [act for state, act in (*INCIDENT_MOVES, *FAULT_MOVES) if state is State.RAISED] == ["acknowledge"] * 2
    for what in (What.RECOVERED, What.CLOSED, What.ENDED, What.RELAPSED):
        assert not BY_ITSELF[Flow.INCIDENT][what], "nothing but people ends a call"
