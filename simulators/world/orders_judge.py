"""I15: an order is begun at most once, in its time, at its own box and as it was given; and it ends for whoever gave it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from server.commands.model import CommandState, Given
from server.commands.store import CommandStore
from simulators.world.database import at_once
from simulators.world.ghost import Ordered

if TYPE_CHECKING:
    from simulators.world.world import World

UNDER_WAY = frozenset({CommandState.SENT, CommandState.ACCEPTED})
NOT_BEGUN = frozenset(CommandState) - UNDER_WAY - {CommandState.DONE, CommandState.FAILED}  # By a box that forgets nothing.


def on_record(world: "World") -> Iterator[tuple[Ordered, Given | None]]:
    """Read every order as the database has it at this instant."""
    store = CommandStore(world.store)  # type: ignore[arg-type]  # It needs only the one word of it.
    for id_, ordered in world.ghost.orders.items():
        yield ordered, at_once(store.find(id_))


def under_way(world: "World") -> bool:
    """Say whether somebody still waits for the end of an order."""
    now_ms = round(world.wheel.now * 1_000)
    return any(given is not None and given.state(now_ms) in UNDER_WAY for _, given in on_record(world))


def orders(world: "World") -> Iterator[str]:
    """Hold every order to its end; what boxes may begin is held when they do."""
    ghost, now_ms = world.ghost, round(world.wheel.now * 1_000)
    for ordered, given in on_record(world):
        asked = ordered.asked
        begun = len(ghost.begun.get(asked.id, ()))
        if given is None:
            if (ordered.answered or begun) and not world.store.rewound:
                yield f"order {asked.id} is on no record; answered: {ordered.answered}, begun: {begun} times"
            continue
        state = given.state(now_ms)
        if given.asked != asked:
            yield f"order {asked.id} is on record as {given.asked}, and was {asked}"
        if state in UNDER_WAY:
            yield f"order {asked.id} ({asked.op}) of {asked.gateway} is still {state.value}"
        if asked.gateway in ghost.damaged | ghost.cloned:
            continue  # What a box has forgotten it cannot tell, and two of one name tell two things.
        if state is CommandState.DONE and begun != 1:
            yield f"order {asked.id} ({asked.op}) is said to be done, and was begun {begun} times"
        if state in NOT_BEGUN and begun:
            yield f"order {asked.id} ({asked.op}) is said to be {state.value}, and was begun"
