r"""How long a run takes: the distribution of its seconds, on a grid.

Constant times that share a unit, such as 0.1 s, put all runs on multiples of it, and the
distribution is exact. Otherwise the grid is fine and every time is split between the two
grid points next to it so that its mean is kept (the method of local moment matching in
actuarial mathematics). Transforms of the times go through the pipeline
(:mod:`coordination_gap.reliability.transform`); a fast Fourier transform leads back.
The grid reaches so far that, by Chernoff's bound, less than 1e-12 of the runs lie beyond.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from coordination_gap.reliability import checks, transform
from coordination_gap.reliability.grid import Floats, Grid, Growth
from coordination_gap.reliability.latent import COARSE
from coordination_gap.reliability.parts import Branch, Part, Step, Vote, walk

if TYPE_CHECKING:
    from coordination_gap.reliability.pipeline import Pipeline

_MOST_EXACT_POINTS = 2**16
_POINTS = 2**13
_TAIL = 1e-12
#: A cumulated share this close below a quantile's level counts as having reached it.
_ROUNDING = 1e-11


@dataclass(frozen=True)
class Latency:
    """The distribution of the seconds of a run, halted runs included.

    Attributes
    ----------
    resolution_seconds
        Distance of the grid's points; 0 where the distribution is exact.
    seconds, probability
        The points and their probabilities, shape ``(points,)``.
    """

    resolution_seconds: float
    seconds: Floats
    probability: Floats

    @property
    def mean(self) -> float:
        """Mean seconds of a run."""
        return float(self.seconds @ self.probability)

    @property
    def standard_deviation(self) -> float:
        """Standard deviation of the seconds of a run."""
        return math.sqrt(float((self.seconds - self.mean) ** 2 @ self.probability))

    def quantile(self, level: float) -> float:
        """Return the seconds within which a share `level` of all runs has ended; at 0, the shortest time there is.

        Raises
        ------
        ValueError
            If `level` is not a probability.
        """
        level = checks.probability(level, "level")
        reached = np.searchsorted(np.cumsum(self.probability), max(level - _ROUNDING, 1e-13))
        return float(self.seconds[min(int(reached), len(self.seconds) - 1)])


def latency(pipeline: "Pipeline") -> Latency:
    """Return the distribution of the seconds of a run of `pipeline`."""
    constants, is_random = _times_in(pipeline.steps)
    reach = _reach(pipeline, is_random=is_random)
    if reach == 0.0:
        return Latency(0.0, np.zeros(1), np.ones(1))
    unit = None if is_random else _common_unit(constants)
    is_exact = unit is not None and reach < unit * _MOST_EXACT_POINTS
    # Without a fitting unit the work of a long pipeline is kept in bounds by a coarser grid.
    points = max(2**10, _POINTS >> max(0, len(pipeline.steps).bit_length() - 6))
    # A fifth of the grid is left for the many splits of a run that all fall to the later neighbour.
    spacing = unit if is_exact and unit is not None else reach / (0.8 * points)
    size = 1 << math.ceil(math.log2(reach / spacing + 2))
    grid = Grid(spacing, size)
    values: Any = 0.0
    for weight, success in _kinds(pipeline):
        values = values + weight * sum(transform.series(pipeline.steps, grid, success))
    probability = np.fft.irfft(values, size)
    # Rounding leaves specks of 1e-16, of either sign, where there is nothing.
    probability[np.abs(probability) < 1e-14] = 0.0
    last = int(np.flatnonzero(probability)[-1]) + 1
    seconds: Floats = np.arange(last, dtype=np.float64) * spacing
    return Latency(0.0 if is_exact else spacing, seconds, probability[:last] / probability.sum())


def _kinds(pipeline: "Pipeline") -> list[tuple[float, dict[str, float] | None]]:
    kinds = pipeline.kinds_of_run(COARSE)
    if kinds is None:
        return [(1.0, None)]
    steps = pipeline.all_steps()
    return [
        (float(weight), {step.name: float(kinds.success[step.success][place]) for step in steps})
        for place, weight in enumerate(kinds.weight)
        if weight > 1e-15
    ]


def _reach(pipeline: "Pipeline", *, is_random: bool) -> float:
    """Return seconds that a share of at most 1e-12 of the runs exceeds."""
    longest = _longest_path(pipeline.steps)
    if longest == 0.0:
        return 0.0
    points = np.geomspace(1e-3, 1e3, 121) / max(_mean_scale(pipeline.steps), 1e-300)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        growth = Growth(points)
        total = sum(weight * sum(transform.series(pipeline.steps, growth, success)) for weight, success in
                    _extreme_kinds(pipeline))  # fmt: skip
        bound = (np.log(total) - math.log(_TAIL)) / points
    reach = float(np.min(bound[np.isfinite(bound)], initial=math.inf))
    if not is_random:
        return min(longest, reach)
    return reach


def _extreme_kinds(pipeline: "Pipeline") -> list[tuple[float, dict[str, float] | None]]:
    kinds = _kinds(pipeline)
    # Every fifth node, each standing for its neighbours too, is near enough for a bound on the grid's end.
    return kinds if len(kinds) < 50 else [(5 * weight, success) for weight, success in kinds[::5]]


def _times_in(parts: Iterable[Part]) -> tuple[list[float], bool]:
    """Return all constant times, and whether any time is random."""
    constants, is_random = [], False
    for part in walk(parts):
        if isinstance(part, Step):
            constants.append(part.seconds)
            is_random |= part.seconds_cv > 0.0 and part.seconds > 0.0
            if part.backoff_seconds > 0.0:
                waits = min(part.attempts - 1, 64)
                constants += [part.backoff_seconds * part.backoff_factor**place for place in range(waits)]
        if isinstance(part, Step | Vote) and part.gate is not None:
            constants.append(part.gate.seconds)
    return [seconds for seconds in constants if seconds > 0.0], is_random


def _common_unit(constants: list[float]) -> float | None:
    """Return the largest time of which all `constants` are multiples, as they are written in decimals."""
    unit = Fraction(0)
    for seconds in set(constants):
        written = Fraction(repr(seconds))
        unit = Fraction(math.gcd(unit.numerator * written.denominator, written.numerator * unit.denominator),
                        unit.denominator * written.denominator)  # fmt: skip
    return float(unit) if unit > 0 else None


def _longest_path(parts: Iterable[Part]) -> float:
    """Return the seconds of a run that uses every attempt, wait and fallback; random times count as their means."""
    total = 0.0
    for part in parts:
        if isinstance(part, Branch):
            total += max(_longest_path(way.steps) for way in part.ways)
            continue
        taken: Step | Vote | None = part
        while taken is not None:
            gate = taken.gate.seconds if taken.gate else 0.0
            if isinstance(taken, Vote):
                total += max(voter.seconds for voter in taken.voters) + gate
            else:
                total += taken.attempts * (taken.seconds + gate)
                if taken.backoff_seconds > 0.0:
                    total += sum(taken.backoff_seconds * taken.backoff_factor**k for k in range(taken.attempts - 1))
            taken = taken.fallback
    return total


def _mean_scale(parts: Iterable[Part]) -> float:
    """Return a typical time, to set the scale of the bound's search."""
    constants, _ = _times_in(parts)
    return max(constants, default=1.0)
