"""A test press did not get from end to end in time: the school's alarm may not reach the police when it is needed."""

from collections.abc import Iterable

from server.core.alert import Severity
from server.core.proof import ButtonTests
from server.core.rule import Finding, Rule, Subject, View

SERVER_SECONDS = 10.0  # From the button to the journal's commit.
POLICE_SECONDS = 60.0  # From the button to the police side's word.


def evaluate(view: View, now: float) -> Finding | None:
    """Find a button whose newest test lacks a step that should have been taken by now."""
    if view.tests is None:
        return None
    last = view.tests.last
    lacking = last.lacking(SERVER_SECONDS, POLICE_SECONDS, now)
    if lacking is None:
        return None
    return Finding(Severity.HIGH, last.pressed, (("lacking", lacking.value), ("press_id", last.press)))


def newest_failure(tests: Iterable[ButtonTests], now: float) -> float | None:
    """Give the instant of the newest press, of several buttons' newest ones, that has failed by now."""
    failed = [one.last.pressed for one in tests if one.last.lacking(SERVER_SECONDS, POLICE_SECONDS, now) is not None]
    return max(failed, default=None)


def cleared(view: View, now: float) -> bool:
    """Say whether its newest test has taken every step in time."""
    return view.tests is not None and view.tests.last.complete() and evaluate(view, now) is None


RULE = Rule(
    name="test_failed",
    label="试警失败",
    label_en="Test failed",
    severity=Severity.HIGH,
    subject=Subject.SIGNAL,
    trigger="试警按下后10秒内未入库，或60秒内没有公安画面显示或公安回执",
    trigger_en="a test press is not stored within 10 s, or is not shown on a police screen and acknowledged within 60 s",
    evaluate=evaluate,
    cleared=cleared,
    kinds=frozenset({"alarm_button", "alarm_host"}),
    number="A10",
)
