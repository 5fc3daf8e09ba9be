"""Sessions: a random token in the browser's cookie, its digest here; they end idle, by age, or by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, insert, select, update

from contract.identity import UserName
from server.journal.database import Database
from server.registry import tables
from server.security.tokens import digest, draw_token

IDLE_SECONDS = 12 * 3600.0  # A shift; an open stream counts as use, so that a watched screen does not go dark.
LIFE_SECONDS = 7 * 86_400.0
SEEN_WRITE_SECONDS = 60.0  # How often use is written down: a write for each request would serve nobody.
SEEKS_PER_SECOND_MAX = 50  # Of unknown tokens in the database; a city signs in more slowly.
SESSIONS_OF_ONE_MAX = 50  # The oldest gives way: a forgotten script must not fill the table.


@dataclass(slots=True)
class Session:
    """One signed-in browser."""

    digest: str
    user: UserName
    created: float
    seen: float
    written: float

    def alive(self, now: float) -> bool:
        """Say whether the session may still be used."""
        return now - self.created < LIFE_SECONDS and now - self.seen < IDLE_SECONDS


class Sessions:
    """Every living session, in memory and in SQL; `on_closed` is told each digest that ends."""

    def __init__(self, database: Database, on_closed: Callable[[str], None] = lambda _: None) -> None:
        self._database = database
        self._sessions: dict[str, Session] = {}
        self._seeking_since = 0.0
        self._sought = 0
        self.on_closed = on_closed

    async def load(self, now: float) -> None:
        """Read the sessions that are still alive; forget the others for good."""

        def work(connection: Connection) -> list[Session]:
            table = tables.session
            idle, life = round((now - IDLE_SECONDS) * 1000), round((now - LIFE_SECONDS) * 1000)
            connection.execute(delete(table).where((table.c.seen_ms <= idle) | (table.c.created_ms <= life)))
            return [_read(row) for row in connection.execute(select(table))]

        self._sessions = {session.digest: session for session in await self._database.run(work)}

    async def open(self, user: UserName, now: float) -> str:
        """Begin a session and give its token, which is nowhere else from here on."""
        token = draw_token()
        session = Session(digest(token), user, now, now, now)
        values = {"digest": session.digest, "account": user, "created_ms": round(now * 1000), "seen_ms": round(now * 1000)}
        await self._database.run(lambda connection: connection.execute(insert(tables.session).values(values)))
        self._sessions[session.digest] = session
        mine = [known for known in self._sessions.values() if known.user == user]
        for oldest in sorted(mine, key=lambda known: known.seen)[: max(0, len(mine) - SESSIONS_OF_ONE_MAX)]:
            await self.close(oldest.digest)
        return token

    def find(self, token: str, now: float) -> Session | None:
        """Find the living session of a token."""
        session = self._sessions.get(digest(token))
        return session if session is not None and session.alive(now) else None

    async def seek(self, token: str, now: float) -> Session | None:
        """Find a session that another server of the same database has opened; so many a second, for anybody may ask."""
        if self._database.dialect == "sqlite":
            return None
        if now - self._seeking_since >= 1.0:
            self._seeking_since, self._sought = now, 0
        self._sought += 1
        if self._sought > SEEKS_PER_SECOND_MAX:
            return None
        known = digest(token)
        query = select(tables.session).where(_is(known))
        row = await self._database.run(lambda connection: connection.execute(query).first())
        session = _read(row) if row is not None else None
        if session is None or not session.alive(now):
            return None
        return self._sessions.setdefault(known, session)

    def use(self, known: str, now: float) -> bool:
        """Say whether the session of a digest may still be used, and note that it is.

        The next sweep writes it down: reading the picture must not wait for a database, least of all for one that is away.
        """
        session = self._sessions.get(known)
        if session is None or not session.alive(now):
            return False
        session.seen = max(session.seen, now)
        return True

    async def close(self, known: str) -> None:
        """End one session; from here on its token is worth nothing."""
        self._sessions.pop(known, None)
        self.on_closed(known)
        await self._database.run(lambda connection: connection.execute(delete(tables.session).where(_is(known))))

    async def close_user(self, user: str) -> None:
        """End every session of a user: after a new password, a new scope, or the end of the account."""
        for known in [session.digest for session in self._sessions.values() if session.user == user]:
            await self.close(known)

    async def sweep(self, now: float) -> None:
        """End the sessions that have run out, and those somebody else ended in SQL; write down the use of the rest."""
        asked = list(self._sessions)  # What is opened while SQL answers is not judged by that answer.
        kept = await self._database.run(lambda connection: set(connection.scalars(select(tables.session.c.digest))))
        for known in asked:
            session = self._sessions.get(known)
            if session is not None and not (known in kept and session.alive(now)):
                await self.close(known)
        used = [(one, one.seen) for one in self._sessions.values() if one.seen - one.written >= SEEN_WRITE_SECONDS]
        if used:
            rows = [{"known": session.digest, "at": round(seen * 1000)} for session, seen in used]
            statement = update(tables.session).where(tables.session.c.digest == bindparam("known"))
            await self._database.run(lambda connection: connection.execute(statement.values(seen_ms=bindparam("at")), rows))
            for session, seen in used:
                session.written = seen


def _read(row: Row[Any]) -> Session:
    seen = row.seen_ms / 1000
    return Session(row.digest, UserName(row.account), row.created_ms / 1000, seen, seen)


def _is(known: str) -> ColumnElement[bool]:
    return tables.session.c.digest == known
