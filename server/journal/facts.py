"""Appending the facts of alerts, so that of two servers that move one alert at once only the first is believed."""

from collections.abc import Sequence

from sqlalchemy import Connection

from server.journal.model import AlertFact
from server.journal.writing import native

_ONE_BY_ONE = (
    "insert into alert_fact (alert, number, at_ms, settled, body, press, signal) values (?, ?, ?, ?, ?, ?, ?)"
    " on conflict do nothing"
)
_AT_ONCE = (
    "insert into alert_fact (alert, number, at_ms, settled, body, press, signal) select a, n, t, s, b, p, g from"
    " unnest(%s::text[], %s::bigint[], %s::bigint[], %s::boolean[], %s::bytea[], %s::text[], %s::text[])"
    " with ordinality as f (a, n, t, s, b, p, g, place) order by place"
    " on conflict do nothing returning alert, number"
)


def append_facts(connection: Connection, facts: Sequence[AlertFact]) -> frozenset[str]:
    """Append facts in the order given. Names the alerts of which a number or a press was taken; of those nothing is kept.

    A later fact of such an alert might find its own number free, and would then follow one it knows nothing of.
    """
    kept = _one_by_one(connection, facts) if connection.dialect.name == "sqlite" else _at_once(connection, facts)
    overtaken = frozenset(fact.alert for fact in facts if (fact.alert, fact.number) not in kept)
    for alert, number in kept:
        if alert in overtaken:
            statement = native(connection, "delete from alert_fact where alert = ? and number = ?")
            connection.exec_driver_sql(statement, (alert, number))
    return overtaken


def _at_once(connection: Connection, facts: Sequence[AlertFact]) -> set[tuple[str, int]]:
    columns = [
        [fact.alert for fact in facts],
        [fact.number for fact in facts],
        [fact.at_ms for fact in facts],
        [fact.settled for fact in facts],
        [fact.body for fact in facts],
        [fact.press or None for fact in facts],
        [fact.signal or None for fact in facts],
    ]
    return {(alert, number) for alert, number in connection.exec_driver_sql(_AT_ONCE, tuple(columns))}


def _one_by_one(connection: Connection, facts: Sequence[AlertFact]) -> set[tuple[str, int]]:
    """Do the same for the one writer of a SQLite file, where only a mistake of ours can take a number twice."""
    kept: set[tuple[str, int]] = set()
    for fact in facts:
        row = (fact.alert, fact.number, fact.at_ms, fact.settled, fact.body, fact.press or None, fact.signal or None)
        if connection.exec_driver_sql(_ONE_BY_ONE, row).rowcount == 1:
            kept.add((fact.alert, fact.number))
    return kept
