"""How the box itself is: processor, memory and disk, as shares in percent; what cannot be read is left out."""

import os
from pathlib import Path

_STAT, _MEMORY = Path("/proc/stat"), Path("/proc/meminfo")


class OwnHealth:
    """Samples this machine; processor time counts since the sample before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = (0, 0)

    def __call__(self) -> dict[str, float]:
        """Sample now."""
        found: dict[str, float] = {}
        try:
            busy, total = cpu_times(_STAT.read_text())
            if total > self._before[1]:
                found["cpu"] = round(100 * (busy - self._before[0]) / (total - self._before[1]), 1)
            self._before = busy, total
            found["mem"] = memory_share(_MEMORY.read_text())
        except (OSError, ValueError, KeyError):
            pass  # Not a Linux; the metrics stay unknown, which is what they are.
        try:
            state = os.statvfs(self._folder)
            found["disk_free"] = round(100 * state.f_bavail / max(1, state.f_blocks), 1)
        except OSError:
            pass
        return found


def cpu_times(text: str) -> tuple[int, int]:
    """Read busy and total ticks out of `/proc/stat`."""
    ticks = [int(word) for word in text.splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return sum(ticks) - idle, sum(ticks)


def memory_share(text: str) -> float:
    """Read the share of memory in use out of `/proc/meminfo`."""
    sizes = {line.partition(":")[0]: int(line.split()[1]) for line in text.splitlines() if line}
    return round(100 * (1 - sizes["MemAvailable"] / max(1, sizes["MemTotal"])), 1)
