"""Edits line by line, and the registry of any past day as it was known then and as it is known now."""

from dataclasses import replace
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError

from contract.errors import ConfigurationError
from server.journal.database import Database
from server.registry.changes import CALENDAR, Edit, apply, difference, keyed, put
from server.registry.model import Roster
from server.registry.roster_file import check_roster
from server.registry.sheets.declaration import Declaration
from server.registry.store import Registry
from tests.core.talking import beijing
from tests.registry.city import FIRST, SECOND, roster

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 4)


def at(day: date, hour: int = 9) -> float:
    """Give an instant of a day in Asia/Shanghai."""
    return beijing(day, hour)


def renamed(name: str) -> Edit:
    """Give the first school another name."""
    return put(replace(roster().schools[0], name=name))


async def known_names(registry: Registry, known: float, on: date) -> str:
    """Give the first school's name on a day as it was known at an instant."""
    past = await registry.as_of(round(known * 1_000), on)
    return next(school.name for school in past.schools if school.id == FIRST)


async def test_an_edit_is_there_after_a_restart_and_for_another_server(database: Database) -> None:
    ours, theirs = Registry(database), Registry(database)
    await ours.replace(roster(), now=at(MONDAY))
    await theirs.load()
    said = next(record for record in roster().records if isinstance(record, Declaration))
    edits = [renamed("新名"), put(msgspec.structs.replace(said, in_place=False)), Edit("kit", (SECOND, "k1"))]

    assert list(await ours.edit(edits, by="chen", reason="更名", now=at(TUESDAY))) == edits
    assert list(await theirs.follow()) == edits

    wanted = apply(roster(), edits)
    assert keyed(ours.roster) == keyed(theirs.roster) == keyed(await Registry(database).load()) == keyed(wanted)
    assert ours.tree.schools[FIRST].name == theirs.tree.schools[FIRST].name == "新名"
    assert await theirs.follow() == []
    line = (await ours.audit.page(None, 1))[0]
    assert (line.actor, line.what) == ("chen", "registry_edited")


async def test_an_edit_takes_in_what_another_server_edited_first(database: Database) -> None:
    ours, theirs = Registry(database), Registry(database)
    await ours.replace(roster(), now=at(MONDAY))
    await theirs.load()
    await theirs.edit([Edit("kit", (SECOND, "k1"))], by="li", reason="", now=at(TUESDAY))

    different = await ours.edit([renamed("新名")], by="chen", reason="", now=at(TUESDAY))

    assert [edit.sheet for edit in different] == ["kit", "school"]
    assert not [record for record in ours.roster.records if record.sheet == "kit" and record.home == SECOND]


async def test_what_cannot_be_changes_nothing(database: Database) -> None:
    registry = Registry(database)
    await registry.replace(roster(), now=at(MONDAY))
    nowhere = put(replace(roster().schools[0], unit="999999"))  # type: ignore[arg-type]  # On purpose.

    with pytest.raises(ConfigurationError, match="999999"):
        await registry.edit([renamed("新名"), nowhere], by="chen", reason="", now=at(TUESDAY), checked=check_roster)
    with pytest.raises(ConfigurationError, match="has not come"):
        await registry.edit([renamed("新名")], by="chen", reason="", now=at(MONDAY), effective=TUESDAY)

    assert keyed(registry.roster) == keyed(await Registry(database).load()) == keyed(roster())


async def test_an_edit_that_changes_nothing_is_not_recorded(database: Database) -> None:
    registry = Registry(database)
    await registry.replace(roster(), now=at(MONDAY))
    before = registry.sequence

    assert await registry.edit([put(roster().schools[0])], by="chen", reason="", now=at(TUESDAY)) == []
    assert registry.sequence == before


async def test_a_past_day_as_known_then_and_as_known_now(database: Database) -> None:
    registry = Registry(database)
    await registry.replace(roster(), now=at(MONDAY))
    await registry.edit([renamed("甲")], by="chen", reason="", now=at(WEDNESDAY), effective=TUESDAY)

    plain = f"学校{FIRST}"
    assert await known_names(registry, at(WEDNESDAY, 8), TUESDAY) == plain  # Nobody had told it yet.
    assert await known_names(registry, at(WEDNESDAY, 10), MONDAY) == plain  # It was not so yet.
    assert await known_names(registry, at(WEDNESDAY, 10), TUESDAY) == "甲"
    assert await known_names(registry, at(WEDNESDAY, 10), WEDNESDAY) == "甲"
    [first, second] = await registry.changes("school", (FIRST,))
    assert (first.edit.line.name, second.edit.line.name, second.actor) == (plain, "甲", "chen")


async def test_changes_cannot_be_changed(database: Database) -> None:
    await Registry(database).replace(roster(), now=at(MONDAY))
    for statement in ("update registry_change set actor = 'x'", "delete from registry_change"):
        with pytest.raises((DatabaseError, IntegrityError)):
            await database.run(lambda connection, said=statement: connection.execute(text(said)))  # type: ignore[misc]


changes = st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 3)), max_size=8)


@given(changes)
def test_applying_a_difference_gives_the_other_roster(drawn: list[tuple[int, int]]) -> None:
    old, edits = roster(), []
    for school, pupils in drawn:
        line = old.schools[school]
        edits.append(put(replace(line, pupils=pupils)) if pupils >= 0 else Edit("school", (line.id,)))
    new = apply(old, edits)
    found = difference(old, new)
    assert keyed(apply(old, found)) == keyed(new)
    assert not difference(new, apply(old, found))
    assert difference(Roster(), old)[-1].sheet != CALENDAR or old.calendar


async def test_a_large_edit_comes_to_the_same_as_a_small_one(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made ready in slices is what would have been written at once: new, changed and taken out, with its changes."""
    monkeypatch.setattr("server.registry.staging.STAGED_FROM", 0)
    monkeypatch.setattr("server.registry.staging.SLICE", 3)
    registry = Registry(database)
    await registry.replace(roster(), now=at(MONDAY))
    before = registry.sequence
    device = roster().devices[1]
    said = next(record for record in roster().records if isinstance(record, Declaration))
    edits = [
        renamed("新名"),
        put(replace(device, name="新机", gb_id="")),
        *(put(replace(device, id=f"new-{number}", gb_id="")) for number in range(5)),  # type: ignore[arg-type]
        put(msgspec.structs.replace(said, in_place=False)),
        put(msgspec.structs.replace(said, id="barrier")),
        Edit("kit", (SECOND, "k1")),
        Edit(CALENDAR, (), replace(roster().calendar, holidays=frozenset())),
    ]

    assert await registry.edit(edits, by="chen", reason="导入", now=at(TUESDAY), checked=check_roster) == edits
    with pytest.raises(ConfigurationError):
        await registry.edit([Edit("school", (FIRST,))], by="chen", reason="", now=at(TUESDAY), checked=check_roster)

    loaded = await Registry(database).load()
    wanted = apply(roster(), edits)
    assert keyed(loaded) == keyed(wanted)
    assert [one.id for one in loaded.devices] == [one.id for one in wanted.devices]  # In their places.
    assert registry.sequence == before + len(edits)
    known = await registry.as_of(round(at(TUESDAY) * 1_000), TUESDAY)
    assert keyed(known) == keyed(wanted)
    assert await registry.edit(edits, by="chen", reason="", now=at(TUESDAY)) == []
    assert len(await registry.edit([renamed("又名")], by="chen", reason="", now=at(WEDNESDAY))) == 1
