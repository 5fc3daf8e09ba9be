"""What had to be declared lost because the outbox no longer has it: told to operators until the server knows all of it."""

from contract.identity import EpochId, Lane
from gateway.node_events import Effect, Raised


class Damage:
    """Spans of positions declared lost that have no receipt yet."""

    def __init__(self) -> None:
        self._spans: dict[tuple[Lane, EpochId], tuple[int, int]] = {}

    def declared(self, lane: Lane, epoch: EpochId, first: int, last: int) -> list[Effect]:
        """Note a span that goes out as a hole; it is told once."""
        before = self._spans.get((lane, epoch))
        if before is not None and before[0] <= first and last <= before[1]:
            return []
        self._spans[lane, epoch] = (first, last)
        what = "alarms" if lane is Lane.ALARM else "readings"
        text = f"the outbox lost {last - first + 1} {what}: positions {first} to {last} of epoch {epoch}"
        return [Raised("outbox_lost", on=True, text=text)]

    def receipted(self, lane: Lane, epoch: EpochId, through: int) -> list[Effect]:
        """Note what the server knows; says so once nothing is left to be told."""
        span = self._spans.get((lane, epoch))
        if span is None or through < span[1]:
            return []
        del self._spans[lane, epoch]
        return [] if self._spans else [Raised("outbox_lost", on=False, text="the server knows every gap")]
