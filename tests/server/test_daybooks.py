"""What daybooks note is known after a restart, and survives a database that is away for a while."""

from collections.abc import Sequence

import pytest

from contract.errors import StorageError
from server.core.daybook import ALARM_SECONDS
from server.core.effects import DayNoted
from server.core.events import DaysRestored, Event
from server.daybooks import Daybooks

NOW = 10_000_000.0


class Memory:
    """A store in memory that can be down."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], DayNoted] = {}
        self.down = False

    async def keep(self, notes: Sequence[DayNoted]) -> None:
        """Keep."""
        if self.down:
            raise StorageError("database: away")
        self.rows.update({(one.school, one.key): one for one in notes})

    async def noted(self, since: float) -> Sequence[DayNoted]:
        """Read."""
        return [one for one in self.rows.values() if one.at >= since]


async def test_what_was_noted_is_told_after_the_next_start_for_as_long_as_figures_ask() -> None:
    memory, events = Memory(), list[Event]()
    books = Daybooks(memory, events.append, lambda: NOW)
    old, new = DayNoted("s-1", "alarm.a", NOW - ALARM_SECONDS - 1, ""), DayNoted("s-1", "rounds.1", NOW, "3")
    for note in (old, DayNoted("s-1", "rounds.1", NOW, "1"), new):
        books.note(note)
    await books.flush()
    await books.start()
    assert events == [DaysRestored([new])]


async def test_notes_wait_for_a_database_that_is_away_and_the_later_word_wins() -> None:
    memory = Memory()
    books = Daybooks(memory, lambda _: None, lambda: NOW)
    memory.down = True
    books.note(DayNoted("s-1", "rounds.1", NOW, "1"))
    with pytest.raises(StorageError):
        await books.flush()
    books.note(DayNoted("s-1", "rounds.1", NOW, "3"))
    memory.down = False
    await books.flush()
    assert memory.rows["s-1", "rounds.1"].value == "3"
