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


def lacking(rng: random.Random, weights: Sequence[float], share: float) -> frozenset[int]:
    """Choose exactly the rounded share of things that lack something; twice the weight is about twice as likely chosen."""
    # Each thing waits for its turn as long as its weight makes it; the first ones are chosen (Efraimidis and Spirakis).
    turns = sorted((rng.expovariate(weight), index) for index, weight in enumerate(weights))
    return frozenset(index for _, index in turns[: round(len(weights) * share)])
