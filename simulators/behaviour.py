"""How a school, its people and its power behave: pure functions of seed, place and time.

`speed` shortens every spell of trouble, so that a demo sees in minutes what takes a city days; the day itself keeps
its hours, because the server judges by the clock on the wall.
"""

from dataclasses import dataclass, field

from contract.identity import DeviceId, GatewayId, SchoolId
from server.registry.dossier import Dossier
from server.registry.model import School, SchoolKind
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.guard import Guard
from simulators.chance import afflicted, draw, key, slot_of
from simulators.day import Moment, Part

HOUR = 3_600.0
CAMERAS_OFF = 0.0025  # A list that a demo can be shown with. In a real city 3 to 5 % of the cameras are off at any time.
CAMERAS_OFF_REAL = 0.04
POWER_SLOT_SECONDS = 6 * HOUR
POWER_CUT_SHARE = 0.004  # Of the slots of a town: some ten hours without power a year, one cut a day in 70 towns.
POWER_CUT_SECONDS = (600.0, 3 * HOUR)
EARLY_MINUTES = 8.0  # Guards come on post before the peak …
LATE_MINUTES = 6.0  # … and leave after it: five minutes each way are asked for, and a little more is usual.
SHORT_AT_PEAK = 0.04  # The share of peaks at which somebody is missing.
NO_ESCORT_AT_PEAK = 0.05  # The share of peaks at which nobody stands on the 护学岗.
GATE_LEFT_OPEN = 0.006  # The share of half hours in which a school's gate stands open though it should not.
SHIFT_MINUTE = 6 * 60 + 30  # The night guard goes when the day's first comes.
PATROLS_A_DAY = 5
_DAYTIME_PATROLS = (8.6, 10.4, 13.2, 15.3, 20.5)  # Hours of the usual five rounds.
_NIGHT_PATROLS = (2.4, 23.1)  # Of the dormitories, where pupils board.


@dataclass(slots=True)
class Orders:
    """What an operator of the simulator has ordered at one school; nothing of it happens by itself."""

    power_cut_at: float | None = None  # Since when the power is cut, seconds UTC.
    cameras_off: set[DeviceId] = field(default_factory=set)
    barriers_down: set[DeviceId] = field(default_factory=set)
    hosts_off: set[DeviceId] = field(default_factory=set)
    gates_open: set[DeviceId] = field(default_factory=set)
    guards_gone: bool = False
    police_silent: bool = False  # The police's own system acknowledges no press.
    troubles: dict[DeviceId, set[str]] = field(default_factory=dict)  # Of `simulators.troubles`, by device.


@dataclass(frozen=True, slots=True)
class Conduct:
    """How one school behaves: its numbers for the draws, its reliability, its people."""

    seed: int
    number: int  # The school's own, from its gateway's id.
    town: int
    speed: float
    guards: int
    guards_at_peak: int
    night_guard: bool
    boarding: bool
    video_networked: bool
    alarm_networked: bool
    ups_seconds: float
    battery_hours: float
    cameras_off: float

    @property
    def calm(self) -> float:
        """Say how rare the small faults of cameras are, beside a real city: a demo's list has to be read."""
        return min(1.0, self.cameras_off / CAMERAS_OFF_REAL)

    def spell(self, now: float, share: float, slot_seconds: float, *parts: int) -> bool:
        """Say whether a spell of trouble is on, which holds for a share of the time."""
        return afflicted(now, share, slot_seconds / self.speed, self.seed, self.number, *parts)


def conduct_of(
    school: School,
    dossier: Dossier,
    gateway: GatewayId,
    seed: int,
    speed: float = 1.0,
    cameras_off: float = CAMERAS_OFF_REAL,
) -> Conduct:
    """Derive a school's behaviour from what its ledger declares and from the seed."""
    number = key(gateway)
    declared = {said.id for said in dossier.of(Declaration) if said.in_place}
    return Conduct(
        seed=seed,
        number=number,
        town=key(school.unit),
        speed=speed,
        guards=len(dossier.of(Guard)),
        guards_at_peak=school.guards_at_peak,
        night_guard="closed_gate_room_24h" in declared and school.kind is not SchoolKind.TEACHING_POINT,
        boarding=school.boarders > 0,
        video_networked="video_networked" in declared,
        alarm_networked="alarm_networked" in declared,
        ups_seconds=600 + draw(seed, number, 1) * 4 * HOUR,
        battery_hours=8 + draw(seed, number, 2) * 16,
        cameras_off=cameras_off,
    )


def outage_seconds(conduct: Conduct, now: float) -> float | None:
    """Say for how long the town has been without power; None while it has it."""
    slot_seconds = POWER_SLOT_SECONDS / conduct.speed
    slot, within = slot_of(now, slot_seconds, conduct.seed, conduct.town)
    if draw(conduct.seed, conduct.town, slot) >= POWER_CUT_SHARE:
        return None
    low, high = POWER_CUT_SECONDS
    length = (low + draw(conduct.seed, conduct.town, slot, 1) * (high - low)) / conduct.speed
    return within if within < length else None


def guards_on_post(conduct: Conduct, moment: Moment, orders: Orders) -> int:
    """Count the guards on post: one in the gate room, and before, at and after each peak as many as are asked for."""
    if orders.guards_gone or conduct.guards == 0:
        return 0
    if moment.next_peak_minutes <= EARLY_MINUTES or moment.since_peak_minutes <= LATE_MINUTES:
        wanted = min(conduct.guards, conduct.guards_at_peak)
        peak = int(moment.minute // 360)  # Six hours tell the morning's peak from the evening's.
        missing = draw(conduct.seed, conduct.number, moment.day, peak, 5) < SHORT_AT_PEAK
        return max(0, wanted - missing)
    if moment.part is Part.NIGHT:
        return int(conduct.night_guard)
    return 1


def escorts_on_post(conduct: Conduct, moment: Moment) -> int:
    """Count the police and parents before the gate: they stand there as pupils come and go, and now and then they do not."""
    if moment.next_peak_minutes > EARLY_MINUTES and moment.since_peak_minutes > LATE_MINUTES:
        return 0
    peak = int(moment.minute // 360)
    return 0 if draw(conduct.seed, conduct.number, moment.day, peak, 7) < NO_ESCORT_AT_PEAK else 2


def guards_by_name(school: SchoolId, conduct: Conduct, here: Moment, count: int) -> frozenset[str]:
    """Name the guards who stand there now; the roll takes turns, so that within days everybody was on post."""
    day = here.day - (here.minute < SHIFT_MINUTE)
    names = (f"g-{school}-{(number + day) % max(1, conduct.guards) + 1}" for number in range(count))
    return frozenset(names)


def gate_open(conduct: Conduct, moment: Moment, gate: int, orders: Orders, gate_id: DeviceId) -> bool:
    """Say whether a gate stands open: at the peaks, and now and then when it should not."""
    if gate_id in orders.gates_open:
        return True
    if moment.part is Part.PEAK:
        return True
    return moment.part is Part.CLASS and conduct.spell(moment.now, GATE_LEFT_OPEN, HOUR / 2, gate, 6)


def patrols_due(conduct: Conduct, moment: Moment, before: Moment) -> int:
    """Count the patrol rounds that fell due between two moments of one day."""
    if moment.day != before.day:
        return 0
    hours = _DAYTIME_PATROLS + (_NIGHT_PATROLS if conduct.boarding else ())
    return sum(before.minute < hour * 60 <= moment.minute for hour in hours)
