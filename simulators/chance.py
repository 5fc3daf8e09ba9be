"""Chance as a pure function: the same place, time and seed always draw the same number.

A simulated world of draws needs no state and no order: any device can be asked about any moment, and two processes
with one seed agree. `random.Random` would make each answer depend on everything asked before.
"""

import zlib

_MASK = (1 << 64) - 1


def mix(*parts: int) -> int:
    """Mix whole numbers into 64 bits.

    The interpreter's own hash of a tuple of whole numbers is not salted and costs a tenth of mixing them in Python;
    a round of SplitMix64's finaliser spreads what it leaves close together. Another implementation of Python may draw
    other numbers, but always the same ones.
    """
    state = hash(parts) & _MASK
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    return state ^ state >> 31


def draw(*parts: int) -> float:
    """Draw a number from 0 up to, but not including, 1."""
    return (mix(*parts) >> 11) / (1 << 53)


def key(text: str) -> int:
    """Give a stable number for a name."""
    return zlib.crc32(text.encode())


def slot_of(now: float, slot_seconds: float, *parts: int) -> tuple[int, float]:
    """Say in which of its own time slots a thing is, and for how long; the borders lie differently for each thing."""
    shifted = now + draw(*parts, 77) * slot_seconds
    slot = int(shifted // slot_seconds)
    return slot, shifted - slot * slot_seconds


def afflicted(now: float, share: float, slot_seconds: float, *parts: int) -> bool:
    """Say whether a thing is in its bad state, which holds for a share of the time, in spells of whole slots."""
    return draw(*parts, slot_of(now, slot_seconds, *parts)[0]) < share
