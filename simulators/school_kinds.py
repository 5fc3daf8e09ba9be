"""What a school of each kind usually has: planning figures for a city of Qinzhou's size."""

from dataclasses import dataclass

from server.registry.model import SchoolKind


@dataclass(frozen=True, slots=True)
class Plan:
    """The usual equipment of one kind of school. `cameras` is the design load; see `simulators.city.CAMERAS_TODAY`."""

    kind: SchoolKind
    sites: int  # Of 2,176 in the whole city.
    pupils: tuple[int, int]
    cameras: int
    hosts: int
    buttons: tuple[int, int]
    powered_barrier: float  # The share of schools whose barrier is powered and reports; the rest have fixed or movable ones.
    boarders: float  # The share of pupils who board, in schools that board at all.
    boarding: float  # The share of schools that board.
    urban: float  # Relative to the county's urban share.
    town: float  # The share of the schools outside urban areas that lie in a town.
    gates: tuple[int, int]


PLANS = (
    Plan(SchoolKind.KINDERGARTEN, 900, (60, 320), 26, 1, (1, 2), 0.15, 0.0, 0.0, 1.15, 0.5, (1, 1)),
    Plan(SchoolKind.PRIMARY, 560, (180, 1_400), 53, 1, (2, 2), 0.35, 0.15, 0.1, 0.9, 0.3, (1, 2)),
    Plan(SchoolKind.TEACHING_POINT, 550, (8, 80), 10, 1, (1, 1), 0.02, 0.0, 0.0, 0.0, 0.0, (1, 1)),
    Plan(SchoolKind.JUNIOR, 95, (600, 2_600), 132, 1, (4, 4), 0.75, 0.62, 0.8, 1.0, 0.9, (1, 2)),
    Plan(SchoolKind.NINE_YEAR, 30, (700, 2_400), 165, 1, (4, 4), 0.75, 0.35, 0.6, 1.0, 0.6, (1, 2)),
    Plan(SchoolKind.SENIOR, 27, (1_600, 4_600), 297, 2, (8, 8), 0.95, 0.7, 0.9, 2.0, 1.0, (2, 3)),
    Plan(SchoolKind.VOCATIONAL, 10, (1_200, 4_000), 330, 2, (8, 8), 0.95, 0.6, 1.0, 2.4, 1.0, (2, 3)),
    Plan(SchoolKind.SPECIAL, 4, (80, 320), 66, 1, (3, 3), 0.60, 0.4, 1.0, 2.0, 1.0, (1, 1)),
)
PLAN_OF = {plan.kind: plan for plan in PLANS}
ONE_OF_EACH_FROM = 40  # From this many schools on, every kind occurs at least once.
