"""A chain of escalation: who is told of an alert at once, and who next, so long after it rang. Plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a chain: so long after the alert rang, these are told."""

    after_seconds: float
    audiences: tuple[str, ...]


Chain = tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds for one ring of an alert, chosen as it rings and kept with it: a later edit changes nothing of it."""

    name: str  # The line's id, or that of a chain of our own.
    unit: str  # Whose line it is; empty for a chain of our own.
    chain: Chain
    ack_seconds: float  # So long an acknowledgement holds on which nobody acts; 0: for ever.

    def due_after(self, step: int, rang_at: float) -> float | None:
        """Say when the hop after `step` is due for an alert that rang at an instant; None after the last."""
        return rang_at + self.chain[step + 1].after_seconds if step + 1 < len(self.chain) else None

    def wait(self, step: int) -> float | None:
        """Say how long after `step` the next hop is due; None after the last."""
        if step + 1 >= len(self.chain):
            return None
        return self.chain[step + 1].after_seconds - self.chain[step].after_seconds

    def next_due(self, step: int, reached_at: float) -> float | None:
        """Say when the hop after `step` is due, counted from the instant at which `step` itself was due."""
        wait = self.wait(step)
        return None if wait is None else reached_at + wait

    def ack_expires(self, now: float) -> float | None:
        """Say until when an acknowledgement of now holds if nobody acts on it; None: for ever."""
        return now + self.ack_seconds if self.ack_seconds > 0 else None
