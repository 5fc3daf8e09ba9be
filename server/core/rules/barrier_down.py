"""A powered gate barrier is not raised while pupils are at school or gather at the gate."""

from server.core.alert import Severity
from server.core.liveness import Liveness
from server.core.param import severity
from server.core.rule import Finding, Rule, Subject, View
from server.core.schedule import must_be_up_began

SEVERITY = severity(2)
DOWN = frozenset({"down", "mid"})  # Half-way stops nobody.


def evaluate(view: View, now: float) -> Finding | None:
    """Find a barrier that is known not to be up when it has to be; the time counts from when it had to be."""
    began = must_be_up_began(view.calendar, now)
    state = view.state
    if began is None or state is None or state.liveness is not Liveness.LIVE:
        return None
    position = state.value("position")
    if position not in DOWN:
        return None
    since = max(state.changed.get("position", began), began)
    return Finding(
        view.severity(SEVERITY), since, detail=(("position", str(position)), ("mode", str(state.value("mode") or "")))
    )


def cleared(view: View, now: float) -> bool:
    """Say whether it is known to be up, or need not be up any more."""
    if must_be_up_began(view.calendar, now) is None:
        return True
    return view.state is not None and view.liveness is Liveness.LIVE and view.state.value("position") == "up"


RULE = Rule(
    name="barrier_down",
    label="防冲撞装置未升起",
    label_en="Barrier not raised",
    severity=Severity.HIGH,
    subject=Subject.DEVICE,
    trigger="上课或上下学高峰时段内降下超过3分钟",
    trigger_en="lowered for more than 3 min in class hours or at a peak",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=180,  # A car passes in less.
    kinds=frozenset({"barrier"}),
    watches=frozenset({"position", "mode"}),
    clocked=True,
    params=(SEVERITY,),
    number="A27",
    security=True,
)
