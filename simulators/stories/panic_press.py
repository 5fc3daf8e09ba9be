"""Somebody presses, and a second button of the same school follows: a confirmed alarm."""

from simulators.story import Stage, Story


async def play(stage: Stage) -> None:
    """Press twice within two minutes, from two buttons where the school has them."""
    first = await stage.press(press="hold", clear_after=300)
    await stage.pause(20)
    school = (await stage.schools(first.gateway))[0]
    await stage.press(first.gateway, school.buttons[-1], clear_after=300)


STORY = Story(
    name="panic_press",
    label="一键报警",
    label_en="One-key alarm",
    expected=(
        "派出所、分局、市局的页面在一秒内响铃并显示学校和位置；第二次按下计入同一学校，可见两次按下；学校复位不会关闭警"
        "情；必须由民警填写原因后处置完毕。"
    ),
    expected_en=(
        "The station's, sub-bureau's and bureau's screens ring within a second and name school and place; the "
        "second press shows with the first; the school's reset closes nothing; only police close it, with a "
        "cause."
    ),
    play=play,
)
