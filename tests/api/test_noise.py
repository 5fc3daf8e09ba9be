"""The page of alarm quality over the API: cut to the reach, from stored facts, with a spreadsheet behind each table."""

from server.core.fact import Fact, What, encode_fact
from server.journal.model import AlertFact
from server.journal.sql import SqlJournal
from tests.api.conftest import House
from tests.api.engine import fault, press
from tests.registry.city import THIRD


async def store(house: House) -> None:
    """Store the facts of two faults, one in either branch, and of a press by a test."""
    alerts = (fault("here"), fault("there", school=THIRD, gateway="gw-third"), press("rehearsed", mode="test"))
    now = house.parts.clock() - 1_200
    facts = []
    for alert in alerts:
        body = encode_fact(Fact(What.RAISED, now, alert=alert))
        facts.append(AlertFact(alert.id, 1, round(now * 1_000), body, settled=False, press="", signal=""))
    await SqlJournal(house.database).append_facts(facts)


async def test_figures_are_cut_to_the_reach_and_tests_are_in_none(house: House) -> None:
    """Each sees the load of what lies within reach."""
    await store(house)
    for name, total in (("chief", 2), ("police_liaison", 1)):
        client = await house.sign_in(name)
        answer = await client.get("/api/v1/noise?days=1")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert (page["load"]["total"], page["whole"], len(page["load"]["bins"])) == (total, True, 144)
        assert sum(actor["times"] for actor in page["actors"]) == total


async def test_each_table_is_a_spreadsheet(house: House) -> None:
    """With a byte order mark, so that names are read."""
    await store(house)
    client = await house.sign_in("chief")
    for table in ("actors", "pressers", "answers", "advice", "posts"):
        answer = await client.get(f"/api/v1/noise.csv?table={table}")
        assert answer.status_code == 200
        assert answer.content.startswith(b"\xef\xbb\xbf")
    assert (await client.get("/api/v1/noise?days=90")).status_code == 422
