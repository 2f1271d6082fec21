"""What a simulation returns: estimates with their standard errors and intervals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from coordination_gap import checks

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

#: What a run takes, in the order of the rows of every array that keeps account of it.
AMOUNTS = ("attempts", "cost", "seconds")


@dataclass(frozen=True)
class StandardErrors:
    """Standard errors of the estimates of the same names."""

    success: float
    silent_failure: float
    halted: float
    attempts: float
    cost: float
    seconds: float


@dataclass(frozen=True)
class Simulated:
    """What happened in simulated runs: the fields of an outcome, estimated.

    Attributes
    ----------
    runs, seed
        What was asked for.
    successes, silent_failures, halts
        Counts of runs; they sum to `runs`.
    attempts, cost, seconds
        Means per run: attempts (each voter's answer is one), US dollars, seconds.
    standard_error
        The standard error of each estimate. It is 0 where all runs ended alike; use
        :meth:`interval` there.
    """

    runs: int
    seed: int
    successes: int
    silent_failures: int
    halts: int
    attempts: float
    cost: float
    seconds: float
    standard_error: StandardErrors

    @property
    def success(self) -> float:
        """Share of runs that ended in success."""
        return self.successes / self.runs

    @property
    def silent_failure(self) -> float:
        """Share of runs that ended carrying a silent failure."""
        return self.silent_failures / self.runs

    @property
    def halted(self) -> float:
        """Share of runs that were handed to a person."""
        return self.halts / self.runs

    def interval(self, outcome: str, confidence: float = 0.95) -> tuple[float, float]:
        """Return the Wilson score interval of an outcome's probability.

        Unlike the standard error it keeps a width where an outcome never or always
        happened (Wilson 1927).

        Parameters
        ----------
        outcome
            ``"success"``, ``"silent_failure"`` or ``"halted"``.
        confidence
            In (0, 1).
        """
        counts = {"success": self.successes, "silent_failure": self.silent_failures, "halted": self.halts}
        if outcome not in counts:
            raise ValueError(f"outcome is {outcome!r}: give one of {', '.join(counts)}")
        z = float(special.ndtri((1 + _inner(confidence, "confidence")) / 2))
        share, weight = counts[outcome] / self.runs, z * z / self.runs
        centre = (share + weight / 2) / (1 + weight)
        half = math.sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
        # The ends are exactly 0 and 1 there; rounding could put them a hair beyond.
        low = 0.0 if counts[outcome] == 0 else centre - half
        high = 1.0 if counts[outcome] == self.runs else centre + half
        return low, high


@dataclass(frozen=True)
class Followed(Simulated):
    """What happened in runs that were followed one by one: also how their seconds are distributed.

    Attributes
    ----------
    seconds_sample
        Seconds of single runs, halted ones included, in no order: of all runs, or of the
        first eight million. Shape ``(min(runs, 2**23),)``.
    """

    seconds_sample: Floats = field(repr=False, compare=False)

    @cached_property
    def _sorted(self) -> Floats:
        return np.sort(self.seconds_sample)

    def seconds_quantile(self, level: float) -> float:
        """Return the seconds within which a share `level` of the runs has ended, estimated.

        The smallest observed time that at least this share of the sample does not exceed.

        Parameters
        ----------
        level
            In (0, 1).
        """
        level = _inner(level, "level")
        # 100 × 0.07 is 7.000000000000001 in floating point: without rounding, one rank too high.
        rank = math.ceil(round(len(self._sorted) * level, 6))
        return float(self._sorted[max(rank, 1) - 1])

    def seconds_quantile_interval(self, level: float, confidence: float = 0.95) -> tuple[float, float]:
        """Return the interval of a quantile of the seconds, between two order statistics of the sample.

        It assumes nothing about the distribution and covers the quantile with at least
        `confidence` (David and Nagaraja 2003, Order Statistics, section 7.1). An end that the sample is
        too small for is 0 or infinite.

        Parameters
        ----------
        level
            In (0, 1).
        confidence
            In (0, 1).
        """
        size, level = len(self._sorted), _inner(level, "level")
        outside = (1 - _inner(confidence, "confidence")) / 2
        low = int(stats.binom.ppf(outside, size, level))
        high = int(stats.binom.isf(outside, size, level)) + 1
        return (
            float(self._sorted[low - 1]) if low >= 1 else 0.0,
            float(self._sorted[high - 1]) if high <= size else math.inf,
        )


def _inner(value: float, name: str) -> float:
    """Return `value`, strictly between 0 and 1, as a float."""
    number = checks.probability(value, name)
    if 0.0 < number < 1.0:
        return number
    raise ValueError(f"{name} is {value!r}: give a number between 0 and 1, both excluded")


def checked_runs(runs: object, seed: object, most: int, limit: str) -> tuple[int, int]:
    """Return `runs` and `seed` as ints; `limit` says why there are at most `most` runs."""
    number = checks.count(runs, "runs")
    if number > most:
        raise ValueError(f"runs is {number}: give at most {most}, {limit}")
    return number, checks.count(seed, "seed", least=0)


def estimates(
    ends: Mapping[str, int], mean: Sequence[float] | Floats, variance: Sequence[float] | Floats
) -> dict[str, Any]:
    """Return the fields of :class:`Simulated` that follow from counts and from moments over runs.

    Parameters
    ----------
    ends
        Numbers of runs: ``successes``, ``silent_failures`` and ``halts``.
    mean, variance
        Over all runs, of attempts, US dollars and seconds, shape ``(3,)``.

    Raises
    ------
    ValueError
        If an amount is beyond what a float can hold.
    """
    runs = sum(ends.values())
    errors = {}
    for name, end in (("success", "successes"), ("silent_failure", "silent_failures"), ("halted", "halts")):
        share = ends[end] / runs
        errors[name] = math.sqrt(share * (1 - share) / runs)
    for name, average, spread in zip(AMOUNTS, mean, variance, strict=True):
        if not (math.isfinite(average) and math.isfinite(spread)):
            raise ValueError(
                f"pipeline: {name} of a run grow beyond what a float can hold: give the steps smaller ones"
            )
        errors[name] = math.sqrt(spread / runs)
    means = {name: float(average) for name, average in zip(AMOUNTS, mean, strict=True)}
    return {"runs": runs, **ends, **means, "standard_error": StandardErrors(**errors)}
