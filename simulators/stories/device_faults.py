"""One boarding school in which nearly everything goes wrong, one thing after another, and is mended."""

from simulators.story import Stage, Story

FAULTS = (
    "camera_blocked",
    "gate_forced",
    "fire_detected",
    "perimeter_intrusion",
    "electric_fire_risk",
    "barrier_stuck",
    "host_tampered",
    "path_degraded",
    "recording_gap",
    "visitor_alert",
)


async def play(stage: Stage) -> None:
    """Order one trouble a minute, wait until the slowest rule has told it, and undo all of them."""
    schools = await stage.schools()
    school = next((one for one in schools if one.extras), schools[0])
    for fault in FAULTS:
        await stage.act(school.gateway, f"trouble_{fault}")
        await stage.pause(60)
    await stage.pause(240)
    for fault in FAULTS:
        await stage.act(school.gateway, f"trouble_{fault}")


STORY = Story(
    name="device_faults",
    label="一所学校接连出现各类故障",
    label_en="Everything goes wrong at one school",
    expected="每分钟出现一条新告警：火警和校门被强行打开为一级并响铃，其余按级别列出；恢复后故障自行消除，须由人员结束的仍然保留。",
    expected_en=(
        "A new alert each minute: fire and the forced gate are critical and ring, the others stand by their severity; "
        "once mended, faults end by themselves, and what only people may end stays."
    ),
    play=play,
)
