"""The picture: its figures and its first paint."""

from typing import Literal

from server.api.views.alerts import Alert
from server.api.views.common import Liveness, View
from server.api.views.coverage import CoverageLetters, IndicatorView
from server.api.views.units import SchoolColumns, StationView, UnitView
from server.api.views.windows import OpenWindow

WINDOWS_SHOWN_MAX = 5  # Each second to every screen; beyond them they are counted, and the list has them all.


class Summary(View, frozen=True, kw_only=True):
    """The picture in figures: by severity 1 to 4, real alerts only; drills and tests are counted in `drills`.

    `held` counts what is open and calls nobody, and is in no other figure: grouped, shelved, planned. `rang` is how many
    alerts rang within the last ten minutes.
    """

    seq: int
    server_ms: int
    unacked: tuple[int, int, int, int]
    open: tuple[int, int, int, int]
    schools_live: int
    schools: int
    devices_live: int
    devices_unknown: int
    devices: int
    ingest_lag_ms: int
    journal: Literal["ok", "down"]
    drills: int
    held: tuple[int, int, int]
    rang: int
    windows: list[OpenWindow]  # Tests and drills under way, those that end first; not more than `WINDOWS_SHOWN_MAX`.
    windows_open: int


class Bootstrap(View, frozen=True, kw_only=True):
    """Everything for the first paint; the stream goes on after `epoch`-`seq`."""

    epoch: str
    seq: int
    server_ms: int
    units: list[UnitView]
    stations: list[StationView]
    schools: SchoolColumns
    liveness: list[Liveness]
    indicators: list[IndicatorView]
    coverage: CoverageLetters
    alerts: list[Alert]
    summary: Summary
