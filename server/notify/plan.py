"""Which way to whom comes next, when one has failed. Pure: the same rows give the same answer on every server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.notify.model import TOLD, Due, DueState, MessageState, Recipient, Sending, Way


@dataclass(frozen=True, slots=True)
class Next:
    """One more message to be made: to whom, and by which way."""

    recipient: Recipient
    way: Way


@dataclass(frozen=True, slots=True)
class Advance:
    """Where a due step stands, what is to be made for it, and which of its messages are not needed any more."""

    state: DueState
    new: tuple[Next, ...] = ()
    spare: tuple[str, ...] = ()  # Ids of messages that wait although somebody has been reached by another way.


@dataclass(frozen=True, slots=True)
class _Stand:
    """How far one recipient is."""

    told: bool = False
    hopeful: bool = False  # A way is being tried and is not overdue.
    next: Next | None = None
    waiting: tuple[str, ...] = ()


def advance(due: Due, sendings: Sequence[Sending], now_ms: int) -> Advance:
    """Say what follows from the messages of a due step as they stand.

    Each recipient is tried by one way after the other; a way that goes on failing is left trying, and the next one begins.
    Only when no way has reached anybody of those who are told together do the next ones of the plan come.
    """
    known = {(one.message.recipient, one.channel): one for one in sendings}
    new: list[Next] = []
    spare: list[str] = []
    told = hopeful = False
    for group in due.plan:
        stands = [_stand(recipient, known, now_ms) for recipient in group]
        if told:  # An earlier one was reached after all.
            spare += [one for stand in stands for one in stand.waiting]
            continue
        if hopeful or new:
            break
        told = any(stand.told for stand in stands)
        hopeful = any(stand.hopeful for stand in stands)
        new += [stand.next for stand in stands if stand.next is not None]
        spare += [one for stand in stands if stand.told for one in stand.waiting]
    over = DueState.TOLD if told else DueState.DEAD
    state = DueState.OPEN if new or hopeful else over
    return Advance(state, tuple(new), tuple(spare))


def overdue(sending: Sending, now_ms: int) -> bool:
    """Say whether a message has waited so long that another way begins beside it."""
    return sending.over_ms <= now_ms


def _stand(recipient: Recipient, known: Mapping[tuple[str, str], Sending], now_ms: int) -> _Stand:
    mine = [known.get((recipient.id, way.channel)) for way in recipient.ways]
    waiting = [one for one in mine if one is not None and one.state is MessageState.WAITING]
    ids = tuple(one.id for one in waiting)
    if any(one is not None and one.state in TOLD for one in mine):
        return _Stand(told=True, waiting=ids)
    if any(not overdue(one, now_ms) for one in waiting):
        return _Stand(hopeful=True, waiting=ids)
    for way, one in zip(recipient.ways, mine, strict=True):
        if one is None:
            return _Stand(next=Next(recipient, way), waiting=ids)
    return _Stand(waiting=ids)
