# ruff: noqa: D102  # The properties say by their names what they are.
"""What the API needs of its neighbours, as protocols: the engine's readable state, and the calls that store and submit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

from contract.records import Value
from server.core.alert import Alert
from server.core.effects import ActRefused
from server.core.events import ActRequested, CheckInArrived, PressShown, ShelveRequested, WindowDeclared
from server.core.proof import ButtonTests
from server.core.roster import RosterIndex
from server.core.verdict import Tally, Verdict
from server.registry.changes import Edit
from server.registry.dossier import Dossier


class IndicatorLike(Protocol):
    """One coverage indicator as the core describes it."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def label_en(self) -> str: ...
    @property
    def formula(self) -> str: ...
    @property
    def formula_en(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def source_en(self) -> str: ...
    @property
    def headline(self) -> bool: ...
    @property
    def group(self) -> str: ...
    @property
    def counts(self) -> tuple[str, str]: ...
    @property
    def believed(self) -> tuple[str, str]: ...
    def scope(self, dossier: Dossier) -> tuple[bool, bool]:
        """Say whether kindergartens are asked, and whether urban schools alone are."""
        ...

    @property
    def ledger_only(self) -> bool: ...
    @property
    def items(self) -> tuple[str, ...]: ...


class DeviceLike(Protocol):
    """What is known of one device."""

    @property
    def liveness(self) -> str: ...
    @property
    def since(self) -> float | None: ...
    @property
    def last_rx(self) -> float | None: ...
    @property
    def metrics(self) -> Mapping[str, tuple[Value, float]]: ...


class GatewayLike(Protocol):
    """What is known of one gateway."""

    @property
    def liveness(self) -> str: ...
    @property
    def since(self) -> float | None: ...
    @property
    def last_heard(self) -> float | None: ...
    @property
    def paths(self) -> Sequence[str]: ...
    @property
    def lag_seconds(self) -> float | None: ...
    @property
    def software(self) -> str: ...


class EngineLike(Protocol):
    """The engine's readable state. It is read on the event loop, between steps, and never changed from here."""

    @property
    def roster(self) -> RosterIndex: ...
    @property
    def alerts(self) -> Mapping[str, Alert]: ...
    @property
    def indicators(self) -> Sequence[IndicatorLike]: ...
    def verdicts(self, school: str) -> Mapping[str, tuple[Verdict, Verdict]]:
        """Give the ledger's and the live verdict of each indicator that asks about a school."""
        ...

    def tally(self, unit: str, indicator: str) -> tuple[Tally, Tally]:
        """Give the ledger's and the live counts of an indicator over all schools below a unit, without counting them."""
        ...

    def device(self, gateway: str, device: str) -> DeviceLike | None:
        """Give what is known of a device."""
        ...

    def gateway(self, gateway: str) -> GatewayLike | None:
        """Give what is known of a gateway."""
        ...

    def windows_open(self, now: float) -> Iterable[WindowDeclared]:
        """Give the tests and drills that are under way."""
        ...

    def tests(self, school: str) -> Mapping[tuple[str, str], ButtonTests]:
        """Give what is known of tests at a school, by gateway and button."""
        ...

    def alert_of(self, signal: str) -> Alert | None:
        """Find the alert that tells a press, by the press's own id."""
        ...

    def first_hop(self, gateway: str, device: str) -> str:
        """Say how a press of a device reaches its gateway, as the birth told; empty when it did not."""
        ...


class EditRegistry(Protocol):
    """Edit lines of the registry, all or none; gives how many differ. Raises `ConfigurationError` and `StorageError`."""

    async def __call__(self, edits: Sequence[Edit], *, by: str, reason: str, effective: date | None = None) -> int: ...


class Act(Protocol):
    """Ask for a move of an alert; the fact is stored before this answers."""

    async def __call__(self, request: ActRequested | ShelveRequested) -> Alert | ActRefused: ...


class CheckIn(Protocol):
    """Keep a check-in in the journal and tell it to the engine; raises `StorageError` when it could not be kept."""

    async def __call__(self, event: CheckInArrived) -> None: ...


class Show(Protocol):
    """Tell the engine that a police screen has drawn presses."""

    def __call__(self, event: PressShown) -> None: ...


class Declare(Protocol):
    """Tell the engine of a declared test or drill, which is stored already."""

    def __call__(self, event: WindowDeclared) -> None: ...
