"""Whom indicators ask about in a unit, of today or of a past day, and which unit says so."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from server.api import views
from server.registry.dossier import Dossier
from server.registry.sheets.scope import IndicatorScope


class Asking(Protocol):
    """What is asked of an indicator."""

    @property
    def name(self) -> str:
        """Give its name."""
        ...

    def scope(self, dossier: Dossier) -> tuple[bool, bool]:
        """Say whether kindergartens are asked, and whether urban schools alone are."""
        ...


def scopes_of(
    indicators: Iterable[Asking],
    lines: Sequence[IndicatorScope],
    unit: str,
    path: Callable[[str], Sequence[str]],
) -> list[views.IndicatorScopeView]:
    """Say it of each indicator, and whether a unit below says otherwise; `path` names a unit and those above it."""
    above = path(unit)
    dossier = Dossier(line for one in reversed(above) for line in lines if line.unit == one)
    below = {line.id for line in lines if line.unit not in above and unit in path(line.unit)}
    found: list[views.IndicatorScopeView] = []
    for one in indicators:
        kindergartens, urban_only = one.scope(dossier)
        told = dossier.find(IndicatorScope, one.name)
        found.append(
            views.IndicatorScopeView(
                kindergartens=kindergartens,
                urban_only=urban_only,
                said_by=told.unit if told is not None else None,
                differs=one.name in below,
            )
        )
    return found
