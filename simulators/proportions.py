"""Whole numbers in given proportions, so that a city of any size keeps its shares."""

import random
from collections.abc import Sequence


def split(total: int, shares: Sequence[float]) -> list[int]:
    """Divide `total` by shares with the largest remainders; the parts sum up to the total exactly."""
    scale = total / sum(shares)
    parts = [int(share * scale) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda index: parts[index] - shares[index] * scale)
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def lacking(rng: random.Random, total: int, share: float) -> frozenset[int]:
    """Choose exactly the rounded share of `total` things that lack something."""
    return frozenset(rng.sample(range(total), round(total * share)))
