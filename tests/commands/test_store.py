"""Orders on both databases: one number each in a gateway, asked by one person and confirmed by another."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from contract.identity import GatewayId, SchoolId, UserName
from contract.orders import Op
from server.commands.model import Asked, CommandState, Given, NotGiven
from server.commands.store import CommandStore
from server.journal.database import Database
from server.registry.store import Registry
from tests.registry.city import roster

NOW = 1_772_413_200_000


def asked(number: int, op: Op = Op.SIREN) -> Asked:
    """Ask for something."""
    return Asked(f"00000000-0000-7000-8000-{number:012x}", GatewayId("gw-first"), "button-1", SchoolId("3145000001"), op, {})


def signed(given: Given) -> bytes:
    """Sign as far as the store cares."""
    return msgspec.json.encode({"exp": given.issued_ms + 25_000})


@pytest.fixture
async def store(database: Database) -> CommandStore:
    """Give a store beside a small city."""
    await Registry(database).replace(roster())
    return CommandStore(database)


async def test_orders_given_at_once_have_numbers_of_their_own_and_one_id_is_one_order(store: CommandStore) -> None:
    many = [store.ask(asked(1 + place // 2), UserName("m"), NOW, signed) for place in range(8)]
    given = await asyncio.gather(*many)
    assert {one.number for one in given} == {NOW, NOW + 1, NOW + 2, NOW + 3}
    assert len(await store.pending(NOW)) == 4
    assert await store.pending(NOW + 25_000) == []


async def test_a_second_person_signs_what_waits(store: CommandStore) -> None:
    waiting = await store.ask(asked(1, Op.UNLOCK), UserName("m"), NOW, None)
    assert (waiting.state(NOW), await store.pending(NOW)) == (CommandState.WAITING, [])
    with pytest.raises(NotGiven):
        await store.confirm(waiting.asked.id, UserName("m"), NOW, signed)
    confirmed = await store.confirm(waiting.asked.id, UserName("p"), NOW + 1, signed)
    [listed] = await store.page(["3145000001"], None, None, 10)
    assert replace(listed, answers=()) == confirmed
    assert (listed.confirmed_by, listed.exp_ms) == ("p", NOW + 25_001)
