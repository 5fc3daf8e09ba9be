"""What the stream remembers: frames of changes in order, so that a screen that was away is told what it missed."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

FRAMES_MAX = 20_000  # At the busiest some 12 frames a second: half an hour.
CHANGES_MAX = 400_000  # A whole city's cells a few times over; bounds the memory of a storm of large frames.


class Topic(StrEnum):
    """The events that carry changes and are replayed."""

    ALERTS = "alerts"
    COVERAGE = "coverage"
    LIVENESS = "liveness"


@dataclass(frozen=True, slots=True)
class AlertChange:
    """One alert as it is now, encoded once for everybody who may see it; without a body it has left the picture."""

    school: str
    covert: bool
    id: str
    body: bytes
    unit: str = ""  # The area, where it is about no one school.
    discreet: bytes = b""  # As it shows at the school, where that is less.


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell of the coverage picture."""

    school: str
    indicator: int
    figure: str
    letter: str


@dataclass(frozen=True, slots=True)
class SchoolChange:
    """The liveness of one school's gateway."""

    school: str
    liveness: str


Change = AlertChange | CellChange | SchoolChange


@dataclass(frozen=True, slots=True)
class Frame:
    """Changes of one topic that went out together."""

    seq: int
    topic: Topic
    changes: tuple[Change, ...]


class Frames:
    """The newest frames. `floor` is the sequence number below which nothing is known any more."""

    def __init__(self, frames_max: int = FRAMES_MAX, changes_max: int = CHANGES_MAX) -> None:
        self._frames: deque[Frame] = deque()
        self._frames_max = frames_max
        self._changes_max = changes_max
        self._changes = 0
        self.seq = 0
        self.floor = 0

    def append(self, topic: Topic, changes: tuple[Change, ...]) -> Frame:
        """Remember a frame under the next number, forgetting the oldest beyond the limits."""
        self.seq += 1
        frame = Frame(self.seq, topic, changes)
        self._frames.append(frame)
        self._changes += len(changes)
        while len(self._frames) > self._frames_max or (self._changes > self._changes_max and len(self._frames) > 1):
            oldest = self._frames.popleft()
            self._changes -= len(oldest.changes)
            self.floor = oldest.seq
        return frame

    def forget(self) -> None:
        """Forget everything: indexes of schools have changed, so nothing old can be replayed."""
        self._frames.clear()
        self._changes = 0
        self.seq += 1
        self.floor = self.seq

    def reaches(self, seq: int) -> bool:
        """Say whether everything after `seq` is still known."""
        return self.floor <= seq <= self.seq

    def after(self, seq: int) -> Iterator[Frame]:
        """Give the frames after `seq`, oldest first."""
        missed = min(len(self._frames), self.seq - seq)  # Frames are numbered without holes.
        return (self._frames[index] for index in range(len(self._frames) - missed, len(self._frames)))
