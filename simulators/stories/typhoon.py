"""A typhoon: town after town goes dark for hours, people press meanwhile, and what was kept comes late."""

from collections import Counter

from simulators.story import Stage, Story

SITES = 200
HOURS = 4
BETWEEN_SECONDS = 60.0


async def play(stage: Stage) -> None:
    """Cut town after town, the largest first, until 200 schools or half of the city are dark; give it all back after 4 h."""
    schools = await stage.schools()
    towns = Counter(school.unit for school in schools)
    wanted, dark = min(SITES, len(schools) // 2), 0
    cut = []
    for town, count in towns.most_common():
        if dark >= wanted:
            break
        first = next(school for school in schools if school.unit == town)
        stage.say(f"{town}: {count}")
        await stage.act(first.gateway, "power_cut")
        cut.append(first)
        dark += count
        if len(cut) == 1:
            await stage.press(first.gateway)  # Its battery still lasts.
        await stage.pause(BETWEEN_SECONDS)
    cut_towns = {school.unit for school in cut}
    lit = next((school for school in schools if school.unit not in cut_towns and school.buttons), cut[0])
    await stage.press(lit.gateway)
    await stage.pause(HOURS * 3_600)
    for school in cut:
        await stage.act(school.gateway, "power_back")
    await stage.press(lit.gateway)


STORY = Story(
    name="typhoon",
    label="台风停电",
    label_en="Typhoon",
    expected=(
        "200所学校陆续停电4小时：值班列表不超过5条合并告警（区域停电、区域失联），其下学校逐一可查、计入“压住”；"
        "其间的按下始终排在最前并响铃；恢复供电后补传数据，合并告警自行结束，仍未恢复的学校单独告警。"
    ),
    expected_en=(
        "Up to 200 schools go dark for 4 h: the list has five rows of areas at most, with every school under them, counted "
        "as held; presses stand first and ring; when the power is back late data come and the rows end by themselves."
    ),
    play=play,
)
