"""What of one lane stands in front of the disk: given a place, not durable yet."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from contract.errors import StorageError

Settled = Callable[[StorageError | None], None]


@dataclass(slots=True)
class Waiting:
    """A record that waits for the disk, and whom to tell of it."""

    position: int
    positions: int
    body: bytes
    done: Settled | None


class LaneFront:
    """The owner's side of one lane; `handed` crosses to the writer's side."""

    def __init__(self) -> None:
        self.last = 0
        self.durable = 0
        self.unsynced: deque[Waiting] = deque()
        self.handed: deque[tuple[int, bytes]] = deque()
        self.held: list[tuple[int, bytes]] = []  # Writer's side: taken but not written, for want of room.
        self.commit_queued = False
        self.refused = 0  # Readings not taken since the last that was; told as a hole before the next.
