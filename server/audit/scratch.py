"""A ledger of two sides on the disk: what should be and what is are poured in, and what does not balance is told.

However many rows an audit compares, its memory stays the same: this is a private temporary SQLite file that nobody else
can open and that is gone with its connection. Used by one thread at a time.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from contract.errors import StorageError

_SCHEMA = (
    "create table item (check_name text, key text, print text, at_ms integer, should integer, may integer, is_ integer,"
    " primary key (check_name, key, print)) without rowid"
)
_POUR = (
    "insert into item values (?, ?, ?, ?, ?, ?, ?) on conflict do update set should = should + excluded.should,"
    " may = may + excluded.may, is_ = is_ + excluded.is_, at_ms = min(at_ms, excluded.at_ms)"
)
_UNEVEN = (
    "select key, print, at_ms, should, may, is_ from item where check_name = ? and key in"
    " (select key from item where check_name = ? group by key, print having sum(should) <> sum(is_)) order by key"
)
_COUNT = "select count(*) from item where check_name = ? and is_ > 0 and at_ms >= ? and at_ms < ?"

Item = tuple[str, str, int]  # Key, what it looks like, when.


class Line(NamedTuple):
    """One look of one key on both sides: how often it should be there, may be there instead, and is."""

    key: str
    print: str
    at_ms: int
    should: int
    may: int
    found: int


class Scratch:
    """The ledger; `close` forgets everything."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._file.execute(_SCHEMA)

    def should(self, check: str, items: Iterable[Item]) -> None:
        """Pour in what should be there."""
        self._pour((check, *item, 1, 0, 0) for item in items)

    def may(self, check: str, items: Iterable[Item]) -> None:
        """Pour in what may stand there instead."""
        self._pour((check, *item, 0, 1, 0) for item in items)

    def found(self, check: str, items: Iterable[Item]) -> None:
        """Pour in what is there."""
        self._pour((check, *item, 0, 0, 1) for item in items)

    def uneven(self, check: str) -> Iterator[list[Line]]:
        """Give, key by key, every line of the keys that do not balance."""
        lines: list[Line] = []
        for row in self._file.execute(_UNEVEN, (check, check)):
            line = Line(*row)
            if lines and lines[0].key != line.key:
                yield lines
                lines = []
            lines.append(line)
        if lines:
            yield lines

    def count(self, check: str, from_ms: int, to_ms: int) -> int:
        """Count what is there within a span."""
        return int(self._file.execute(_COUNT, (check, from_ms, to_ms)).fetchone()[0])

    def close(self) -> None:
        """Forget everything."""
        self._file.close()

    def _pour(self, rows: Iterable[tuple[object, ...]]) -> None:
        try:
            self._file.execute("begin")
            self._file.executemany(_POUR, rows)
            self._file.execute("commit")
        except sqlite3.Error as error:
            raise StorageError(f"the audit's temporary file: {error}") from error
