"""A disk fails or fills: what is recorded next, or what a box keeps while its lines are cut, may be lost."""

from server.core.alert import Severity
from server.core.param import limit
from server.core.rule import Finding, Rule, Subject, View

FREE_GB = limit(
    "free_gb", "不循环覆盖时剩余低于", "Free below, where nothing is overwritten", "GBy", 500, 10, 20_000, "disk_free"
)
FREE_SHARE = limit("free", "网关剩余低于", "Free below, on a gateway", "%", 10, 2, 40, "disk_free")
BAD = {"fail": Severity.HIGH, "warn": Severity.MEDIUM}


def evaluate(view: View, now: float) -> Finding | None:
    """Find a recorder's disk that fails, warns or fills, or a gateway's that fills."""
    disk, free = view.value("disk"), view.number("disk_free")
    if isinstance(disk, str) and disk in BAD:
        return Finding(BAD[disk], view.changed("disk", now), (("disk", disk),))
    if free is not None and free < _limit(view):
        return Finding(Severity.MEDIUM, view.changed("disk_free", now), (("disk_free", f"{free:g}"),))
    return None


def cleared(view: View, _now: float) -> bool:
    """Say whether the disk is surely well and has room."""
    disk, free = view.value("disk"), view.number("disk_free")
    if disk is None and free is None:
        return False
    return (disk is None or disk == "ok") and (free is None or free >= _limit(view))


def _limit(view: View) -> float:
    if view.state is not None and view.state.device.kind == "gateway":
        return view.of(FREE_SHARE)
    return view.of(FREE_GB) if view.value("overwrite") is False else 0.0  # Where the oldest goes, a full disk is well.


RULE = Rule(
    name="disk_fault",
    label="硬盘故障或将满",
    label_en="Disk fault or full",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="录像机硬盘故障（二级）或告警，不循环覆盖而剩余少于500GB，或网关存储剩余少于10%",
    trigger_en="a recorder's disk fails (severity 2) or warns, has less than 500 GB and overwrites nothing, or a"
    " gateway's has less than 10 % left",
    evaluate=evaluate,
    cleared=cleared,
    params=(FREE_GB, FREE_SHARE),
    kinds=frozenset({"recorder", "gateway"}),
    watches=frozenset({"disk", "disk_free", "overwrite"}),
    code="disk_low",
    number="A25",
)
