r"""How long a run takes: the distribution of its seconds, on a grid.

Constant times that share a unit, such as 0.1 s, put all runs on multiples of it, and the
distribution is exact. Otherwise the grid is fine and every time is split between the two
grid points next to it so that its mean is kept (the method of local moment matching in
actuarial mathematics). Transforms of the times go through the pipeline
(:mod:`coordination_gap.reliability.transform`); a fast Fourier transform leads back.
The grid reaches so far that, by Chernoff's bound, less than 1e-12 of the runs lie beyond.

A rare run may take a thousand times as long as most. So while a share of the runs worth
telling apart ends within the first eighth of a grid, a finer grid is laid over that eighth,
and so on; there the transform is taken on a smaller circle, on which what lies beyond the
grid hardly comes back at its beginning (Abate and Whitt 1992).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from coordination_gap import checks
from coordination_gap.reliability import transform
from coordination_gap.reliability.grid import Floats, Grid, Growth
from coordination_gap.reliability.latent import COARSE
from coordination_gap.reliability.law import geometric_sum
from coordination_gap.reliability.parts import Branch, Part, Step, Vote, walk
from coordination_gap.reliability.transform import runs_of_alike

if TYPE_CHECKING:
    from coordination_gap.reliability.pipeline import Pipeline

_MOST_EXACT_POINTS = 2**16
_POINTS = 2**13
_TAIL = 1e-12
#: A finer grid is laid where more than this share of runs ends within the first of so many parts of a grid.
_WORTH_TELLING, _PARTS = 1e-4, 8
_MOST_GRIDS = 20
#: Seconds too few to be told from none, and a share of the longest time that is.
_NO_TIME, _NO_SHARE = 1e-100, 1e-15
#: Of what lies beyond a finer grid, this comes back at its beginning.
_FOLDED = 1e-9
#: A cumulated share this close below a quantile's level counts as having reached it.
_ROUNDING, _SPECK = 1e-11, 1e-13
#: Points times parts that differ, on one grid.
_MOST_WORK = 2**24


@dataclass(frozen=True)
class Latency:
    """The distribution of the seconds of a run, halted runs included.

    Attributes
    ----------
    resolution_seconds
        How far a quantile may be off, where points are furthest apart; 0 where the
        distribution is exact. Where most runs end long before the longest, points are the
        closer the earlier, and a quantile is right to about a thousandth of itself, or
        some thousandths where very many steps differ or runs share their luck.
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
    if unit is not None and reach < unit * _MOST_EXACT_POINTS:
        whole = Grid(unit, _power_of_two(reach / unit + 2))
        return _assembled([(whole, _probability(pipeline, whole))], 0.0)
    points, steps = _points(pipeline), len(list(walk(pipeline.steps)))
    # A fifth of the grid is left for the many splits of a run that all fall to the later neighbour.
    grid = Grid(reach / (0.8 * points), _power_of_two(0.8 * points + 2))
    found = [(grid, _probability(pipeline, grid))]
    _, quickest = _scales(pipeline.steps, reach)
    while len(found) < _MOST_GRIDS:
        grid, probability = found[-1]
        early = len(probability) // _PARTS
        # Whatever is left before a small part of the quickest time takes no time worth telling.
        is_fine = grid.spacing == unit or early * grid.spacing * _PARTS**3 < quickest
        if is_fine or probability[:early].sum() < _WORTH_TELLING:
            break
        spacing = max(early * grid.spacing / points, unit or 0.0)
        size = 2 * max(points, _MOST_EXACT_POINTS if spacing == unit else 0)
        found.append((finer := Grid(spacing, size, _FOLDED), _probability(pipeline, finer)))
    # Each split moves a time by up to half a spacing, either way.
    return _assembled(found, found[0][0].spacing * max(1.0, math.sqrt(steps / 6)))


def _points(pipeline: "Pipeline") -> int:
    """Return how many points a grid has: enough for the splits of many steps to add up to little, in bounded work."""
    steps = len(pipeline.steps)
    wanted = max(_POINTS, _power_of_two(1000 * math.sqrt(steps)))
    work = runs_of_alike(pipeline.steps)
    if pipeline.correlation > 0.0:  # some hundred kinds of run, each of which takes as long
        work *= 2048
    return max(2**11, min(wanted, _MOST_WORK >> (work - 1).bit_length()))


def _power_of_two(least: float) -> int:
    return 1 << math.ceil(math.log2(least))


def _probability(pipeline: "Pipeline", grid: Grid) -> Floats:
    """Return the probability of each point of a grid."""
    values: Any = 0.0
    for weight, success in _kinds(pipeline):
        values = values + weight * sum(transform.series(pipeline.steps, grid, success))
    return grid.inverse(values)


def _assembled(found: list[tuple[Grid, Floats]], resolution_seconds: float) -> Latency:
    """Return one distribution from grids, the coarsest first: each point from the finest grid that reaches it."""
    total = float(found[0][1].sum())
    seconds, cumulated = np.zeros(0), np.zeros(0)
    for grid, shares in reversed(found):
        at = np.arange(len(shares), dtype=np.float64) * grid.spacing
        is_new = at > (seconds[-1] if len(seconds) else -1.0)
        seconds = np.concatenate([seconds, at[is_new]])
        cumulated = np.concatenate([cumulated, np.cumsum(shares)[is_new] / total])
    # Where one grid follows another, a split time may fall on either side of the seam.
    probability = np.diff(np.maximum.accumulate(cumulated), prepend=0.0)
    # Where one grid has shown all, what another shows beyond is its rounding.
    probability[(cumulated - probability > 1.0 - _ROUNDING) & (probability < _SPECK)] = 0.0
    last = int(np.flatnonzero(probability)[-1]) + 1
    return Latency(resolution_seconds, seconds[:last], probability[:last] / probability[:last].sum())


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
    if longest < _NO_TIME:
        return 0.0
    slowest, quickest = _scales(pipeline.steps, longest)
    points = np.geomspace(1e-3 / slowest, 1e3 / quickest, 120 + math.ceil(20 * math.log10(slowest / quickest)))
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
                    total += taken.backoff_seconds * geometric_sum(taken.backoff_factor, taken.attempts - 1)
            taken = taken.fallback
    return total


def _scales(parts: Iterable[Part], longest_path: float) -> tuple[float, float]:
    """Return the longest and the shortest time worth telling, a random one being as long as its tail is wide."""
    constants, _ = _times_in(parts)
    wide = [part.seconds * max(1.0, part.seconds_cv**2) for part in walk(parts) if isinstance(part, Step)]
    slowest = max([longest_path, *wide])
    return slowest, max(min(constants), _NO_SHARE * slowest)
