"""The police's side only ever goes forward, in whatever order and however often it tells; what it tells is all kept."""

from hypothesis import given
from hypothesis import strategies as st

from server.police.lifecycle import MOVES, Effect, PoliceState, Told, effect_of, stands

ORDER = list(PoliceState)
receipts = st.lists(
    st.builds(
        Told,
        state=st.sampled_from(PoliceState),
        at_ms=st.integers(0, 3),
        by=st.sampled_from(["110", "station"]),
        reference=st.sampled_from(["", "J-1"]),
    ),
    max_size=12,
)


def played(told: list[Told]) -> list[tuple[Told, Effect]]:
    """Take receipts in, one after the other."""
    known: list[tuple[Told, Effect]] = []
    for one in told:
        known.append((one, effect_of(one, known)))
    return known


def standing(known: list[tuple[Told, Effect]]) -> PoliceState | None:
    """Say how far it is."""
    return stands((one.state, effect) for one, effect in known)


def test_table_moves_forward_only() -> None:
    """No state is reached from itself or from a later one, and every later one is reached from every earlier one."""
    for place, state in enumerate(ORDER):
        assert MOVES[state] == frozenset(ORDER[place + 1 :])
    assert MOVES[None] == frozenset(ORDER)


@given(receipts, st.randoms())
def test_order_and_doubles_change_nothing_of_where_it_ends(told: list[Told], chance: object) -> None:
    """Late, doubled, out of order: it ends where the farthest receipt says, and never goes back on the way."""
    shuffled = [*told, *told]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    known = played(shuffled)

    assert standing(known) == standing(played(told))
    assert standing(known) == (max((one.state for one in told), key=ORDER.index) if told else None)
    steps = [ORDER.index(one.state) for one, effect in known if effect is Effect.MOVED]
    assert steps == sorted(set(steps))
    assert len(known) == len(shuffled)


def test_word_told_twice_is_known_as_such_and_an_older_one_as_late() -> None:
    """Each is kept with what it did."""
    car = Told(state=PoliceState.DISPATCHED, at_ms=2, by="110")
    taken = Told(state=PoliceState.ACCEPTED, at_ms=1, by="110")

    assert [effect for _, effect in played([car, taken, car])] == [Effect.MOVED, Effect.LATE, Effect.REPEATED]
