"""A gate stands open when the campus has to be closed."""

from server.core.alert import Severity
from server.core.liveness import DeviceState, Liveness
from server.core.param import Settings, seconds
from server.core.rule import Finding, Rule, Subject, View
from server.core.schedule import closed_began

# Two minutes let a class through, five a delivery.
PERSON = seconds("person", "人行门可开多久", "A person's gate may stand open", 120, 30, 1_800)
VEHICLE = seconds("vehicle", "车行门可开多久", "A vehicle gate may stand open", 300, 60, 3_600)


def evaluate(view: View, now: float) -> Finding | None:
    """Find a gate that stands open in closed hours; a vehicle gate is given more time."""
    since = open_since(view, now)
    if view.state is None or since is None:
        return None
    allowed = allowed_seconds(view.state, view.settings)
    return Finding(Severity.HIGH, since, detail=(("allowed_seconds", str(int(allowed))),), hold_seconds=allowed)


def allowed_seconds(state: DeviceState, settings: Settings) -> float:
    """Say for how long a gate may stand open in closed hours."""
    return settings.of(VEHICLE if is_vehicle_gate(state) else PERSON)


def open_since(view: View, now: float) -> float | None:
    """Say since when a gate has stood open against the hours; None when it does not, or nothing is known."""
    state = view.state
    began = closed_began(view.calendar, now)
    if began is None or state is None or state.liveness is not Liveness.LIVE or state.value("open") is not True:
        return None
    return max(state.changed.get("open", began), began)


def is_vehicle_gate(state: DeviceState) -> bool:
    """Say whether a gate is one for vehicles, by its name: the roster has no field for it."""
    return "车" in state.device.name + state.device.place or "vehicle" in state.device.id


def cleared(view: View, now: float) -> bool:
    """Say whether it is known to be shut, or need not be shut any more."""
    if closed_began(view.calendar, now) is None:
        return True
    return view.state is not None and view.liveness is Liveness.LIVE and view.state.value("open") is False


RULE = Rule(
    name="gate_open",
    label="封闭时段校门未关",
    label_en="Gate open in closed hours",
    severity=Severity.HIGH,
    subject=Subject.DEVICE,
    trigger="上课时段或夜间开启超过2分钟（车行门5分钟）",
    trigger_en="open for more than 2 min (a vehicle gate 5 min) in class hours or at night",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=PERSON.default,
    hold_most=0,  # Each sort of gate has a time of its own.
    params=(PERSON, VEHICLE),
    number="A31",
    kinds=frozenset({"gate"}),
    watches=frozenset({"open"}),
    clocked=True,
    security=True,
)
