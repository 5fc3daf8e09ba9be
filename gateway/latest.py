"""The newest value of everything, told beside a backlog: a screen need not wait for three days of readings to see today.

Nothing here is promised and nothing is stored: the readings themselves follow in order by the telemetry lane.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contract.batch import deflate
from contract.identity import EpochId, GatewayId, Lane
from contract.limits import DEVICES_PER_GATEWAY_MAX, METRICS_PER_RECORD_MAX, VERSION
from contract.messages import Now, NowReading, encode_message
from contract.records import Reading
from gateway.node_events import Effect, Send
from gateway.paths import Paths

LAG_SECONDS = 10.0  # The oldest reading without a receipt is older than this: what screens see is no longer now.
EVERY_SECONDS = 5.0  # For each hundred devices: a large school on a thin line tells its present more rarely.
DEVICES_PER_MESSAGE = 100
MARKS_MAX = 64  # Moments remembered of how far the lane was; the oldest count.


@dataclass(slots=True)
class _Device:
    """The readings that still hold the newest value of some metric, by position; and which one each metric's is."""

    readings: dict[int, Reading] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)

    def take(self, position: int, reading: Reading) -> None:
        """Take in a reading; its metrics are the newest of their names."""
        self.readings[position] = reading
        for name in reading.m:
            if name in self.newest or len(self.newest) < METRICS_PER_RECORD_MAX:
                self.newest[name] = position
        self.readings = {place: kept for place, kept in self.readings.items() if place in self.newest.values()}

    def told(self) -> Iterator[NowReading]:
        """Give what holds, each value at its own instant and position, oldest first."""
        for position, reading in sorted(self.readings.items()):
            metrics = {name: value for name, value in reading.m.items() if self.newest.get(name) == position}
            yield NowReading(position, reading.d, reading.t, metrics, reading.q)


class Latest:
    """Keeps the newest value of every metric of the present epoch, and tells them while the telemetry lane lags.

    Always all of them: a message that is lost takes nothing with it that the next one does not bring.
    """

    def __init__(self, gateway: GatewayId, paths: Paths) -> None:
        self._gateway = gateway
        self._paths = paths
        self._devices: dict[str, _Device] = {}
        self._marks: deque[tuple[int, float]] = deque()  # A durable position, and when it was: oldest first.
        self._next_at: float | None = None

    def sampled(self, position: int, reading: Reading) -> None:
        """Take a reading in."""
        device = self._devices.get(reading.d)
        if device is None:
            if len(self._devices) >= DEVICES_PER_GATEWAY_MAX:
                return
            device = self._devices[reading.d] = _Device()
        device.take(position, reading)

    def begin(self) -> None:
        """Begin a new epoch: the positions of the old one order nothing in it."""
        self._devices.clear()
        self._marks.clear()

    def durable(self, position: int, now: float) -> None:
        """Note how far the lane is."""
        if not self._marks or (now - self._marks[-1][1] >= 1.0 and len(self._marks) < MARKS_MAX):
            self._marks.append((position, now))

    def due(self, epoch: EpochId, low: int, stamp: int, now: float, *, older: bool) -> list[Effect]:
        """Tell the present, if the lane lags and it is time; `low` has a receipt, `older` says that earlier epochs wait."""
        if self._next_at is not None and now < self._next_at:
            return []
        self._next_at = None
        while self._marks and self._marks[0][0] <= low:
            self._marks.popleft()
        lags = older or (bool(self._marks) and now - self._marks[0][1] > LAG_SECONDS)
        path = next(
            (path for path in self._paths.mqtt(Lane.TELEMETRY)), None
        )  # By HTTPS it would cost more than it is worth.
        if not lags or path is None or not self._devices:
            return []
        self._next_at = now + EVERY_SECONDS * math.ceil(len(self._devices) / DEVICES_PER_MESSAGE)
        devices = list(self._devices.values())
        return [
            Send(
                path, "now", self._message(epoch, stamp, devices[start : start + DEVICES_PER_MESSAGE]), Lane.TELEMETRY, qos=0
            )
            for start in range(0, len(devices), DEVICES_PER_MESSAGE)
        ]

    def deadline(self) -> float | None:
        """Say when `due` must be called next."""
        return self._next_at

    def _message(self, epoch: EpochId, stamp: int, devices: Sequence[_Device]) -> bytes:
        told = [reading for device in devices for reading in device.told()]
        return deflate(encode_message(Now(VERSION, self._gateway, epoch, stamp, told)))
