"""All cameras of one school fall off the network, and come back."""

from simulators.story import Stage, Story


async def play(stage: Stage) -> None:
    """Take the cameras of the first running school away for four minutes."""
    school = (await stage.schools())[0]
    await stage.act(school.gateway, "camera_off")
    await stage.pause(240)
    await stage.act(school.gateway, "camera_off")


STORY = Story(
    name="camera_outage",
    label="摄像机大面积离线",
    label_en="Cameras of a school off line",
    expected="该校校门摄像机离线报警先于其他摄像机出现，不响铃；实时视频指标下降而台账不变；恢复后报警自动标记已恢复。",
    expected_en=(
        "Alerts of the gate cameras come first, without ringing; the live video figure drops while the "
        "ledger's stays; after the return the alerts are marked as recovered."
    ),
    play=play,
)
