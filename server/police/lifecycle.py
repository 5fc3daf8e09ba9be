"""How far a call is on the police's side, as one table of legal moves. Pure.

A receipt is the police's word about a message of ours. It acknowledges, closes and silences nothing here: people do that.
"""

import hashlib
from collections.abc import Iterable
from enum import StrEnum

import msgspec


class PoliceState(StrEnum):
    """What the police's side has said, in the order in which it can go."""

    SENT = "sent"  # Their door has it.
    ACCEPTED = "accepted"  # Their system has taken it as a call …
    REJECTED = "rejected"  # … or has not, and says why.
    DISPATCHED = "dispatched"
    ON_SCENE = "on_scene"
    CLOSED = "closed"  # With a disposition.


# From where each state may be reached. A step may be left out, for not every system tells each; none is ever taken back. A
# rejection may be overtaken by a car that drives all the same, and nothing that was refused falls back to accepted.
MOVES: dict[PoliceState | None, frozenset[PoliceState]] = {
    None: frozenset(PoliceState),
    PoliceState.SENT: frozenset(PoliceState) - {PoliceState.SENT},
    PoliceState.ACCEPTED: frozenset(
        {PoliceState.REJECTED, PoliceState.DISPATCHED, PoliceState.ON_SCENE, PoliceState.CLOSED}
    ),
    PoliceState.REJECTED: frozenset({PoliceState.DISPATCHED, PoliceState.ON_SCENE, PoliceState.CLOSED}),
    PoliceState.DISPATCHED: frozenset({PoliceState.ON_SCENE, PoliceState.CLOSED}),
    PoliceState.ON_SCENE: frozenset({PoliceState.CLOSED}),
    PoliceState.CLOSED: frozenset(),
}
TAKEN = frozenset(PoliceState) - {PoliceState.SENT, PoliceState.REJECTED}  # Somebody over there answers for it.


class Effect(StrEnum):
    """What a receipt did when it came; all of them are kept."""

    MOVED = "moved"
    LATE = "late"  # It tells of what the call has left behind.
    REPEATED = "repeated"  # The very same was told before.


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of one message. `at_ms` is by the clock of whoever tells it."""

    state: PoliceState
    at_ms: int
    by: str
    reference: str = ""  # Their own number of the call.
    reason: str = ""  # Why it was rejected, or how it was closed.
    digest: str = ""  # SHA-256 of what was posted or answered, in hex.

    def same(self, other: "Told") -> bool:
        """Say whether it is the same word, whenever and in whatever form it came."""
        mine, its = (self.state, self.at_ms, self.by, self.reference), (other.state, other.at_ms, other.by, other.reference)
        return mine == its


class PoliceReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """One receipt on record. Appended, never changed."""

    message: str
    alert: str
    channel: str
    told: Told
    effect: Effect
    rx_ms: int  # When it came, by our clock.


def stands(effects: Iterable[tuple[PoliceState, Effect]]) -> PoliceState | None:
    """Say how far a message is, by what is on record of it, oldest first; None where nothing is."""
    moved = [state for state, effect in effects if effect is Effect.MOVED]
    return moved[-1] if moved else None


def effect_of(told: Told, before: Iterable[tuple[Told, Effect]]) -> Effect:
    """Say what a receipt does to a message of which others are on record, oldest first."""
    known = list(before)
    if any(told.same(one) for one, _ in known):
        return Effect.REPEATED
    at = stands((one.state, effect) for one, effect in known)
    return Effect.MOVED if told.state in MOVES[at] else Effect.LATE


def digest_of(raw: bytes) -> str:
    """Give what is kept of an answer to prove later what was said."""
    return hashlib.sha256(raw).hexdigest()
