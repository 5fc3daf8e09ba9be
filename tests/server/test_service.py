"""The server put together: what was kept is known again after a restart, and commands say in one sentence what is wrong."""

import asyncio
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from contract.errors import ConfigurationError
from contract.identity import DeviceId, make_press_id
from server.app import main
from server.core.events import CheckInArrived
from server.registry.model import Role
from server.registry.roster_file import encode_roster
from server.security.tokens import matches
from server.service import Service, close, give_demo_logins, keep_check_in, open_service
from server.settings import read_settings
from simulators.city import make_city

CITY = make_city(3, 7, date(2026, 3, 2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a roster."""
    (tmp_path / "roster.json").write_bytes(encode_roster(CITY.roster))
    return tmp_path


async def opened(folder: Path) -> Service:
    """Open a server over a folder; no broker is asked for anything until it serves."""
    settings = read_settings(None, folder=folder / "data", brokers=(), history="none")
    return await open_service(settings, folder / "roster.json")


async def test_a_check_in_by_telephone_is_known_again_after_a_restart_and_is_kept_once(folder: Path) -> None:
    service = await opened(folder)
    post = next(device for device in CITY.roster.devices if device.kind == "guard_post")
    now = time.time()
    event = CheckInArrived(make_press_id(1, 1), post.gateway, DeviceId(post.id), now, now, "guard", "in")
    for _ in range(2):
        await keep_check_in(service.journal, event)
    await close(service)
    again = await opened(folder)
    device = again.runtime.engine.device(post.gateway, post.id)
    assert device is not None
    assert device.home is not None
    assert device.home.checked_in(now + 1) == 1
    await close(again)


async def test_demonstration_accounts_keep_their_passwords_over_a_restart(folder: Path) -> None:
    service = await opened(folder)
    await give_demo_logins(service, folder / "logins.txt")
    written = (folder / "logins.txt").read_text()
    assert (folder / "logins.txt").stat().st_mode & 0o077 == 0
    await close(service)
    again = await opened(folder)
    await give_demo_logins(again, folder / "logins.txt")
    assert (folder / "logins.txt").read_text() == written
    assert {user.role for user in again.registry.accounts.all().values()} == set(Role)
    await close(again)


def test_a_roster_and_an_account_get_in_by_the_command_line(folder: Path) -> None:
    place = ["--folder", str(folder / "data")]
    run = CliRunner().invoke
    told = run(main, ["import-roster", str(folder / "roster.json"), *place])
    assert told.exit_code == 0, told.output
    assert told.output.startswith("3 schools, 3 gateways")
    school = CITY.roster.schools[0].id
    account = ["user", "add", "liang", "--role", "guard", "--logins", str(folder / "first.txt"), *place]
    told = run(main, [*account, "--scope", f"school:{school}"])
    assert told.exit_code == 0, told.output
    password = (folder / "first.txt").read_text().split("\t")[1]
    assert password not in told.output
    told = run(main, [*account, "--scope", "school:0000000000"])
    assert told.exit_code == 2
    assert "is not in the roster; allowed: unit, station, school" in told.output
    assert run(main, ["user", "disable", "liang", *place]).exit_code == 0
    told = run(main, ["user", "disable", "liang", *place])
    assert (told.exit_code, told.output) == (2, "liang: no such account, or disabled already\n")


def test_a_gateway_gets_a_key_that_a_later_roster_does_not_take_away(folder: Path) -> None:
    run, place = CliRunner().invoke, ["--folder", str(folder / "data")]
    bare = replace(CITY.roster, gateways=tuple(replace(one, key_hash="") for one in CITY.roster.gateways))
    (folder / "roster.json").write_bytes(encode_roster(bare))
    assert run(main, ["import-roster", str(folder / "roster.json"), *place]).exit_code == 0
    gateway = bare.gateways[0].id
    told = run(main, ["gateway-key", gateway, "--out", str(folder / "key"), *place])
    assert told.exit_code == 0, told.output
    key = (folder / "key").read_text().strip()
    assert key not in told.output
    assert (folder / "key").stat().st_mode & 0o077 == 0
    assert run(main, ["import-roster", str(folder / "roster.json"), *place]).exit_code == 0
    told = run(main, ["gateway-key", "gw-nowhere", "--out", str(folder / "key"), *place])
    assert (told.exit_code, told.output) == (2, "gateway 'gw-nowhere': not in the roster\n")

    async def hashes() -> list[str]:
        service = await opened(folder)
        await close(service)
        return [one.key_hash for one in service.registry.roster.gateways]

    assert matches(key, asyncio.run(hashes())[0])


def test_a_service_gets_a_key_with_which_it_may_tell_of_its_unit(folder: Path) -> None:
    """The key opens that one door for its unit, in the very server, and a later roster does not take it away."""
    run, place = CliRunner().invoke, ["--folder", str(folder / "data")]
    assert run(main, ["import-roster", str(folder / "roster.json"), *place]).exit_code == 0
    key_file = folder / "outside" / "key"
    told = run(main, ["outside-key", "weather-bureau", "--unit", "450700", "--out", str(key_file), *place])
    assert told.exit_code == 0, told.output
    key = key_file.read_text().strip()
    assert key not in told.output
    assert key_file.stat().st_mode & 0o077 == 0
    assert run(main, ["import-roster", str(folder / "roster.json"), *place]).exit_code == 0
    for source, unit, said in (
        ("Weather", "450700", "source: 'Weather'; allowed: up to 20 of a-z, 0-9 and -\n"),
        ("weather-bureau", "450799", "unit: '450799' is not in the roster; allowed: the id of an education unit\n"),
    ):
        told = run(main, ["outside-key", source, "--unit", unit, "--out", str(key_file), *place])
        assert (told.exit_code, told.output) == (2, said)
    assert key_file.read_text().strip() == key

    async def told_of(unit: str) -> tuple[int, str]:
        service = await opened(folder)
        now_ms = round(time.time() * 1_000)
        event = {"id": "w", "kind": "weather", "level": "red", "begins": now_ms, "ends": now_ms + 60_000, "unit": unit}
        transport = httpx.ASGITransport(app=service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answer = await client.post(
                "/api/v1/outside", json={"events": [event]}, headers={"Authorization": f"Bearer {key}"}
            )
        await close(service)
        return answer.status_code, answer.text

    assert asyncio.run(told_of("450721")) == (200, '{"changed":1}')
    assert asyncio.run(told_of("110000"))[0] == 422


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = 99999", "port"),
        ("door = 'quick'", "'default' or 'fast'"),
        ("prot = 8080", "prot"),
        ("history = 'influx9'", "history"),
        ("port = x\n", "line 1"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "server.toml").write_text(text)
    with pytest.raises(ConfigurationError) as wrong:
        read_settings(tmp_path / "server.toml")
    assert words in str(wrong.value)


def test_secrets_are_never_shown() -> None:
    settings = read_settings(None, database="postgresql://me:secret-word@db/x", history_token="secret-word")
    assert "secret-word" not in repr(settings)
