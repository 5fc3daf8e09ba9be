"""The accounts: who may sign in, kept in SQL and held in memory, so that a request needs no query."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from server.journal.database import Database
from server.registry import tables
from server.registry.model import User
from server.registry.rows import read_user, write_user

ACCOUNTS_MAX = 100_000  # Everybody of a province's schools; beyond it memory is the wrong place.


class Accounts:
    """The accounts by name."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._users: dict[str, User] = {}

    async def load(self) -> None:
        """Read all accounts into memory."""

        def work(connection: Connection) -> list[User]:
            found = connection.execute(select(tables.account).limit(ACCOUNTS_MAX)).mappings()
            return [read_user(dict(row)) for row in found]

        self._users = {user.name: user for user in await self._database.run(work)}

    def find(self, name: str) -> User | None:
        """Find an account that may be used; a disabled one is as good as none."""
        user = self._users.get(name)
        return None if user is None or user.disabled else user

    def display(self, name: str) -> str:
        """Give the name to show for somebody, even if they may no longer sign in."""
        user = self._users.get(name)
        return user.display if user else name

    def also(self, name: str) -> frozenset[str]:
        """Name the other accounts that bear the name of the same person, for what needs two people."""
        user = self._users.get(name)
        if user is None or not user.display:
            return frozenset()
        return frozenset(one.name for one in self._users.values() if one.display == user.display) - {user.name}

    def all(self) -> Mapping[str, User]:
        """Every account by name."""
        return self._users

    async def put(self, users: Iterable[User]) -> None:
        """Add accounts, or replace those of the same names, all or none."""
        batch = list(users)

        def work(connection: Connection) -> None:
            for user in batch:
                connection.execute(delete(tables.account).where(tables.account.c.name == user.name))
            if batch:
                connection.execute(insert(tables.account), [write_user(user) for user in batch])

        await self._database.run(work)
        self._users.update({user.name: user for user in batch})

    async def disable(self, name: str) -> None:
        """Refuse an account from now on; its past deeds keep their name. Close its sessions beside this."""
        user = self._users.get(name)
        if user is not None:
            await self.put([replace(user, disabled=True)])


def write_logins(path: Path, passwords: Mapping[str, str], users: Mapping[str, User]) -> None:
    """Write first passwords to a file that only its owner can read."""
    lines = [f"{name}\t{password}\t{users[name].role.value}\t{users[name].display}" for name, password in passwords.items()]
    write_secret(path, "\n".join(lines) + "\n")


def write_secret(path: Path, text: str) -> None:
    """Write a file only its owner can read; it never existed with other rights, not for an instant."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
