"""A child presses, and the guard resets the button at once."""

from simulators.story import Stage, Story


async def play(stage: Stage) -> None:
    """Press and reset within ten seconds."""
    await stage.press(clear_after=10)
    await stage.pause(15)


STORY = Story(
    name="false_alarm",
    label="误报",
    label_en="False alarm",
    expected="页面响铃；学校十秒后复位，警情仍然打开并注明“已复位”；民警核实后以“误报-人为”处置，统计计入误报。",
    expected_en=(
        "The screen rings; the school resets after ten seconds and the incident stays open, marked as reset; "
        "police close it as a human error after a look, and it counts as a false alarm."
    ),
    play=play,
)
