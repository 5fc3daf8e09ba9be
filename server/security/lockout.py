"""Lock-out: how many wrong passwords a name, and how many attempts an address, may have. Pure: time is an argument."""

from collections import OrderedDict

WRONG_MAX = 5  # For one name …
WINDOW_SECONDS = 15 * 60.0  # … within this span; then the name is refused for as long.
NAMES_MAX = 10_000  # The oldest are forgotten beyond this, so that invented names cannot fill the memory.


class LockOut:
    """Counts wrong passwords by name, whether or not the name exists, so that an answer tells nothing about it."""

    def __init__(self, wrong_max: int = WRONG_MAX, window_seconds: float = WINDOW_SECONDS) -> None:
        self._wrong_max = wrong_max
        self._window = window_seconds
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()
        self._until: OrderedDict[str, float] = OrderedDict()

    def refused_for(self, name: str, now: float) -> float:
        """Say for how many seconds a name is still refused; 0 when it may try."""
        return max(0.0, self._until.get(_folded(name), 0.0) - now)

    def wrong(self, name: str, now: float) -> None:
        """Count one wrong password."""
        key = _folded(name)
        recent = [at for at in self._wrong.pop(key, []) if at > now - self._window]
        recent.append(now)
        if len(recent) >= self._wrong_max:
            self._until[key] = now + self._window
            self._until.move_to_end(key)
            recent = []
        self._wrong[key] = recent
        for book in (self._wrong, self._until):
            while len(book) > NAMES_MAX:
                book.popitem(last=False)

    def right(self, name: str) -> None:
        """Forget the wrong ones after a right password."""
        self._wrong.pop(_folded(name), None)


def _folded(name: str) -> str:
    return name.strip().casefold()[:64]
