"""After a restart alerts stand as they were, and nothing is told twice."""

from hypothesis import given
from hypothesis import strategies as st

from server.core.alert import State
from tests.core.talking import press_id, talking


def test_alerts_stand_as_they_were() -> None:
    """Facts applied again give the same alerts, down to versions and history."""
    talk = talking()
    first = talk.press(1, 100, stored=False)
    talk.stored(1, 101)
    talk.act(first, "acknowledge", 110, key="k")
    talk.press(2, 120, device="btn-2")
    talk.act(first, "dispatch", 130)

    fresh = talk.restarted(200)

    assert fresh.engine.alerts == talk.engine.alerts


def test_presses_replayed_after_the_facts_change_nothing() -> None:
    """The journal's events are told again after the facts: all of them are known."""
    talk = talking()
    alert = talk.press(1, 100)
    talk.act(alert, "acknowledge", 110)
    fresh = talk.restarted(200)

    fresh.press(1, 200)

    assert fresh.effects == []
    assert fresh.engine.alerts[press_id(1)].state is State.ACKNOWLEDGED


def test_a_press_without_a_stored_fact_rings_after_the_restart() -> None:
    """Killed between the journal's commit and the fact: the press is not lost."""
    fresh = talking().restarted(200)

    alert = fresh.press(1, 200, t=100)

    assert alert.state is State.RAISED
    assert fresh.told()


def test_an_idempotency_key_survives_a_restart() -> None:
    """The browser repeats its request to the new process."""
    talk = talking()
    alert = talk.press(1, 100)
    talk.act(alert, "acknowledge", 110, key="k")
    fresh = talk.restarted(200)

    fresh.act(alert.id, "acknowledge", 201, key="k", version=1)

    assert [change.fact for change in fresh.changed()] == [None]


STEPS = st.sampled_from(
    ["press1", "press2", "acknowledge", "dispatch", "arrive", "resolve", "review", "reopen", "note", "escalate", "tick"]
)


@given(st.lists(STEPS, max_size=30), st.integers(0, 30))
def test_any_story_survives_a_restart(story: list[str], cut: int) -> None:
    """Whatever happened before, and wherever it was cut: the same alerts, and the same answers from then on."""
    talk = talking()
    talk.press(0, 1)
    now = 1.0
    for number, step in enumerate(story, start=1):
        now += 20
        if number == cut:
            restarted = talk.restarted(now)
            assert restarted.engine.alerts == talk.engine.alerts
            restarted.facts = talk.facts
            talk = restarted
        if step.startswith("press"):
            talk.press(number, now, device=f"btn-{step[-1]}")
        elif step == "tick":
            talk.tick(now)
        else:
            alert = next(iter(talk.engine.alerts.values()))
            talk.act(alert, step, now, cause="real")

    assert talk.restarted(now).engine.alerts == talk.engine.alerts
