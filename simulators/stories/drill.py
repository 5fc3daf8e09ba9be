"""A drill, and during it a press that is not part of it."""

from simulators.story import Stage, Story


async def play(stage: Stage) -> None:
    """Press once as a drill, then elsewhere for real."""
    schools = await stage.schools()
    stage.say(f"{schools[0].name} ({schools[0].school}), {schools[0].gateway}, {schools[0].buttons[0]}")
    await stage.press(schools[0].gateway, schools[0].buttons[0], mode="drill")
    await stage.pause(10)
    await stage.press(schools[-1].gateway)


STORY = Story(
    name="drill",
    label="演练",
    label_en="Drill",
    expected=(
        "若事先为该按钮登记了演练窗口：第一次按下显示为演练，不按真实警情升级；未登记则按真实警情响铃。第二所学校的按下"
        "始终是真实警情，单独成案。"
    ),
    expected_en=(
        "With a drill window declared for that button beforehand the first press shows as a drill and does "
        "not escalate; without one it rings as real. The second school's press is always real, an incident of "
        "its own."
    ),
    play=play,
)
