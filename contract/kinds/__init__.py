"""Every device kind, one file each; a new kind is one file and one line here."""

from contract.kind import Kind
from contract.kinds import (
    alarm_button,
    alarm_host,
    barrier,
    camera,
    electric_fire,
    fire_detector,
    gate,
    gateway,
    guard_post,
    kitchen_camera,
    perimeter,
    recorder,
    visitor_machine,
)

KINDS: dict[str, Kind] = {
    module.KIND.name: module.KIND
    for module in (
        alarm_button,
        alarm_host,
        barrier,
        camera,
        electric_fire,
        fire_detector,
        gate,
        gateway,
        guard_post,
        kitchen_camera,
        perimeter,
        recorder,
        visitor_machine,
    )
}
