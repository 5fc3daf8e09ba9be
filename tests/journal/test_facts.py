"""Facts of alerts: numbered, and of two servers that write one number the first is believed."""

import pytest

from server.journal.database import Database
from server.journal.model import AlertFact, Home
from server.journal.sql import SqlJournal


@pytest.fixture
def journal(database: Database) -> SqlJournal:
    """Give a journal on each database in turn."""
    return SqlJournal(database)


async def test_an_alert_that_was_moved_takes_no_fact_of_the_loser_not_even_a_later_one(journal: SqlJournal) -> None:
    await journal.append_facts([AlertFact("a", 1, 1, b"raised"), AlertFact("a", 2, 2, b"theirs")])
    mine = [AlertFact("a", 2, 3, b"mine"), AlertFact("a", 3, 4, b"after mine"), AlertFact("b", 1, 5, b"other")]

    assert await journal.append_facts(mine) == {"a"}

    assert await journal.facts_of("a") == [b"raised", b"theirs"]
    assert await journal.facts_of("b") == [b"other"]


async def test_a_press_is_brought_to_one_incident_only(journal: SqlJournal) -> None:
    await journal.append_facts([AlertFact("a", 1, 1, b"raised", press="p")])

    assert await journal.append_facts([AlertFact("p", 1, 2, b"too", press="p"), AlertFact("p", 2, 3, b"stored")]) == {"p"}

    assert await journal.facts_of("p") == []
    assert await journal.homes_of({"p": "p@g", "q": "q@g"}) == {"p": Home("a", "p")}


async def test_a_press_of_two_names_is_brought_once_and_a_name_is_of_one_gateway(journal: SqlJournal) -> None:
    """Where two gateways use one id, each press is there once, whichever name a server gave it."""
    await journal.append_facts([AlertFact("p", 1, 1, b"first", press="p", signal="p@g")])

    assert await journal.append_facts([AlertFact("p@g", 1, 2, b"again", press="p@g", signal="p@g")]) == {"p@g"}
    assert await journal.append_facts([AlertFact("q", 1, 2, b"other's", press="p", signal="p@h")]) == {"q"}

    assert await journal.homes_of({"p@g": "p@g"}) == {"p@g": Home("p", "p")}
    assert await journal.homes_of({"p": "p@h"}) == {"p": Home("p", "p", taken=True)}
    assert await journal.append_facts([AlertFact("p@h", 1, 2, b"other's", press="p@h", signal="p@h")]) == set()
    assert await journal.homes_of({"p": "p@h"}) == {"p": Home("p@h", "p@h")}


async def test_facts_are_read_on_from_where_one_stopped(journal: SqlJournal) -> None:
    await journal.append_facts([AlertFact("a", 1, 1, b"1"), AlertFact("b", 1, 2, b"2")])
    start = await journal.facts_head()
    await journal.append_facts([AlertFact("a", 2, 3, b"3"), AlertFact("b", 2, 4, b"4")])

    await journal.facts_after(start, 10)  # PostgreSQL is sure at the second look.
    found = await journal.facts_after(start, 10)

    assert [(one.alert, one.number, one.body) for one in found] == [("a", 2, b"3"), ("b", 2, b"4")]
    assert await journal.facts_after(found[-1].sequence, 10) == []
