"""What a history store holds, in a form that can be compared with what the journal says it should hold.

Each store keeps a reading in a shape of its own. `Shape` says how, so that the same values come out on both sides: as they
are for an exact comparison, or summed up as a count and a hash that do not depend on their order. Pure.
"""

import hashlib
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from contract.identity import GatewayId
from server.history.store import HistoryStore, Row

T = TypeVar("T")

HASH_RANGE = 1 << 64
TOLERANCE = 1e-12  # Of a store that keeps numbers as decimals of limited length.

Kept = tuple[str, str, int, float | str]  # Device, metric, instant in the store's unit, value.
Tally = tuple[int, int]  # How many values, and the sum of their fingerprints modulo 2^64.
NOTHING: Tally = (0, 0)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a store keeps a row."""

    ns_per_unit: int = 1  # The unit of its instants.
    texts: bool = True
    one_line: bool = False  # Line ends in texts became blanks.
    exact: bool = True  # Numbers come back to the last bit.
    overwrites: bool = True  # Of two values of one metric at one instant, one is kept.

    def kept(self, row: Row) -> list[Kept]:
        """Give the values of a row as the store should give them back."""
        t = row.t_ns // self.ns_per_unit
        device = row.device
        found: list[Kept] = []
        for name, value in row.metrics.items():
            if isinstance(value, str):
                if self.texts:
                    found.append((device, name, t, value.replace("\n", " ") if self.one_line else value))
            elif value is not None:
                found.append((device, name, t, float(value)))
        return found

    def same(self, one: float | str, other: float | str) -> bool:
        """Say whether two values are the same as far as the store can tell."""
        if self.exact or isinstance(one, str) or isinstance(other, str):
            return one == other
        return math.isclose(one, other, rel_tol=TOLERANCE)

    def tally(self, values: Iterable[Kept]) -> Tally:
        """Count values and sum their fingerprints up."""
        count = total = 0
        for device, metric, t, value in values:
            count += 1
            total += fingerprint(device, metric, t, value if self.exact else _rounded(value))
        return count, total % HASH_RANGE


def fingerprint(device: str, metric: str, t: int, value: float | str) -> int:
    """Give 64 bits for a value and its place; DuckDB computes the same by `md5_number_lower`."""
    told = f"{device}|{metric}|{t}|'{value}" if isinstance(value, str) else f"{device}|{metric}|{t}|{value}"
    return int.from_bytes(hashlib.md5(told.encode(), usedforsecurity=False).digest()[8:], "little")


def added(one: Tally, other: Tally) -> Tally:
    """Put two tallies together."""
    return one[0] + other[0], (one[1] + other[1]) % HASH_RANGE


def _rounded(value: float | str) -> float | str:
    return value if isinstance(value, str) else float(f"{value:.12g}")


class Work(Protocol):
    """Runs a function somewhere else than on the event loop, so that a long computation delays no alarm."""

    def __call__(self, function: Callable[..., T], *args: object) -> Awaitable[T]:
        """Run it and give what it gives."""
        ...


async def tally_each(
    gateways: Iterable[GatewayId],
    read: Callable[[GatewayId], Awaitable[bytes]],
    tally: Callable[[bytes], Tally],
    work: Work,
) -> dict[GatewayId, Tally]:
    """Sum up the store's answer for each gateway that has any values, one gateway after the other."""
    found: dict[GatewayId, Tally] = {}
    for gateway in gateways:
        summed = await work(tally, await read(gateway))
        if summed[0]:
            found[gateway] = summed
    return found


class Holdings(Protocol):
    """The side of a history store that an audit reads. Every method raises `StorageError` when the store did not answer."""

    shape: Shape

    async def tallies(self, start_ms: int, end_ms: int, work: Work) -> Mapping[GatewayId, Tally]:
        """Sum up the values in [start, end) of each gateway that has any."""
        ...

    async def kept(self, gateway: GatewayId, start_ms: int, end_ms: int) -> Sequence[Kept]:
        """Read every value of one gateway in [start, end), in any order; one that is kept twice comes twice."""
        ...


class AuditedStore(HistoryStore, Holdings, Protocol):
    """A history store with both its sides."""
