"""Groups of runs that are only counted, with mean and variance of what they took so far."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from coordination_gap.reliability.simulated import Counts, Floats

#: Up to this many groups, one draw at a time is faster than NumPy's draw for an array.
_FEW = 12


def gamma_shape(seconds_cv: float) -> float:
    """Return the shape of a gamma distribution; infinite where it is as good as constant."""
    square = seconds_cv * seconds_cv
    return 1.0 / square if square > 1e-300 else math.inf


class Runs:
    """Groups of runs, of any shape: how many, and what they took so far.

    ``moments`` has mean and variance as first axis, the amounts (attempts, US dollars,
    seconds) as second, then the shape of ``count``. Nothing is changed in place.
    """

    __slots__ = ("count", "moments")

    def __init__(self, count: Counts, moments: Floats) -> None:
        self.count, self.moments = count, moments

    def numbering(self, count: Counts) -> "Runs":
        """Return as many of these runs; chance chose them, so they took what all took."""
        return Runs(count, self.moments)

    def taking(self, attempts: float = 0.0, cost: float = 0.0, seconds: float = 0.0) -> "Runs":
        """Return the runs after each of them took these amounts."""
        if attempts == cost == seconds == 0.0:
            return self
        moments = self.moments.copy()
        for row, amount in enumerate((attempts, cost, seconds)):
            if amount:
                moments[0, row] += amount
        return Runs(self.count, moments)

    def lasting(self, rng: np.random.Generator, seconds: float, seconds_cv: float) -> "Runs":
        """Return the runs after each spent a gamma distributed time of this mean."""
        shape = gamma_shape(seconds_cv)
        if seconds == 0.0 or math.isinf(shape):
            return self.taking(seconds=seconds)
        # The sum over all runs of a group is gamma distributed of this shape.
        shapes = self.count * shape
        ratio = np.divide(rng.standard_gamma(shapes), shapes, out=np.ones(shapes.shape), where=shapes > 0.0)
        moments = self.moments.copy()
        moments[0, 2] += seconds * ratio
        moments[1, 2] += (seconds * seconds_cv) ** 2
        return Runs(self.count, moments)

    def pooled(self) -> "Runs":
        """Return the groups along the last axis as one, the axis kept.

        Where all took the same, the mean stays exact and the variance 0.
        """
        if self.count.shape[-1] == 1:
            return self
        count = self.count.sum(axis=-1, keepdims=True)
        mean, variance = self.moments
        reference = (mean * (self.count > 0)).max(axis=-1, keepdims=True)
        weight = self.count / np.maximum(count, 1)
        distance = mean - reference
        shift = (weight * distance).sum(axis=-1, keepdims=True)
        spread = (weight * (variance + (distance - shift) ** 2)).sum(axis=-1, keepdims=True)
        return Runs(count, np.array([reference + shift, spread]))


def together(groups: Sequence[Runs]) -> Runs:
    """Return the runs of `groups`, all of one shape, as groups of that shape."""
    first = groups[0]
    if all(group.moments is first.moments for group in groups):
        return first.numbering(sum((group.count for group in groups[1:]), first.count))
    both = Runs(
        np.array([group.count for group in groups]).transpose(*range(1, first.count.ndim + 1), 0),
        np.array([group.moments for group in groups]).transpose(*range(1, first.moments.ndim + 1), 0),
    ).pooled()
    return Runs(both.count[..., 0], both.moments[..., 0])


def binomial(rng: np.random.Generator, count: Counts, chance: Any) -> Counts:
    """Return how many of `count` runs something happened to that has probability `chance`."""
    if isinstance(chance, float) and chance in (0.0, 1.0):
        return count if chance else np.zeros_like(count)
    if count.size > _FEW:
        return np.asarray(rng.binomial(count, chance), dtype=np.int64)
    one = chance if isinstance(chance, float) else chance.item() if chance.size == 1 else None
    chances = [one] * count.size if one is not None else (chance + np.zeros(count.shape)).ravel().tolist()
    drawn = [rng.binomial(n, p) if n else 0 for n, p in zip(count.ravel().tolist(), chances, strict=True)]
    return np.array(drawn, dtype=np.int64).reshape(count.shape)


def part_of(runs: Runs, before: slice) -> Runs:
    """Return the runs that were clean, or carrying, before the part."""
    return Runs(runs.count[:, before], runs.moments[..., before, :])


def padded(runs: Runs, before: int, after: int) -> Runs:
    """Return the groups with empty ones at the ends of the last axis."""
    return Runs(*(
        np.concatenate([np.zeros((*values.shape[:-1], before), values.dtype), values,
                        np.zeros((*values.shape[:-1], after), values.dtype)], axis=-1)
        for values in (runs.count, runs.moments)
    ))  # fmt: skip
