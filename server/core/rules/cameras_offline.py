"""Many cameras of one school are offline at once: a switch, a recorder or its power, and no single camera."""

from server.core.alert import Severity
from server.core.liveness import Liveness
from server.core.param import Param, limit
from server.core.rule import Finding, Rule, Subject, View, silent_for

SHARE = limit("share", "离线比例达到", "Share offline from", "%", 30, 10, 90)
WELL = limit("well", "离线比例低于此值为恢复", "Over below", "%", 10, 0, 50)
LEAST = Param("least", "至少几台", "At least so many", "1", 3, 2, 50)


def evaluate(view: View, _now: float) -> Finding | None:
    """Find a school with a large share of its cameras offline; unknown ones are not counted as offline."""
    cameras = view.home.kind("camera") if view.home is not None else []
    offline = sorted(silent_for(camera) for camera in cameras if camera.liveness is Liveness.OFFLINE)
    if len(offline) < view.of(LEAST) or len(offline) * 100 < view.of(SHARE) * len(cameras):
        return None
    needed = max(int(view.of(LEAST)), -(-len(cameras) * int(view.of(SHARE)) // 100))
    since = offline[min(needed, len(offline)) - 1]  # Since the one that made them many.
    return Finding(Severity.HIGH, since, (("offline", str(len(offline))), ("cameras", str(len(cameras)))))


def cleared(view: View, _now: float) -> bool:
    """Say whether few are offline, even if those of which nothing is known were offline too."""
    cameras = view.home.kind("camera") if view.home is not None else []
    doubtful = sum(camera.liveness is not Liveness.LIVE for camera in cameras)
    return not cameras or doubtful * 100 < view.of(WELL) * len(cameras) or doubtful == 0


RULE = Rule(
    name="cameras_offline",
    label="多台摄像机离线",
    label_en="Many cameras offline",
    severity=Severity.HIGH,
    subject=Subject.SCHOOL,
    trigger="一所学校30%以上（且不少于3台）摄像机离线满60秒",
    trigger_en="30 % of a school's cameras or more, and three at least, are offline for 60 s",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=60,
    params=(SHARE, WELL, LEAST),
    gathers=True,
    kinds=frozenset({"camera"}),
    number="A20",
)
