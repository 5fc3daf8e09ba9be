"""Draws schools for visits so that anybody can prove the draw: by hashes, within strata of county and kind. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from contract.identity import SchoolId


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """One school that could be drawn, with its stratum."""

    school: SchoolId
    county: str
    kind: str


def list_hash(candidates: Iterable[Candidate]) -> str:
    """Give the SHA-256 of the list: one line `school,county,kind` for each, in the order of codes, joined by newlines."""
    lines = (f"{one.school},{one.county},{one.kind}" for one in sorted(candidates))
    return sha256("\n".join(lines).encode()).hexdigest()


def draw(candidates: Sequence[Candidate], seed: str, count: int) -> tuple[SchoolId, ...]:
    """Draw `count` schools, or all where there are no more.

    Each stratum gives its share by largest remainders; of equal remainders the one with the lower hash of
    `seed:county:kind` comes first. Within a stratum the schools with the lowest hashes of `seed:school` are drawn.
    """
    strata: dict[tuple[str, str], list[SchoolId]] = {}
    for one in sorted(set(candidates)):
        strata.setdefault((one.county, one.kind), []).append(one.school)
    whole = sum(len(schools) for schools in strata.values())
    count = min(count, whole)
    if count <= 0:
        return ()
    seats = {stratum: count * len(schools) // whole for stratum, schools in strata.items()}
    rest = {stratum: count * len(schools) % whole for stratum, schools in strata.items()}
    order = sorted(strata, key=lambda stratum: (-rest[stratum], _hash(seed, *stratum)))
    for stratum in order[: count - sum(seats.values())]:
        seats[stratum] += 1
    drawn = [
        school
        for stratum, schools in strata.items()
        for school in sorted(schools, key=lambda one: _hash(seed, one))[: seats[stratum]]
    ]
    return tuple(sorted(drawn))


def _hash(*parts: str) -> str:
    return sha256(":".join(parts).encode()).hexdigest()
