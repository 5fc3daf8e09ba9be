"""A round of tests: one school's is proven, one gets no word of the police's side, and one never comes about."""

from simulators.story import Stage, Story


async def play(stage: Stage) -> None:
    """Test one school after the other, as a station would; the third is on its list and nobody presses."""
    schools = (await stage.schools())[:3]
    for school in schools:
        stage.say(f"{school.name} ({school.school}), {school.gateway}, {school.buttons[0]}")
    await stage.press(schools[0].gateway, schools[0].buttons[0], mode="test")
    await stage.pause(15)
    await stage.act(schools[1].gateway, "police_silent")
    await stage.press(schools[1].gateway, schools[1].buttons[0], mode="test")
    await stage.pause(70)
    await stage.act(schools[1].gateway, "police_silent")


STORY = Story(
    name="test_round",
    label="试警",
    label_en="Test round",
    expected=(
        "若事先登记了三所学校的试警时段：第一所在公安画面打开时全程通过，自动结束，留痕五步；第二所60秒后报“试警失败：公安未按时回执”，"
        "试警记录保持打开；第三所没有按下，计划中记为未进行。未登记则两次都按真实警情响铃，并注明“设备自称测试，未申报”。"
    ),
    expected_en=(
        "With tests declared for the three schools beforehand: the first is proven while a police screen is open, "
        "ends by itself and shows five steps; the second raises 'Test failed: no police receipt in time' after 60 "
        "s and stays open; the third is not pressed, and its round is not held. Without windows both ring as real, "
        "with the claim that nobody declared."
    ),
    play=play,
)
