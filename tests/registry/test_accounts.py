"""Accounts and first passwords."""

import stat
from dataclasses import replace
from pathlib import Path

from server.journal.database import Database
from server.registry.accounts import Accounts, write_logins
from tests.registry.city import users


async def test_accounts_come_back_as_they_were_put(database: Database) -> None:
    """Every field survives; a disabled account is found no more, yet its name can still be shown."""
    everybody = users("hash")
    await Accounts(database).put(everybody)

    again = Accounts(database)
    await again.load()

    assert set(again.all().values()) == set(everybody)
    assert again.find("chief") == next(user for user in everybody if user.name == "chief")
    assert again.find("gone") is None
    assert again.display("gone") == "市局指挥中心"
    assert again.find("nobody") is None


async def test_put_replaces_and_disable_refuses(database: Database) -> None:
    """A second put of a name changes the account; disabling it takes effect at once and stays."""
    accounts = Accounts(database)
    [chief] = [user for user in users() if user.name == "chief"]
    await accounts.put([chief])
    await accounts.put([replace(chief, display="新")])

    await accounts.disable("chief")

    assert accounts.find("chief") is None
    again = Accounts(database)
    await again.load()
    assert again.find("chief") is None
    assert again.display("chief") == "新"


def test_first_passwords_are_for_the_owner_alone(tmp_path: Path) -> None:
    """The file of logins can be read by its owner only, also when an open one stood there before."""
    path = tmp_path / "logins.txt"
    path.write_text("old")
    path.chmod(0o644)
    [chief] = [user for user in users() if user.name == "chief"]

    write_logins(path, {"chief": "secret-word"}, {"chief": chief})

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "chief\tsecret-word\tcommand_centre\t市局指挥中心\n"
    assert list(tmp_path.iterdir()) == [path]
