"""What can go wrong in a world: the kinds of fault, and how a seed draws which of them there are, when and to whom.

A fault is a value: kind, who, from when, until when, how much. A plan is a list of them, so that a failing world can be
played again with fewer. Instants are seconds since the world began.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SCHOOL, LINK, BROKER, SERVER = "school", "link", "broker", "server"
DATABASE, HISTORY, NEIGHBOUR = "database", "history", "neighbour"
YEARS_10 = 315_360_000.0
NO_TIME = -1_772_413_200.0  # A box without a battery begins in 1970.
STEPS = ("decoded", "shown", "begun", "committed", "receipted", "stored", "projected")  # Of ingest, in their order.


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. `who` is a place in the world's list of them, `other` the other end of a link."""

    kind: str
    at: float
    until: float = 0.0
    who: int = 0
    other: int = 0
    value: float = 0.0

    def __str__(self) -> str:
        where = f" {self.who}" if self.other == 0 else f" {self.who}-{self.other}"
        span = f"{self.at:.3f}" if not self.until else f"{self.at:.3f}..{self.until:.3f}"
        return f"{self.kind}{where} at {span}" + (f" ({self.value:g})" if self.value else "")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: what it happens to, how often a world that has it sees it (mean seconds), how long and how much."""

    name: str
    to: str
    every: tuple[float, ...]
    lasts: tuple[float, float] = (0.0, 0.0)
    values: tuple[float, ...] = (0.0,)
    share: float = 0.25  # Of worlds that have it.


_PATHS = 3  # Two brokers and HTTPS.

KINDS = {
    kind.name: kind
    for kind in (
        # The box at the school.
        Kind("kill", SCHOOL, (8.0, 25.0), values=(0.1, 1.0, 6.0, 20.0), share=0.4),
        Kind("power", SCHOOL, (8.0, 25.0), values=(0.1, 1.0, 6.0, 20.0), share=0.4),
        Kind("power_at_write", SCHOOL, (10.0, 25.0), values=(1.0, 2.0, 3.0, 5.0, 8.0, 13.0)),
        Kind("stop", SCHOOL, (30.0,), (1.0, 60.0)),
        Kind("sync_fails", SCHOOL, (40.0,), share=0.2),
        Kind("no_disk", SCHOOL, (60.0,), (5.0, 40.0), share=0.1),
        Kind("full", SCHOOL, (40.0,), (5.0, 40.0), (0.0, 600.0, 5_000.0), share=0.15),
        Kind("flip", SCHOOL, (30.0,), share=0.12),
        Kind("cut_file", SCHOOL, (40.0,), values=(0.0, 1.0), share=0.1),
        Kind("old_image", SCHOOL, (60.0,), (5.0, 40.0), share=0.1),
        Kind("clone", SCHOOL, (100.0,), (10.0, 60.0), share=0.1),
        Kind("clock", SCHOOL, (20.0,), values=(YEARS_10, -YEARS_10, 3_600.0, -86_400.0, NO_TIME, 2.0), share=0.3),
        Kind("drift", SCHOOL, (100.0,), values=(500.0, -500.0, 60.0)),
        Kind("backlog", SCHOOL, (60.0,), values=(60.0, 300.0, 1_500.0), share=0.2),
        Kind("offline", SCHOOL, (60.0,), (10.0, 60.0), (0.0, 400.0, 2_500.0), share=0.2),
        # Its ways.
        Kind("loss", LINK, (15.0,), (2.0, 40.0), (0.05, 0.3, 0.8), share=0.3),
        Kind("double", LINK, (15.0,), (2.0, 40.0), (0.3,)),
        Kind("slow", LINK, (15.0,), (2.0, 40.0), (0.05, 0.8, 3.0)),
        Kind("disorder", LINK, (20.0,), (2.0, 40.0), (0.3, 2.0)),
        Kind("break", LINK, (5.0, 30.0), share=0.4),
        Kind("deaf_up", LINK, (20.0,), (2.0, 50.0)),
        Kind("deaf_down", LINK, (20.0,), (2.0, 50.0)),
        # Brokers.
        Kind("broker_kill", BROKER, (20.0,), values=(0.1, 2.0, 15.0), share=0.3),
        Kind("broker_forgets", BROKER, (30.0,), (1.0, 40.0)),
        Kind("broker_stop", BROKER, (40.0,), (1.0, 60.0), share=0.15),
        Kind("broker_deaf", BROKER, (30.0,), (2.0, 50.0), (0.0, 1.0), share=0.2),
        # Servers.
        Kind("server_kill", SERVER, (10.0, 30.0), values=(0.1, 1.0, 6.0, 20.0), share=0.4),
        Kind("server_stop", SERVER, (30.0,), (1.0, 60.0), share=0.2),
        Kind("server_step", SERVER, (12.0,), values=tuple(range(len(STEPS))), share=0.3),
        # What is behind them.
        Kind("commit_fails", DATABASE, (20.0,), (1.0, 40.0), (0.1, 0.5)),
        Kind("commit_unknown", DATABASE, (20.0,), (1.0, 40.0), (0.1, 0.5)),
        Kind("database_down", DATABASE, (50.0,), (5.0, 60.0), share=0.2),
        Kind("failover", DATABASE, (50.0,), share=0.15),
        Kind("slow_commits", DATABASE, (40.0,), (5.0, 40.0), (0.1, 0.6)),
        Kind("history_kill", HISTORY, (15.0,)),
        Kind("history_down", HISTORY, (30.0,), (5.0, 40.0), share=0.15),
        Kind("rubbish", NEIGHBOUR, (1.0, 10.0), share=0.25),
        # Never drawn: a database that loses what it had committed breaks the one promise everything stands on.
        Kind("restore", DATABASE, (60.0,), values=(1.0,), share=0.0),
    )
}


# Kinds that came later are drawn by a chance of their own, so that the worlds from before stay what they were.
LATER_KINDS = {kind.name: kind for kind in (Kind("forged", SCHOOL, (3.0, 10.0)),)}


def draw(
    chance: random.Random, seconds: float, schools: int, brokers: int, servers: int, kinds: Mapping[str, Kind] = KINDS
) -> tuple[Fault, ...]:
    """Draw which kinds of fault a world has, and their instants."""
    wanted = [kind for kind in kinds.values() if chance.random() < kind.share]
    return draw_of(wanted, chance, seconds, {SCHOOL: schools, LINK: schools * _PATHS, BROKER: brokers, SERVER: servers})


def draw_of(wanted: Iterable[Kind], chance: random.Random, seconds: float, crowd: Mapping[str, int]) -> tuple[Fault, ...]:
    """Draw the instants of some kinds."""
    found: list[Fault] = []
    for kind in wanted:
        every = chance.choice(kind.every)
        found += _instants(kind, every, seconds, crowd.get(kind.to, 1), chance)
    return tuple(sorted(found, key=lambda fault: (fault.at, fault.kind, fault.who)))


def _instants(kind: Kind, every: float, seconds: float, crowd: int, chance: random.Random) -> list[Fault]:
    found: list[Fault] = []
    for number in range(crowd):
        at = 0.0 if kind.name == "drift" else chance.expovariate(1 / every)
        while at < seconds:
            until = min(seconds, at + chance.uniform(*kind.lasts)) if kind.lasts[1] else 0.0
            value = chance.choice(kind.values)
            who, other = divmod(number, _PATHS) if kind.to == LINK else (number, 0)
            found.append(Fault(kind.name, round(at, 3), round(until, 3), who, other, value))
            at = seconds if kind.name == "drift" else (until or at) + chance.expovariate(1 / every)
    return found
