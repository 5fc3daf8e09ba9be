"""Puts notifications together with the registry, the engine and the channels of the channel file."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from server.channels.opening import Opened
from server.core.alert import Alert
from server.core.engine import Engine
from server.core.escalation import chain_of
from server.core.events import NotificationsJudged, PressReceipted, ServiceJudged
from server.journal.database import Database
from server.notify.composing import about
from server.notify.directory import Directory
from server.notify.dispatcher import Neighbours
from server.notify.model import Plan
from server.notify.notifying import Notifying, Surroundings
from server.registry.tree import Tree

DAY_SECONDS = 86_400.0


class Rotas:
    """The directory of the registry as the engine knows it; made anew when that has changed."""

    def __init__(self, engine: Engine, *, usable: bool) -> None:
        self.usable = usable  # Whether there is any channel.
        self._engine = engine
        self._made: Directory | None = None

    @property
    def directory(self) -> Directory:
        """Give the directory as it stands now."""
        index = self._engine.roster
        if self._made is None or self._made.index is not index:
            self._made = Directory(index)
        return self._made

    def plan(self, alert: Alert, audience: str, now: float) -> Plan | None:
        """Say whom of an audience to tell of an alert; nobody is expected where there is no channel at all."""
        return self.directory.plan(alert, audience, now) if self.usable else None


@dataclass(frozen=True, slots=True)
class House:
    """What of the rest of the server notifications are made of."""

    engine: Engine
    tree: Callable[[], Tree]
    leads: Callable[[], bool]
    tell: Callable[[NotificationsJudged | PressReceipted | ServiceJudged], None]
    clock: Callable[[], float]


def open_notifying(database: Database, name: str, channels: Mapping[str, Opened], house: House, kept_days: int) -> Notifying:
    """Make the notifications of the server of a name; nothing is told before they run."""
    engine = house.engine
    rotas = Rotas(engine, usable=bool(channels))
    neighbours = Neighbours(
        plan=rotas.plan,
        about=lambda alert: about(alert, house.tree()),
        chain=chain_of,
        alerts=engine.alerts.values,
        leads=house.leads,
    )
    around = Surroundings(
        neighbours=neighbours,
        alert=engine.alerts.get,
        rotas=lambda: rotas.usable and not rotas.directory.empty,
        tell=house.tell,
        kept_seconds=kept_days * DAY_SECONDS,
        receipted=lambda alert, by, at: house.tell(PressReceipted(alert, by, at)),
    )
    return Notifying(database, f"{name}:{secrets.token_hex(4)}", channels, around, house.clock)
