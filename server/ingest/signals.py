"""Which presses and alerts are on the screens, and which of them are in the journal: each is shown once, confirmed once."""

from collections.abc import Iterable

KNOWN_MAX = 500_000  # Signals; about 70 MB. Beyond it the oldest that are stored are forgotten, never one that is not.


class Signals:
    """Remembers signals by key (see `sorting.signal_key`)."""

    def __init__(self) -> None:
        self._stored: dict[str, None] = {}  # In the order stored.
        self._shown: set[str] = set()  # Shown, not stored yet.
        self._since_ms = 0

    def restore(self, keys: Iterable[str], since_ms: int) -> None:
        """Take in what the journal holds from an instant on; of what is older it has to be asked."""
        self._stored.update(dict.fromkeys(keys))
        self._since_ms = since_ms

    def remembers_since(self, t_ms: int) -> bool:
        """Say whether a signal of that time would be known here, had it ever been stored."""
        return t_ms >= self._since_ms

    def stored(self, key: str) -> bool:
        """Say whether a signal is known to be in the journal."""
        return key in self._stored

    def known(self, key: str) -> bool:
        """Say whether a signal has been shown or stored, as far as we remember."""
        return key in self._stored or key in self._shown

    def show(self, key: str) -> bool:
        """Note that a signal is being shown; says whether this is the first time."""
        if self.known(key):
            return False
        self._shown.add(key)
        return True

    def store(self, key: str) -> bool:
        """Note that a signal is in the journal; says whether it had been shown as not yet saved."""
        waiting = key in self._shown
        self._shown.discard(key)
        self._stored[key] = None
        if len(self._stored) > KNOWN_MAX:
            del self._stored[next(iter(self._stored))]
        return waiting
