"""A drill, and in the midst of it a real press: another button of the same school, and another school."""

from simulators.story import Stage, Story


async def play(stage: Stage) -> None:
    """Press the drill's button, then one that is not on its list, then elsewhere: all claim what their buttons know."""
    schools = await stage.schools()
    place = next((school for school in schools if len(school.buttons) > 1), schools[0])
    stage.say(f"{place.name} ({place.school}), {place.gateway}, {place.buttons[0]}")
    await stage.press(place.gateway, place.buttons[0], mode="drill")
    await stage.pause(10)
    await stage.press(place.gateway, place.buttons[-1])
    await stage.pause(10)
    elsewhere = next((school for school in reversed(schools) if school.gateway != place.gateway), schools[-1])
    await stage.press(elsewhere.gateway)


STORY = Story(
    name="drill",
    label="演练",
    label_en="Drill",
    expected=(
        "若事先为第一个按钮登记了演练时段：全部相关屏幕显示演练横幅；第一次按下显示为演练，不按真实警情升级；同校另一按钮的按下"
        "响铃并注明“演练期间非登记按钮”；第二所学校的按下是真实警情，单独成案。未登记则三次都按真实警情响铃。"
    ),
    expected_en=(
        "With a drill declared for the first button beforehand every screen of its branch has the drill's line; "
        "the first press shows as a drill and does not escalate; the same school's other button rings as real, "
        "with the words that it is not listed; the second school's press is real, an incident of its own. Without "
        "one all three ring as real."
    ),
    play=play,
)
