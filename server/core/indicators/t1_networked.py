"""T1: video and the one-key alarm are both networked with the local police, each with proof."""

from server.core.indicator import Indicator, View, all_offline, declared, latest, settle
from server.core.proof import newest_receipt
from server.core.verdict import Verdict

PROOF_SECONDS = 86_400.0  # The police side acknowledges or lists every hour; a day without it is no proof any more.


def ledger(view: View, now: float) -> Verdict:
    """Judge by the signed statements of both halves."""
    return declared(view, ("video_networked", "alarm_networked"), now)


def live(view: View, now: float) -> Verdict:
    """Judge by the police side's last acknowledgement of the alarm or a test of it, and its last listing of the video."""
    missing: list[str] = []
    unsure: list[str] = []
    hosts = view.devices("alarm_host")
    video = view.devices("recorder", "camera")
    acks = [latest(hosts, "police_ack"), newest_receipt(view.home.tests.values())]
    alarm_at = max((at for at in acks if at is not None), default=None)
    video_at = latest(video, "police_catalogue", "police_pull")
    if not hosts:
        missing.append("alarm_host.none")
    elif all_offline(hosts):
        missing.append("alarm_host.offline")
    if not video:
        missing.append("video.none")
    for part, at, there in (("alarm", alarm_at, bool(hosts)), ("video", video_at, bool(video))):
        if there and at is None:
            unsure.append(f"{part}.no_proof")
        elif there and at is not None and now >= at + PROOF_SECONDS:
            unsure.append(f"{part}.proof_old")
    proofs = [at for at in (alarm_at, video_at) if at is not None]
    return settle(missing, unsure, min(proofs, default=None))


INDICATOR = Indicator(
    name="t1_networked",
    label="视频与一键报警联网率",
    label_en="Networked with police",
    formula="视频监控和一键报警均与属地公安机关联网且有证明的学校 ÷ (应建学校 − 豁免)",
    formula_en="schools whose video and one-key alarm are both networked with police, with proof / (required - exempt)",
    source="钦州市义务教育改革方案（征求意见稿）（十七）：视频监控和一键报警与属地公安机关联网率100%",
    source_en="Qinzhou education reform plan (draft), item 17: video and one-key alarm networked with local police, 100 %",
    ledger=ledger,
    live=live,
    freshness_seconds=PROOF_SECONDS,
    watches={
        "alarm_host": frozenset({"police_ack"}),
        "recorder": frozenset({"police_catalogue"}),
        "camera": frozenset({"police_pull"}),
    },
)
