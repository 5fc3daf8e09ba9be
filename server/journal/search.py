"""Finds where an instant stands in a table that is numbered in about the order of time and has no index on time."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

SLACK_MS = 600_000  # Rows are numbered as they are committed, which follows their time but not to the second.


def last_before(connection: Connection, number: ColumnElement[int], at_ms: ColumnElement[int], wanted_ms: int) -> int:
    """Give a number above which every row stands whose time is `wanted_ms` or later, by some twenty looks.

    It holds as long as no two neighbours are out of their order by more than `SLACK_MS`, as after a clock was set back.
    """
    first, last = connection.execute(select(func.min(number), func.max(number))).one()
    if first is None:
        return 0
    low, high = int(first) - 1, int(last)  # At or below `low`, all is older.
    while low < high:
        middle = (low + high + 1) // 2
        probe = select(number, at_ms).where(number <= middle).order_by(number.desc()).limit(1)
        found: Any = connection.execute(probe).one_or_none()
        if found is None or found[1] < wanted_ms - SLACK_MS:
            low = middle
        else:
            high = int(found[0]) - 1
    return low
