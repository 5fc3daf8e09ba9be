"""What was seen of one school, day by day: patrol rounds, whether peaks were manned, alarms and their answers. All pure.

Kept as it comes, bounded, and noted in lines that say the same thing twice without harm, so that a restart knows it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from server.core.effects import DayNoted
from server.core.schedule import DAY_SECONDS, EPOCH_ORDINAL, NIGHT, OFFSET_SECONDS

DAYS_KEPT = 10  # Figures look back over nine days at most, which hold five school days but in the holidays.
ALARMS_KEPT_MAX = 100  # Of one school in 30 days; beyond them the oldest leaves.
ALARM_SECONDS = 30 * DAY_SECONDS
QUARTER_SECONDS = 900.0  # Two points told within neighbouring quarters of an hour belong to one round.
QUARTERS = int(DAY_SECONDS / QUARTER_SECONDS)
LACK_SECONDS = 120.0  # Somebody who fetches something from the gate room has not left the post.


class Manned(IntEnum):
    """How one peak was manned; of several words about it the worst holds."""

    ENOUGH = 1
    UNSURE = 2  # Nobody could say, for a while or from the beginning.
    SHORT = 3


@dataclass(slots=True)
class Day:
    """One day: a bit for each quarter of an hour in which a patrol point was told, and how each peak was manned."""

    quarters: int = 0
    peaks: dict[int, Manned] = field(default_factory=dict)  # By the minute at which the peak begins.


NO_DAY = Day()


@dataclass(slots=True)
class Daybook:
    """The days of one school by their ordinal number, and its real alarms by id: when told, and when first acknowledged."""

    days: dict[int, Day] = field(default_factory=dict)
    alarms: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    lack: tuple[Manned, float] | None = None  # While a peak lasts: what is wrong now, and since when.

    def day(self, ordinal: int) -> Day:
        """Give what was seen of a day."""
        return self.days.get(ordinal, NO_DAY)

    def patrolled(self, school: str, at: float, now: float) -> list[DayNoted]:
        """Note that a patrol point was told; one of a day that nobody asks about any more changes nothing."""
        ordinal, quarter = ordinal_of(at), int((at + OFFSET_SECONDS) % DAY_SECONDS // QUARTER_SECONDS)
        if ordinal <= ordinal_of(now) - DAYS_KEPT or at > now:
            return []
        day = self._open(ordinal)
        if day.quarters >> quarter & 1:
            return []
        day.quarters |= 1 << quarter
        return [DayNoted(school, f"rounds.{ordinal}", start_of(ordinal), f"{day.quarters:x}")]

    def manned(self, school: str, began: float, minute: int, how: Manned) -> list[DayNoted]:
        """Note how a peak is manned, if that is news: worse than what is known, or the first word."""
        ordinal = ordinal_of(began)
        day = self._open(ordinal)
        known = day.peaks.get(minute)
        if known is not None and known >= how:
            return []
        day.peaks[minute] = how
        return [DayNoted(school, f"peak.{ordinal}.{minute}", start_of(ordinal), str(int(how)))]

    def alarmed(self, school: str, alarm: str, told: float, answered: float | None) -> list[DayNoted]:
        """Note a real alarm and its first acknowledgement, which no later one replaces."""
        known = self.alarms.get(alarm)
        if known is not None and (known[1] is not None or answered is None):
            return []
        self.alarms[alarm] = (told, answered)
        while len(self.alarms) > ALARMS_KEPT_MAX:
            del self.alarms[next(iter(self.alarms))]
        return [_alarm(school, alarm, told, answered)]

    def withdrawn(self, school: str, alarm: str) -> list[DayNoted]:
        """Forget an alarm that turned out to be none: a test, a drill, or told by another incident."""
        known = self.alarms.pop(alarm, None)
        return [] if known is None else [DayNoted(school, f"alarm.{alarm}", known[0], "none")]

    def restored(self, school: str, notes: Sequence[DayNoted]) -> list[DayNoted]:
        """Take up what was noted before; what is known already is younger and stays, and is given where it is news."""
        known = {note.key: note.value for note in notes}
        mine = [_alarm(school, alarm, *times) for alarm, times in self.alarms.items()]
        for note in notes:
            what, _, rest = note.key.partition(".")
            if what == "alarm":
                if note.value != "none" and (rest not in self.alarms or note.value):
                    self.alarms[rest] = (note.at, float(note.value) if note.value else None)
            elif what == "rounds":
                self._open(int(rest)).quarters |= int(note.value, 16)
            elif what == "peak":
                ordinal, _, minute = rest.partition(".")
                peaks, how = self._open(int(ordinal)).peaks, Manned(int(note.value))
                peaks[int(minute)] = max(how, peaks.get(int(minute), how))
        return [note for note in mine if not known.get(note.key)]

    def _open(self, ordinal: int) -> Day:
        if ordinal not in self.days:
            self.days[ordinal] = Day()
            while len(self.days) > DAYS_KEPT:
                del self.days[min(self.days)]
        return self.days[ordinal]


def _alarm(school: str, alarm: str, told: float, answered: float | None) -> DayNoted:
    return DayNoted(school, f"alarm.{alarm}", told, "" if answered is None else f"{answered:.3f}")


def ordinal_of(at: float) -> int:
    """Give the ordinal number of an instant's day, Asia/Shanghai, as dates have it."""
    return EPOCH_ORDINAL + int((at + OFFSET_SECONDS) // DAY_SECONDS)


def start_of(ordinal: int) -> float:
    """Give the instant at which a day begins."""
    return (ordinal - EPOCH_ORDINAL) * DAY_SECONDS - OFFSET_SECONDS


def rounds_of(day: Day) -> tuple[int, int]:
    """Count the rounds of a day: in daytime, and by night (before half past five and after half past ten)."""
    return _runs(day.quarters & ~_NIGHT), _runs(day.quarters & _NIGHT)


def _runs(bits: int) -> int:
    return (bits & ~(bits << 1)).bit_count()


_NIGHT = sum(
    1 << quarter
    for quarter in range(QUARTERS)
    if any(window.start_minute <= quarter * QUARTER_SECONDS / 60 < window.end_minute for window in NIGHT)
)
