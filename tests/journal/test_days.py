"""What was noted of the last days, kept alike on both databases."""

from server.core.effects import DayNoted
from server.journal.database import Database
from server.journal.days import SqlDays


async def test_a_later_word_takes_the_place_of_an_earlier_one_and_old_ones_are_forgotten(database: Database) -> None:
    days = SqlDays(database)
    await days.keep([DayNoted("s-1", "rounds.1", 10.0, "1"), DayNoted("s-2", "rounds.1", 10.0, "f")])
    await days.keep([DayNoted("s-1", "rounds.1", 10.0, "3"), DayNoted("s-1", "peak.2.420", 20.0, "1")])
    kept = [
        DayNoted("s-1", "rounds.1", 10.0, "3"),
        DayNoted("s-2", "rounds.1", 10.0, "f"),
        DayNoted("s-1", "peak.2.420", 20.0, "1"),
    ]
    assert list(await days.noted(0)) == kept
    assert list(await days.noted(11.0)) == kept[2:]
    assert list(await days.noted(0)) == kept[2:]
