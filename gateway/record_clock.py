"""The clock that records are stamped with: tied to UTC by anchors, and never pulled back by anybody's wall clock.

`now` is always the monotonic clock in seconds. A record's time is the anchor's UTC plus what the monotonic clock has
gone since. Corrections measured against the server are slewed in. One step is allowed in each boot: the first measurement,
when the box started with a wrong clock or none.
"""

from collections import deque
from dataclasses import dataclass

from contract.records import ClockAnchor

PLAUSIBLE_FROM_MS = 1_704_067_200_000  # 2024: before this the box has no real-time clock, or its battery is empty.
PLAUSIBLE_TO_MS = 4_102_444_800_000  # 2100
SLEW_PER_SECOND_MS = 0.5  # 500 ppm, as NTP slews: no interval is ever off by more than a crystal may be.
STEP_ABOVE_MS = 1_000  # The first measurement steps beyond this; at 500 ppm a second takes half an hour.
SAMPLES = 8  # The one with the shortest round trip is believed.
SAMPLE_SECONDS_MAX = 10.0  # A round trip as long as this says nothing about the clock.
ANCHOR_CHANGE_MS = 100  # An offset that moved less is not worth another anchor.
SYNCED_SECONDS = 3_600.0  # After this without a measurement a crystal may be off by 0.2 s: only interpolated.
BAD_MS = 2_000  # Beyond this a clock that should be synced cannot be trusted.

QUALITY_SYNCED = 3
QUALITY_RTC = 2
QUALITY_INTERPOLATED = 1
QUALITY_UNKNOWN = 0


@dataclass(frozen=True, slots=True)
class _Sample:
    offset_ms: float
    round_trip_ms: float


class RecordClock:
    """Gives UTC milliseconds for a monotonic instant, with how far they can be trusted."""

    def __init__(self, now: float, wall_ms: int, boot: str) -> None:
        self.boot = boot
        self._start = now
        self._utc_at_start = float(wall_ms)
        self._has_rtc = PLAUSIBLE_FROM_MS <= wall_ms <= PLAUSIBLE_TO_MS
        self._samples: deque[_Sample] = deque(maxlen=SAMPLES)
        self._applied = 0.0  # Correction in force at `_since`, moving towards `_target`.
        self._target = 0.0
        self._since = now
        self._measured_at: float | None = None
        self._anchored_target: float | None = None
        self.error_ms = 0

    def utc_ms(self, now: float) -> int:
        """Give the time that a record made now is stamped with."""
        return int(self._utc_at_start + (now - self._start) * 1000 + self._correction(now))

    def quality(self, now: float) -> int:
        """Say how far a stamp made now can be trusted."""
        if self._measured_at is not None:
            return QUALITY_SYNCED if now - self._measured_at <= SYNCED_SECONDS else QUALITY_INTERPOLATED
        return QUALITY_RTC if self._has_rtc else QUALITY_UNKNOWN

    def offset_ms(self, now: float) -> int:
        """Say how far our stamps are from the server's clock, as last measured."""
        return round(self._target - self._correction(now))

    def bad(self, now: float) -> bool:
        """Say whether stamps are further off than anyone should believe."""
        return abs(self.offset_ms(now)) > BAD_MS

    def measure(self, sent: float, now: float, server_ms: int) -> ClockAnchor | None:
        """Take one exchange: asked at `sent`, answered now with the server's clock. Gives an anchor worth recording."""
        if not 0 <= now - sent <= SAMPLE_SECONDS_MAX:
            return None
        middle = (sent + now) / 2
        uncorrected = self._utc_at_start + (middle - self._start) * 1000
        self._samples.append(_Sample(server_ms - uncorrected, (now - sent) * 1000))
        best = min(self._samples, key=lambda sample: sample.round_trip_ms)
        first = self._measured_at is None
        self._applied, self._since = self._correction(now), now
        self._target = best.offset_ms
        if first and abs(self._target - self._applied) > STEP_ABOVE_MS:
            self._applied = self._target
        self._measured_at = now
        self.error_ms = round(best.round_trip_ms / 2)
        if self._anchored_target is not None and abs(self._target - self._anchored_target) < ANCHOR_CHANGE_MS:
            return None
        self._anchored_target = self._target
        return ClockAnchor(boot=self.boot, mono=int(now * 1000), utc=self.utc_ms(now), err=self.error_ms)

    def _correction(self, now: float) -> float:
        room = max(0.0, now - self._since) * SLEW_PER_SECOND_MS
        left = self._target - self._applied
        return self._applied + max(-room, min(room, left))
