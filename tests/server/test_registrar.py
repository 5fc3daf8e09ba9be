"""The registry edited in a running server: the engine, the ingest, the screens and the other servers know at once."""

import asyncio
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest

from contract.errors import ConfigurationError
from contract.identity import GatewayId
from server.registry.changes import Edit, put
from server.registry.model import Gateway
from server.registry.roster_file import encode_roster
from server.registry.sheets.declaration import Declaration
from server.service import Service, close, open_service
from server.settings import read_settings
from simulators.city import make_city

CITY = make_city(3, 7, date(2026, 3, 2))
SCHOOL = CITY.roster.schools[0]
BARRIER = next(
    one for one in CITY.roster.records if isinstance(one, Declaration) and (one.school, one.id) == (SCHOOL.id, "barrier")
)


async def opened(folder: Path, database: str = "") -> Service:
    """Open a server over a folder, without doors."""
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240  # A test has time.
    (folder / "roster.json").write_bytes(encode_roster(CITY.roster))
    settings = read_settings(
        None, folder=folder / "data", brokers=(), history="none", **({"database": database} if database else {})
    )
    return await open_service(settings, folder / "roster.json")


def ticked(service: Service) -> str:
    """Let the engine judge, and give the ledger's judgement of the school's barrier."""
    service.runtime.engine._coverage.tick(time.time())
    return service.runtime.engine.verdicts(SCHOOL.id)["t5_barrier"][0].judgement.value


async def test_an_edit_reaches_engine_ingest_and_screens(tmp_path: Path) -> None:
    service = await opened(tmp_path)
    absent = msgspec.structs.replace(BARRIER, in_place=False)
    assert await service.registrar.edit([put(absent)], by="chen", reason="借走") == 1
    assert ticked(service) == "not_met"

    before = service.hub.seq
    added = Gateway(GatewayId("gw-added"), SCHOOL.id)
    assert await service.registrar.edit([put(added), put(replace(SCHOOL, name="新名"))], by="chen", reason="") == 2

    assert service.runtime.engine.gateway("gw-added") is not None
    assert service.ingest._host._gateways.get("gw-added") is not None
    assert service.registry.tree.schools[SCHOOL.id].name == "新名"
    assert service.runtime.engine.roster.schools[SCHOOL.id].name == "新名"
    assert service.hub.seq >= before
    await close(service)
    again = await opened(tmp_path / "again")
    await close(again)


async def test_what_cannot_be_is_refused_and_nothing_moves(tmp_path: Path) -> None:
    service = await opened(tmp_path)
    index = service.runtime.engine.roster
    with pytest.raises(ConfigurationError, match="not in the roster"):
        await service.registrar.edit([Edit("school", (SCHOOL.id,))], by="chen", reason="")
    assert service.runtime.engine.roster is index
    assert SCHOOL.id in service.registry.tree.schools
    await close(service)


@pytest.mark.postgres
async def test_another_server_follows(postgres_address: str, tmp_path: Path) -> None:
    first, second = await opened(tmp_path / "1", postgres_address), await opened(tmp_path / "2", postgres_address)
    following = asyncio.create_task(second.registrar.run())
    absent = msgspec.structs.replace(BARRIER, in_place=False)

    await first.registrar.edit([put(absent), put(replace(SCHOOL, name="新名"))], by="chen", reason="")
    while ticked(second) != "not_met":  # noqa: ASYNC110  # What is waited for tells nobody.
        await asyncio.sleep(0.02)

    assert second.registry.tree.schools[SCHOOL.id].name == "新名"
    following.cancel()
    for one in (first, second):
        await close(one)
