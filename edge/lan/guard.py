"""Counts connections, so that one address cannot take the places of all others."""

from collections import Counter

CONNECTIONS_PER_ADDRESS_MAX = 16  # A hub that speaks for a dozen devices still fits.
CONNECTIONS_MAX = 512  # Of one door; well under the usual 1,024 open files of a process.


class Guard:
    """Grants places at one door; each grant must be given back."""

    def __init__(self) -> None:
        self._places: Counter[str] = Counter()
        self.refused = 0

    def enter(self, address: str) -> bool:
        """Take a place, or say that there is none."""
        if self._places[address] >= CONNECTIONS_PER_ADDRESS_MAX or self._places.total() >= CONNECTIONS_MAX:
            self.refused += 1
            return False
        self._places[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Give a place back."""
        self._places[address] -= 1
        if self._places[address] <= 0:
            del self._places[address]
