"""One school in the world: buttons that people push, things that measure, and a box that dies and comes back."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId
from gateway.outbox_limits import OutboxLimits
from simulators.world.box import Box, Clock, Ways
from simulators.world.disk import Disk
from simulators.world.ghost import Ghost, Push
from simulators.world.network import Line, Way
from simulators.world.wheel import Wheel

REPEAT_SECONDS = 1.0  # A radio button says it again until it is answered …
REBOOT_SECONDS = 3.0
REPEATS_MAX = 55  # … and gives up within the minute in which its counter means one press.


@dataclass(frozen=True)
class Things:
    """What a school has."""

    buttons: Sequence[DeviceId]
    meters: Sequence[DeviceId]
    limits: OutboxLimits


class School:
    """The box's machine with its disks and clock, and the people around it. A clone is a school with the same name."""

    def __init__(
        self, name: str, gateway: GatewayId, things: Things, wheel: Wheel, ghost: Ghost, lines: Sequence[Line], ways: Ways
    ) -> None:
        self.name = name
        self.gateway = gateway
        self.things = things
        self.disks = (Disk(self._fuse_blown), Disk(self._fuse_blown))  # The outbox's folder, and where it goes on.
        self.clock = Clock(wheel)
        self.box: Box | None = None
        self.boxes: list[Box] = []  # All that ever ran, for the end of the world.
        self.down_seconds = 1.0  # After a fuse has blown.
        self._wheel = wheel
        self._ghost = ghost
        self.lines = lines
        self._ways = ways
        self._chance = wheel.chance(f"people of {name}")
        self._counter = self._chance.randrange(1_000)
        self._latest: dict[str, Push] = {}  # Of each button: pushed again, it says what is new.

    # ---------------------------------------------------------------- the machine

    def start(self) -> None:
        """Start the box over whatever the disks hold."""
        if self.box is not None:
            return
        box = Box(self.name, self.gateway, self.things.limits, self.disks, self.clock, self._ways, self._ghost, self._reboot)
        self.boxes.append(box)
        if box.start():
            self.box = box

    def die(self, *, power: bool) -> None:
        """End without a word: a killed box leaves what it wrote, a power cut only what was synced, in torn sectors."""
        box, self.box = self.box, None
        if box is not None:
            box.die(quiet=power)
        for disk in self.disks:
            disk.fail_syncs = False  # A loose plug, or another card.
            if power:
                disk.power_cut(lambda: self._chance.random() < 0.5)  # noqa: PLR2004  # A coin for each sector.
            else:
                disk.kill()
        if power:
            self.clock.boot()
            for line in self.lines:
                line.drop(Way.UP)

    def back_in(self, seconds: float) -> None:
        """Start again after a while."""
        self._wheel.later(seconds, self.start)

    def _reboot(self) -> None:
        """Do as the box was ordered: it ends in a moment, and comes back."""
        box = self.box

        def end() -> None:
            if self.box is box and box is not None:
                self.die(power=False)
                self.back_in(REBOOT_SECONDS)

        self._wheel.later(0.05, end)

    def _fuse_blown(self) -> None:
        box = self.boxes[-1]
        self._ghost.note(f"{self.name} loses power in the middle of a write")
        self._wheel.later(0.0, self._end_of_fuse)
        box.process.die_here()

    def _end_of_fuse(self) -> None:
        self.box = self.box or self.boxes[-1]
        self.die(power=True)
        self.back_in(self.down_seconds)

    # ---------------------------------------------------------------- the people

    def push(self) -> None:
        """Push a button; it repeats itself until it is answered."""
        self._counter += 1
        push = Push(self.gateway, self._chance.choice(self.things.buttons), self._wheel.now)
        self._ghost.pushes.append(push)
        self._latest[push.device] = push
        self._say(push, self._counter, REPEATS_MAX)

    def _say(self, push: Push, counter: int, left: int) -> None:
        if push.answered or not left or self._latest[push.device] is not push:
            return
        box = self.box
        if box is not None:
            box.process.hear(lambda: box.process.spawn(self._press(box, push, counter), "press"))
        self._wheel.later(REPEAT_SECONDS, lambda: self._say(push, counter, left - 1))

    async def _press(self, box: Box, push: Push, counter: int) -> None:
        try:
            press = await box.hub.press(DeviceId(push.device), counter=counter)
        except StorageError:
            return
        if box.process.acts:
            push.answered = press
            push.ids.append(press)
            self._ghost.answered.add(press)

    def clear(self) -> None:
        """Reset a button."""
        box = self.box
        if box is None:
            return
        device = self._chance.choice(self.things.buttons)

        async def work() -> None:
            try:
                await box.hub.clear(device, by="local-key")
            except StorageError:
                return

        box.process.hear(lambda: box.process.spawn(work(), "clear"))

    def measure(self, times: int = 1) -> None:
        """Take readings."""
        box = self.box
        if box is None:
            return
        chance, devices = self._chance, self.things.meters
        readings = [(chance.choice(devices), chance.randrange(1, 8_000)) for _ in range(times)]

        def work() -> None:
            for device, bitrate in readings:
                box.measure(device, bitrate)

        box.process.hear(work)

    def measure_last(self, chance: random.Random) -> None:
        """Let each thing be measured once more: these are the values that screens must show in the end."""
        box = self.box
        if box is None:
            return
        readings = [(device, chance.randrange(10_000, 19_000)) for device in self.things.meters]

        def work() -> None:
            for device, bitrate in readings:
                box.measure(device, bitrate)

        box.process.hear(work)
