"""The registry in SQL: read and replaced whole."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from contract.identity import DeviceId, GatewayId
from server.journal.database import Database
from server.registry.model import Roster
from server.registry.store import Registry
from tests.registry.city import FIRST, roster


async def test_roster_comes_back_as_it_was_put_in(database: Database) -> None:
    """Every field of every value survives the way into SQL and back, in the same order."""
    await Registry(database).replace(roster())

    again = Registry(database)
    read = await again.load()

    assert read == roster()
    assert again.tree.schools[FIRST].name == f"学校{FIRST}"


async def test_empty_registry_reads_as_empty_roster(database: Database) -> None:
    """A server that starts for the first time has a roster with nothing in it."""
    assert await Registry(database).load() == Roster()


async def test_replacing_writes_what_came_changed_moved_and_went(database: Database) -> None:
    """The roster is exactly the new one, whatever the old one was."""
    registry, before = Registry(database), roster()
    await registry.replace(before)
    changed = replace(before.schools[1], pupils=9, opened=None)
    moved = (before.schools[2], changed)  # The first is gone, the order is another.
    new_device = replace(before.devices[0], id=DeviceId("button-9"))
    after = replace(before, schools=moved, devices=(new_device, *before.devices[2:]))

    await registry.replace(after)

    assert await Registry(database).load() == after
    assert registry.roster == after


async def test_replacing_with_a_double_changes_nothing(database: Database) -> None:
    """Nothing is half-imported."""
    registry, before = Registry(database), roster()
    await registry.replace(before)
    doubled = replace(before, schools=before.schools[:1], records=(), gateways=(*before.gateways, before.gateways[0]))
    new = replace(doubled, gateways=tuple(replace(one, id=GatewayId(f"{one.id}-x")) for one in doubled.gateways))

    with pytest.raises(IntegrityError):
        await registry.replace(new)

    assert await Registry(database).load() == before
    assert registry.roster == before


async def test_same_roster_again_writes_no_row(database: Database) -> None:
    """A nightly import of an unchanged city costs no write of its rows."""
    registry = Registry(database)
    await registry.replace(roster())
    await database.run(lambda connection: connection.execute(text("update device set name = name || '!'")))
    marked = await registry.load()

    await registry.replace(marked)
    names = await database.run(lambda connection: connection.execute(text("select name from device")).scalars().all())

    assert all(name.endswith("!") for name in names)
