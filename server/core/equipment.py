"""The devices that the figures of equipment count, one by one: which there are, and how the parts of a school add up."""

from collections.abc import Callable, Iterable

from server.core.indicator import View, shared
from server.core.liveness import DeviceState, Liveness
from server.core.verdict import Judgement, Verdict
from server.registry.works import works_of

KINDS = ("alarm_host", "alarm_button", "camera", "recorder", "barrier", "gate", "guard_post")
DEVICES = ("台设备", "devices")
Finding = tuple[Judgement, str] | None  # What is wrong with one device, or unsure, and the reason; None where it is well.
MISSING, UNSURE = Judgement.NOT_MET, Judgement.UNKNOWN


def has_equipment(view: View, _now: float) -> bool:
    """Say whether the ledger has any device of the school."""
    return any(view.home.by_kind.get(kind) for kind in KINDS)


def one_by_one(
    devices: Iterable[DeviceState],
    find: Callable[[DeviceState], Finding],
    excused: Callable[[DeviceState], bool] = lambda _: False,
) -> Verdict:
    """Judge each device by itself and add up; the proof is as old as the device that was not heard for longest."""
    met = missing = unsure = exempt = 0
    bad: set[str] = set()
    doubtful: set[str] = set()
    oldest: float | None = None
    for device in devices:
        if excused(device):
            exempt += 1
            continue
        found = find(device)
        if found is None:
            met += 1
            heard = device.last_rx
            if heard is not None and (oldest is None or heard < oldest):
                oldest = heard
        elif found[0] is MISSING:
            missing += 1
            bad.add(found[1])
        else:
            unsure += 1
            doubtful.add(found[1])
    verdict = shared(met, missing, unsure, (*sorted(bad), *sorted(doubtful)), oldest)
    if not exempt:
        return verdict
    judgement = verdict.judgement if met or missing or unsure else Judgement.EXEMPT
    return Verdict(judgement, (*verdict.reasons, "work.planned"), oldest, (met, missing, unsure, exempt))


def off_by_plan(view: View, now: float) -> Callable[[DeviceState], bool]:
    """Give what says whether planned work lets a device be off now: it then leaves the figures of what must be heard."""
    works = [work for work in works_of(view.dossier) if work.begins <= now < work.ends]
    if not works:
        return lambda _: False
    return lambda state: any(work.device in ("", state.device.id) for work in works)


def work_turns(view: View, _live: Verdict, now: float) -> float | None:
    """Say when planned work next begins or ends at the school."""
    times = (at for work in works_of(view.dossier) for at in (work.begins, work.ends))
    return min((at for at in times if at > now), default=None)


def reached(device: DeviceState) -> Finding:
    """Find a device that is not surely heard."""
    if device.liveness is Liveness.LIVE:
        return None
    return (MISSING, "device.offline") if device.liveness is Liveness.OFFLINE else (UNSURE, "device.unknown")


def dated(view: View, _now: float) -> Verdict:
    """Judge the ledger: each device stands in it with the day on which it was put in."""
    return one_by_one(
        view.devices(*KINDS), lambda state: None if state.device.installed is not None else (UNSURE, "device.undated")
    )


def never(_view: View, _live: Verdict, _now: float) -> float | None:
    """Say that time alone turns nothing: whatever changes is told."""
    return None
