"""What the outbox notes beside its segments: how far each epoch was durable and how far it had receipts.

Nothing depends on these notes for what is told: losing them costs a retransmission. With them a start notices that files
were cut short or deleted meanwhile, and a server that was restored from an older backup can be told what it once had.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from contract.identity import EpochId, Lane
from gateway.sealed import unseal

EPOCHS_MAX = 256  # Starts that are remembered; the oldest are forgotten first.
_DURABLE = "+"  # Follows the lane's letter in the name of how far it was durable.


@dataclass
class Marks:
    """Positions by epoch and lane."""

    _known: dict[EpochId, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def read(cls, content: bytes | None) -> "Marks":
        """Read what an earlier start left; what cannot be read is worth nothing."""
        plain = unseal(content)
        try:
            return cls(msgspec.json.decode(plain, type=dict[EpochId, dict[str, int]]) if plain else {})
        except (msgspec.DecodeError, UnicodeDecodeError):
            return cls()

    def dump(self) -> bytes:
        """Write the newest epochs; whoever keeps it seals it."""
        return msgspec.json.encode(dict(sorted(self._known.items())[-EPOCHS_MAX:]))

    def take(self, content: bytes | None) -> None:
        """Know what another disk knows as well."""
        for epoch, marks in Marks.read(content)._known.items():  # noqa: SLF001  # Our own.
            for name, position in marks.items():
                self._note(epoch, name, position)

    def receipted(self, lane: Lane, epoch: EpochId, through: int) -> None:
        """Note a receipt."""
        self._note(epoch, lane.value, through)

    def durable(self, lane: Lane, epoch: EpochId, through: int) -> None:
        """Note what is on disk."""
        self._note(epoch, lane.value + _DURABLE, through)

    def receipted_in(self, lane: Lane) -> Mapping[EpochId, int]:
        """Give how far each epoch had receipts in a lane."""
        return {epoch: marks.get(lane.value, 0) for epoch, marks in self._known.items()}

    def ends(self, lane: Lane) -> Mapping[EpochId, int]:
        """Give how far each epoch ever went in a lane, as far as it is known."""
        ends = {
            epoch: max(marks.get(lane.value, 0), marks.get(lane.value + _DURABLE, 0)) for epoch, marks in self._known.items()
        }
        return {epoch: end for epoch, end in ends.items() if end}

    def epochs(self) -> Iterable[EpochId]:
        """Name the epochs that are remembered."""
        return self._known

    def _note(self, epoch: EpochId, name: str, through: int) -> None:
        marks = self._known.setdefault(epoch, {})
        marks[name] = max(through, marks.get(name, 0))
        if len(self._known) > 2 * EPOCHS_MAX:
            self._known = dict(sorted(self._known.items())[-EPOCHS_MAX:])
