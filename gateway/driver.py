"""Drives a node: one event at a time, what follows carried out in the node's order, woken when time alone asks for it.

The box of a school and the box of the deterministic world are both driven by this; clocks and effects are theirs to give.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from contract.identity import EpochId, Lane
from gateway.hub import OWN_DEVICE, Hub
from gateway.lane_store import Read
from gateway.node import Node
from gateway.node_events import Durable, Effect, Event, Kept, Load, Loaded, Moved, Receipted, Ticked
from gateway.outbox import Outbox


class Timer(Protocol):
    """Something that will happen, and can be called off."""

    def cancel(self) -> None:
        """Call it off."""
        ...


class Driver:
    """One node at work; it listens to the outbox. `call_at` has something happen at an instant of the clock `now`."""

    def __init__(
        self,
        node: Node,
        outbox: Outbox,
        hub: Hub,
        carry_out: Callable[[Effect], None],
        now: Callable[[], float],
        call_at: Callable[[float, Callable[[], None]], Timer],
        troubled: Callable[[str, str, bool], None],
    ) -> None:
        """Take the parts; `troubled` sees each word of trouble: its code, its text, and whether it begins."""
        self._node = node
        self._outbox = outbox
        self._hub = hub
        self._carry_out = carry_out
        self._now = now
        self._call_at = call_at
        self._saw_trouble = troubled
        self._timer: Timer | None = None
        self._timer_at = float("inf")
        self._stepping = False
        self._queue: list[Event] = []
        self._troubles: dict[str, set[str]] = {}  # What is wrong with the box itself, and who says so.

    def tell(self, event: Event) -> None:
        """Step the node, and carry out what follows. What an effect tells in turn is taken after the present event."""
        self._queue.append(event)
        if self._stepping:
            return
        self._stepping = True
        try:
            while self._queue:
                for effect in self._node.step(self._queue.pop(0), self._now()):
                    self._carry_out(effect)
        finally:
            self._stepping = False
            self._queue.clear()
        self._wake_at(self._node.deadline())

    def resume(self) -> None:
        """Tell what earlier starts left in the outbox; the first thing that the node is told."""
        for lane, ranges in self._outbox.recovered.items():
            for kept in ranges:
                self.tell(Kept(lane, kept.epoch, kept.first, kept.last))
        for lane, ended in self._outbox.ended.items():
            for epoch, through in sorted(ended.items()):
                self.tell(Receipted(lane, epoch, through))

    def load(self, load: Load) -> None:
        """Read records back and tell them."""

        def done(read: Read) -> None:
            self.tell(Loaded(load.lane, load.epoch, read.first, read.last, read.bodies))

        self._outbox.load(
            load.lane,
            load.epoch,
            load.first,
            load.last,
            records_max=load.records_max,
            bytes_max=load.bytes_max,
            done=done,
        )

    def trouble(self, source: str, code: str, text: str, *, on: bool) -> None:
        """Tell trouble of the box itself; of one kind it ends when each source of it says so."""
        self._saw_trouble(code, text, on)
        sources = self._troubles.setdefault(code, set())
        if on:
            sources.add(source)
        else:
            sources.discard(source)
        if on or not sources:
            self._hub.trouble(code, text, on=on)

    def end_old_troubles(self) -> None:
        """End what an earlier start told of itself; what is still wrong is told again."""
        for code in self._hub.presses.alert_codes(OWN_DEVICE):
            if not self._troubles.get(code):
                self._hub.trouble(code, "the box was started again", on=False)

    def stop(self) -> None:
        """Wake no more."""
        if self._timer is not None:
            self._timer.cancel()

    # ---------------------------------------------------------------- OutboxListener

    def durable(self, lane: Lane, epoch: EpochId, position: int) -> None:
        """Learn that records are on disk."""
        self.tell(Durable(lane, epoch, position))

    def moved(self, old: EpochId, durable: dict[Lane, int], new: EpochId, alarms: Sequence[tuple[int, bytes]]) -> None:
        """Learn that the outbox goes on elsewhere."""
        self.tell(Moved(old, durable, new, tuple(alarms)))

    def troubled(self, code: str, text: str, *, on: bool) -> None:
        """Learn of trouble with the disk, or of its end."""
        self.trouble("outbox", code, text, on=on)

    # ---------------------------------------------------------------- time

    def _wake_at(self, at: float) -> None:
        if at >= self._timer_at and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._call_at(max(at, self._now()), self._wake) if at < float("inf") else None

    def _wake(self) -> None:
        self._timer, self._timer_at = None, float("inf")
        self.tell(Ticked())
