"""What the journal and the ledger of gaps say of the last months, read in small steps: alarms are committed in between."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, func, select

from server.core.alert import Alert, Flow
from server.core.fact import apply, decode_fact
from server.core.risk.factor import Past
from server.gaps.model import GapState
from server.gaps.tables import gap_line
from server.journal import tables
from server.journal.database import Database
from server.security.access import is_covert

FACTS_AT_ONCE = 5_000  # Some 5 ms of the database's time.
ALERTS_AT_ONCE = 100


def past_of(alert: Alert) -> Past | None:
    """Give an alert as a past incident; None for a fault, a test or a drill."""
    if alert.flow is not Flow.INCIDENT or alert.mode != "real" or not alert.school:
        return None
    return Past(alert.id, alert.t, alert.gateway, alert.device, alert.cause, covert=is_covert(alert))


class RiskStore:
    """Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def head(self) -> int:
        """Give the sequence of the newest fact; 0 when there is none."""
        query = select(func.coalesce(func.max(tables.alert_fact.c.sequence), 0))
        return await self._database.run(lambda connection: connection.execute(query).scalar_one())

    async def pressed_before(self, sequence: int, since_ms: int) -> tuple[Sequence[str], int]:
        """Name alerts to which the facts up to a sequence brought presses, and where to go on; 0 once older than asked."""
        fact = tables.alert_fact.c
        first = max(0, sequence - FACTS_AT_ONCE)

        def work(connection: Connection) -> tuple[Sequence[str], int]:
            within = (fact.sequence > first) & (fact.sequence <= sequence)
            newest = connection.execute(select(func.max(fact.at_ms)).where(within)).scalar()
            if newest is not None and newest < since_ms:
                return (), 0
            query = select(fact.alert).distinct().where(within, fact.press.is_not(None), fact.at_ms >= since_ms)
            return [alert for [alert] in connection.execute(query)], first

        return await self._database.run(work)

    async def incidents(self, alerts: Iterable[str]) -> Sequence[tuple[str, Past]]:
        """Give the real incidents among some alerts, each with its school."""
        wanted = list(alerts)
        fact = tables.alert_fact.c
        query = select(fact.alert, fact.body).where(fact.alert.in_(wanted)).order_by(fact.alert, fact.number)

        def work(connection: Connection) -> Sequence[tuple[str, Past]]:
            pictures: dict[str, Alert] = {}
            for alert, body in connection.execute(query):
                pictures[alert] = apply(pictures.get(alert), decode_fact(bytes(body)))
            found = ((picture.school, past_of(picture)) for picture in pictures.values())
            return [(school, past) for school, past in found if past is not None]

        return await self._database.run(work)

    async def not_met_since(self, schools: Sequence[str]) -> Mapping[str, Mapping[str, float]]:
        """Give of some schools since when (seconds) the oldest open gap of each indicator is there."""
        gap = gap_line.c
        query = (
            select(gap.school, gap.indicator, func.min(gap.opened_ms))
            .where(gap.school.in_(schools), gap.bad, gap.state != GapState.CLOSED.value, gap.figure != "visit")
            .group_by(gap.school, gap.indicator)
        )

        def work(connection: Connection) -> Mapping[str, Mapping[str, float]]:
            found: dict[str, dict[str, float]] = {}
            for school, indicator, opened_ms in connection.execute(query):
                found.setdefault(school, {})[indicator] = opened_ms / 1_000
            return found

        return await self._database.run(work)
