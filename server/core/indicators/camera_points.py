"""Each key area of the school has the cameras that it must have."""

from collections import Counter

from server.core.equipment import never
from server.core.indicator import Group, Indicator, View, shared
from server.core.liveness import DeviceState, Liveness
from server.core.requirements import camera_points as requirement
from server.core.schedule import local_date
from server.core.verdict import Verdict


def ledger(view: View, now: float) -> Verdict:
    """Count the cameras that the ledger has in each area, up to what is required."""
    return _points(view, now, view.devices("camera"), ())


def live(view: View, now: float) -> Verdict:
    """Count those that are heard; where others of the area may be on line, nobody can say."""
    cameras = view.devices("camera")
    heard = [camera for camera in cameras if camera.liveness is Liveness.LIVE]
    return _points(view, now, heard, [camera for camera in cameras if camera.liveness is Liveness.UNKNOWN])


def _points(view: View, now: float, sure: list[DeviceState], unsure: "list[DeviceState] | tuple[()]") -> Verdict:
    there = Counter(camera.device.area for camera in sure)
    perhaps = Counter(camera.device.area for camera in unsure)
    met = missing = doubtful = 0
    bad: list[str] = []
    doubted: list[str] = []
    for area, need in requirement.RULE.of(view.dossier, local_date(now)).of(view.school).items():
        has = min(need, there[area])
        may = min(need - has, perhaps[area])
        met, doubtful, missing = met + has, doubtful + may, missing + need - has - may
        if need - has - may:
            bad.append(f"area_{area}.short")
        elif may:
            doubted.append(f"area_{area}.unknown")
    heard = [camera.last_rx for camera in sure if camera.last_rx is not None]
    return shared(met, missing, doubtful, (*bad, *doubted), min(heard, default=None))


INDICATOR = Indicator(
    name="camera_points",
    label="重点部位视频覆盖率",
    label_en="Key areas under video",
    formula="各校重点部位达到要求的视频点位（按部位封顶）之和 ÷ (要求点位之和 − 豁免)",
    formula_en="camera points there in each key area, up to what is required / (points required - exempt)",
    source="GB/T 29315-2022重点部位清单（据公开摘要）；点位数为本系统建议",
    source_en="GB/T 29315-2022, list of key areas (by published summaries); the numbers of points are our proposal",
    ledger=ledger,
    live=live,
    believed=("实时", "as heard"),
    group=Group.QUALITY,
    counts=("个点位", "points"),
    turns_at=never,
    watches={"camera": frozenset()},
)
