"""Guards' last words, kept alike on both databases."""

from contract.identity import DeviceId, GatewayId
from server.core.effects import GuardSeen
from server.journal.database import Database
from server.journal.guards import SqlGuards

POST = (GatewayId("gw-0001"), DeviceId("post-1"))


async def test_the_newest_word_of_each_guard_is_kept(database: Database) -> None:
    """Whatever order they come in, and whoever else keeps them."""
    guards = SqlGuards(database)
    await guards.keep([GuardSeen(*POST, "g-1", 20.5, present=True), GuardSeen(*POST, "g-2", 5.0, present=True)])
    await guards.keep([GuardSeen(*POST, "g-1", 10.0, present=True)])
    await guards.keep([GuardSeen(*POST, "g-2", 30.0, present=False)])
    assert list(await guards.seen(0)) == [
        GuardSeen(*POST, "g-1", 20.5, present=True),
        GuardSeen(*POST, "g-2", 30.0, present=False),
    ]


async def test_old_ones_are_forgotten_but_not_what_the_server_says_of_itself(database: Database) -> None:
    guards = SqlGuards(database)
    own = GuardSeen(GatewayId(""), DeviceId(""), "", 1.0, present=True)
    await guards.keep([GuardSeen(*POST, "g-1", 20.0, present=True), own])
    assert list(await guards.seen(21.0)) == [own]
    assert list(await guards.seen(0)) == [own]


async def test_any_reference_can_be_kept(database: Database) -> None:
    guards = SqlGuards(database)
    await guards.keep([GuardSeen(*POST, "g\x00" + "长" * 300, 20.0, present=True)])
    [kept] = await guards.seen(0)
    assert kept.guard == "g\ufffd" + "长" * 254
