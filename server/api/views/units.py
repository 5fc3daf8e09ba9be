"""The two branches of the organisation, and every school by columns."""

from server.api.views.common import View
from server.registry.model import Area, SchoolKind, StationKind, UnitKind


class UnitView(View, frozen=True, kw_only=True):
    """One unit of the education branch."""

    id: str
    kind: UnitKind
    parent: str | None
    name: str
    name_en: str


class StationView(View, frozen=True, kw_only=True):
    """One unit of the police branch."""

    id: str
    kind: StationKind
    parent: str | None
    name: str
    name_en: str


class SchoolColumns(View, frozen=True, kw_only=True):
    """Every school within reach, by columns; the index in them is `school_ix`."""

    id: list[str]
    name: list[str]
    name_en: list[str]
    kind: list[SchoolKind]
    area: list[Area]
    unit: list[str]
    station: list[str]
    lat: list[float]
    lon: list[float]
    gateway: list[str]
