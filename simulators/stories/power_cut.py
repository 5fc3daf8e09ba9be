"""A whole town goes dark, somebody presses in the dark, and the light comes back."""

from collections import Counter

from simulators.story import Stage, Story


async def play(stage: Stage) -> None:
    """Cut the town with the most schools, press there, and give the power back after five minutes."""
    schools = await stage.schools()
    town, count = Counter(school.unit for school in schools).most_common(1)[0]
    there = [school for school in schools if school.unit == town]
    stage.say(f"{town}: {count}")
    await stage.act(there[0].gateway, "power_cut")
    await stage.pause(60)
    await stage.press(there[-1].gateway)
    await stage.pause(240)
    await stage.act(there[0].gateway, "power_back")


STORY = Story(
    name="power_cut",
    label="全镇停电",
    label_en="Power cut in a town",
    expected=(
        "停电学校的摄像机转为离线，设备在线数下降；联网证明在24小时内仍有效，覆盖率暂不变；停电中的按下照常响铃并排在最前；恢复供电后自动"
        "恢复。"
    ),
    expected_en=(
        "The town's cameras turn offline; coverage stays while its proofs are younger than 24 h; the press "
        "in the dark rings and stands first; when the power is back everything recovers by itself."
    ),
    play=play,
)
