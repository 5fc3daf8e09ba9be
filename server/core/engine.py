"""The engine: everything the server knows now, and what follows from each thing it is told. Time is an argument."""

from collections.abc import Mapping

from server.core.alert import Alert
from server.core.book import Book
from server.core.effects import Effect
from server.core.events import (
    ActRequested,
    BirthArrived,
    CheckInArrived,
    DeviceAlerted,
    Event,
    FactRestored,
    GatewayHeard,
    GatewayLinkChanged,
    PressArrived,
    PressCleared,
    PressStored,
    ReadingArrived,
    ReadingsArrived,
    RosterLoaded,
    Ticked,
    Unreadable,
    WindowDeclared,
)
from server.core.fleet import Fleet
from server.core.incidents import Incidents
from server.core.roster import RosterIndex
from server.core.windows import Windows


class Engine:
    """Told of events one at a time, by one caller. Read it between steps; never change what it gives."""

    def __init__(self) -> None:
        self._book = Book()
        self._windows = Windows()
        self._fleet = Fleet({})
        self._incidents = Incidents(self._book, self._windows, self._fleet)

    @property
    def roster(self) -> RosterIndex:
        """Give the roster with its indexes."""
        return self._fleet.roster

    @property
    def alerts(self) -> Mapping[str, Alert]:
        """Give every open alert and the newest closed ones (`book.CLOSED_KEPT_MAX`), by id."""
        return self._book.alerts

    def alert_of(self, signal: str) -> Alert | None:
        """Find the alert that tells a press or device alert, by the signal's own id."""
        return self._book.of_signal(signal)

    def step(self, event: Event, now: float) -> list[Effect]:  # noqa: C901, PLR0911  # One line for each event.
        """Take in one event and say what follows."""
        match event:
            case PressArrived():
                return self._incidents.press(event, now)
            case PressStored():
                return self._incidents.stored(event, now)
            case PressCleared():
                return self._incidents.clear(event, now)
            case DeviceAlerted():
                return self._incidents.device_alert(event, now)
            case Unreadable():
                return self._incidents.unreadable(event, now)
            case ActRequested():
                return self._book.act(event, now)
            case FactRestored():
                self._book.restore(event.alert, event.body)
            case WindowDeclared():
                self._windows.declare(event, now)
            case RosterLoaded():
                self._fleet.load(event.roster, now)
            case Ticked():
                return self._book.escalate(now)
            case (
                ReadingArrived()
                | ReadingsArrived()
                | CheckInArrived()
                | GatewayHeard()
                | GatewayLinkChanged()
                | BirthArrived()
            ):
                return []
        return []
