"""Every story, one file each; a new one is one file and one line here."""

from simulators.stories import (
    camera_outage,
    device_faults,
    drill,
    false_alarm,
    panic_press,
    power_cut,
    test_round,
    typhoon,
)
from simulators.story import Story

STORIES: dict[str, Story] = {
    module.STORY.name: module.STORY
    for module in (
        camera_outage,
        device_faults,
        drill,
        false_alarm,
        panic_press,
        power_cut,
        test_round,
        typhoon,
    )
}
