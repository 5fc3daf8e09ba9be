"""Which screens can ring: the newest word of each session, for a while."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

KEPT_SECONDS = 180.0  # Three self-checks of a minute.
SCREENS_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Word:
    """What one screen said."""

    at: float
    audio: str
    visible: bool
    age_ms: int


class Screens:
    """The words of all screens by session."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._words: OrderedDict[str, Word] = OrderedDict()

    def note(self, session: str, audio: str, *, visible: bool, age_ms: int) -> None:
        """Take what a screen says."""
        self._words.pop(session, None)
        self._words[session] = Word(self._clock(), audio, visible, age_ms)
        while len(self._words) > SCREENS_MAX:
            self._words.popitem(last=False)

    def by_audio(self) -> dict[str, int]:
        """Count the screens that spoke lately by whether they can ring."""
        found = {"on": 0, "off": 0, "blocked": 0}
        for word in self._words.values():
            if self._clock() - word.at <= KEPT_SECONDS:
                found[word.audio] += 1
        return found
