"""What a server claims and is not believed the first time, because an old message may say it by mistake."""

from dataclasses import dataclass, field

LOST_SECONDS = 30.0  # A server that lost commits goes on asking; what was merely late is contradicted sooner.
GIVE_UP_AFTER = 3  # Refusals of one record sent alone; the first may still mean the large batch it was in.
ALONE_SECONDS = 1.0  # At most one refusal counts in this time: the answers by several paths are one answer.


@dataclass(slots=True)
class Splitting:
    """The claim that a batch cannot be read: its records go alone then, and one that is refused alone is given up."""

    through: int = 0  # Records up to this position go alone.
    _refused: dict[int, tuple[int, float]] = field(default_factory=dict)  # position -> times and when counted last.

    def alone(self, position: int) -> bool:
        """Say whether the record at a position goes without company."""
        return position <= self.through

    def refused_together(self, last: int) -> None:
        """Have everything up to `last` go alone."""
        self.through = max(self.through, last)

    def refused_alone(self, position: int, now: float) -> bool:
        """Note the refusal of a record that was alone; says whether it counts, or is the same answer by another path."""
        times, at = self._refused.get(position, (0, float("-inf")))
        if now - at < ALONE_SECONDS:
            return False
        self._refused[position] = (times + 1, now)
        return True

    def hopeless(self, position: int) -> bool:
        """Say whether a record was refused so often that it is to be given up."""
        return self._refused.get(position, (0, 0.0))[0] >= GIVE_UP_AFTER

    def done(self, through: int) -> None:
        """Forget what has a receipt."""
        if self._refused:
            self._refused = {position: told for position, told in self._refused.items() if position > through}
