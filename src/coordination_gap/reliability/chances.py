"""What success a step has in a run that is followed on its own, and what becomes of its output.

Where steps of different success share a run's luck, each success is a quantile of another
beta distribution, which takes a thousand times as long to compute as a uniform number to
draw. It is hardly ever needed: a table brackets it, and mostly the uniform number of the
attempt lies on one side of both bounds. Only where it lies between them does the
distribution function say on which side the success is, so nothing is approximated.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from scipy import special

from coordination_gap.reliability.parts import Gate, Step, walk
from coordination_gap.reliability.simulated import Counts, Floats

if TYPE_CHECKING:
    from coordination_gap.reliability.pipeline import Pipeline

#: A function of the success, linear: its value at 0, and its slope.
Line: TypeAlias = tuple[float, float]

#: A correlation, a success or a failure below this is one that a billion runs cannot tell from none.
_NEGLIGIBLE = 1e-12
#: A border above every uniform number.
_NEVER: Line = (2.0, 0.0)
#: The quantiles of all tables together are at most so many, 8 MiB.
_MOST_CELLS = 2**20


class Borders(NamedTuple):
    """What becomes of an attempt of success *p*, by where its uniform number lies.

    From 0 on: a good output that passes, a silent failure that passes, an output that the
    gate sees to be bad, and a loud failure. The borders ``good``, ``passed`` and ``loud``
    between them are linear in *p*, given by the value at 0 and the slope.
    """

    good: Line
    passed: Line
    loud: Line

    @classmethod
    def of(cls, step: Step) -> "Borders":
        """Return the borders for an attempt of `step`."""
        gate = step.gate or Gate(0.0, 0.0)
        good, bad = 1.0 - gate.false_alarm, (1.0 - step.loud) * (1.0 - gate.detection)
        # What cannot happen must not happen by a rounding error, so good + bad is not left to reach 1.
        passed = (0.0, good) if bad == 0.0 else _NEVER if good == bad == 1.0 else (bad, good - bad)
        return cls((0.0, good), passed, (1.0 - step.loud, step.loud) if step.loud > 0.0 else _NEVER)


def _border(line: Line, p: Any) -> Any:
    at_0, slope = line
    if slope == 0.0:
        return at_0
    value = p if slope == 1.0 else slope * p
    return value if at_0 == 0.0 else at_0 + value


class Chance:
    """The success of a step in each of some runs: one number for all, or an array.

    Runs that are struck by a common cause have none, whatever the `success` given.
    """

    def __init__(self, success: Any, is_struck: Any = None) -> None:
        self._success, self._is_struck = success, is_struck

    def everywhere(self) -> Any:
        """Return the success in every run."""
        return self._success if self._is_struck is None else np.where(self._is_struck, 0.0, self._success)

    def doubtful(self, uniform: Floats, line: Line) -> Counts:
        """Return the places of those `uniform` numbers, one for each run, that may lie beyond a border."""
        is_doubtful = uniform >= self._least(line)
        if self._is_struck is not None:
            is_doubtful |= self._is_struck
        return np.asarray(is_doubtful.nonzero()[0])

    def beyond(self, places: Counts, uniform: Floats, lines: Sequence[Line]) -> Any:
        """Return, for each border, whether the `uniform` number of each of the `places` lies beyond it."""
        is_beyond = self._beyond(places, uniform, lines)
        if self._is_struck is not None:
            is_struck = self._is_struck[places]
            for row, (at_0, _) in zip(is_beyond, lines, strict=True):
                row[is_struck] = uniform[is_struck] >= at_0
        return is_beyond

    def _least(self, line: Line) -> Any:
        """Return what the border is at least, for a border that rises with the success."""
        return _border(line, self._success)

    def _beyond(self, places: Counts, uniform: Floats, lines: Sequence[Line]) -> Any:
        success = self._success[places] if isinstance(self._success, np.ndarray) else self._success
        return [uniform >= _border(line, success) for line in lines]


class _Bracketed(Chance):
    def __init__(
        self, quantiles: "_Quantiles", luck: Floats, cell: Counts, is_struck: Any, buffers: "_Buffers"
    ) -> None:
        super().__init__(None, is_struck)
        self._quantiles, self._luck, self._cell, self._buffers = quantiles, luck, cell, buffers

    def everywhere(self) -> Any:
        self._success = self._quantiles.at(self._luck)
        return super().everywhere()

    def _least(self, line: Line) -> Any:
        least = self._buffers.of("least", len(self._cell))
        return self._quantiles.table((line,))[2][0].take(self._cell, mode="clip", out=least)

    def _beyond(self, places: Counts, uniform: Floats, lines: Sequence[Line]) -> Any:
        at_0, slope, borders = self._quantiles.table(tuple(lines))
        cell = self._cell[places]
        is_beyond = uniform >= borders.take(cell, axis=1)
        is_beyond_other = uniform >= borders.take(cell + 1, axis=1)
        # Where the border lies between its values at the two bounds, the distribution function tells.
        either = np.flatnonzero(is_beyond != is_beyond_other)
        if either.size:
            line, between = np.divmod(either, len(places))
            crossing = (uniform[between] - at_0[line]) / slope[line]
            is_luckier = self._luck[places[between]] > self._quantiles.below(crossing)
            is_beyond[line, between] = is_luckier == (slope[line] < 0.0)
        return is_beyond


class _Quantiles:
    """A beta distribution, with a table of its quantiles at equal steps from 0 to 1."""

    def __init__(self, mean: float, correlation: float, cells: int) -> None:
        size = (1.0 - correlation) / correlation
        self._first, self._second = mean * size, (1.0 - mean) * size
        self.edges = _quantiles_at_steps(self._first, self._second, cells)
        self._tables: dict[tuple[Line, ...], tuple[Floats, Floats, Floats]] = {}

    def table(self, lines: tuple[Line, ...]) -> tuple[Floats, Floats, Floats]:
        """Return values at 0 and slopes of `lines`, and their values at the table's quantiles, a row for each."""
        if lines not in self._tables:
            at_0, slope = np.array(lines).T
            self._tables[lines] = at_0, slope, at_0[:, None] + slope[:, None] * self.edges
        return self._tables[lines]

    def at(self, level: Floats) -> Floats:
        """Return the quantiles at each `level`."""
        return _quantiles_at(self._first, self._second, level)

    def below(self, success: Floats) -> Floats:
        """Return the probability of less than `success`."""
        return np.asarray(special.betainc(self._first, self._second, success))


def _quantiles_at(first: float, second: float, level: Floats) -> Floats:
    # From the nearer end, where the inverse keeps its digits.
    is_low = level < 0.5
    nearer = np.where(is_low, level, 1.0 - level)
    inverse = special.betaincinv(np.where(is_low, first, second), np.where(is_low, second, first), nearer)
    return np.asarray(np.where(is_low, inverse, 1.0 - inverse))


@lru_cache(maxsize=64)
def _quantiles_at_steps(first: float, second: float, cells: int) -> Floats:
    """Return the quantiles at 0, 1/cells ... 1, from memory: they take as long as many thousand runs."""
    return _quantiles_at(first, second, np.arange(cells + 1) / cells)


class _Buffers:
    """Arrays that are used again and again: fresh memory of a megabyte takes longer to get than to fill."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def of(self, name: str, size: int, dtype: Any = np.float64) -> Any:
        """Return the array of that name, with whatever it held before; it never shrinks."""
        if len(self._kept.get(name, ())) < size:
            self._kept[name] = np.empty(size, dtype)
        return self._kept[name][:size]


class Luck:
    """What the steps of a run share, for all runs of a pipeline.

    Parameters
    ----------
    pipeline
        Its ``correlation`` and ``common_cause`` are what is shared.
    runs
        How many will be followed, which sets the size of the tables.
    """

    def __init__(self, pipeline: "Pipeline", runs: int) -> None:
        self._buffers = _Buffers()
        self._common_cause = pipeline.common_cause
        self._correlation = pipeline.correlation if pipeline.correlation >= _NEGLIGIBLE else 0.0
        self._spared = {
            part.success: float(spared_success(part.success, pipeline.common_cause))
            for part in walk(pipeline.steps)
            if isinstance(part, Step)
        }
        lucky = {p for p in self._spared.values() if _can_vary(p)} if self._correlation > 0.0 else set()
        self._is_drawn = bool(lucky)
        # Where all that can vary is one success, it is drawn itself; else its quantile is.
        self._one = lucky.pop() if len(lucky) == 1 else None
        # Of n runs 1 in K falls between the bounds of a table of K cells, so K near the root of n is best.
        most = (_MOST_CELLS // max(1, len(lucky))).bit_length() - 1
        self._cells = 1 << max(2, min(runs.bit_length() // 2, 13, most))
        self._quantiles = {p: _Quantiles(p, self._correlation, self._cells) for p in lucky if self._correlation < 1.0}

    def draw(self, rng: np.random.Generator, size: int) -> tuple[Floats | None, Floats | None, Counts | None]:
        """Return for `size` runs their luck, what decides which steps are struck, and the cell of the luck.

        Each is None where nothing depends on it. The arrays are those of the draw before, overwritten.
        """
        luck: Floats | None = None
        strike, cell = None, None
        if self._one is not None:
            luck = np.asarray(drawn_success(rng, self._one, self._correlation, size))
        elif self._is_drawn:
            luck = rng.random(out=self._buffers.of("luck", size))
            if self._quantiles:
                cell = self._buffers.of("cell", size, np.intp)
                np.multiply(luck, self._cells, out=cell, casting="unsafe")
        if self._common_cause > 0.0:
            strike = rng.random(size)
        return luck, strike, cell

    def chance(self, step: Step, luck: Floats | None, strike: Floats | None, cell: Counts | None) -> Chance:
        """Return the success of `step` in runs that the rest was drawn for."""
        p: Any = self._spared[step.success]
        is_struck = None if strike is None else strike < self._common_cause * (1.0 - step.success)
        if luck is not None and cell is not None and p in self._quantiles:
            return _Bracketed(self._quantiles[p], luck, cell, is_struck, self._buffers)
        if luck is not None and _can_vary(p):
            # With a correlation of 1, the luckiest share p of all runs succeeds.
            p = luck if self._one is not None else (luck >= 1.0 - p).astype(float)
        return Chance(p, is_struck)


def spared_success(p: Any, common_cause: float) -> Any:
    """Return the success, a float or an array, of those that the common cause spares.

    It is p / (1 − β (1 − p)), at most 1 after rounding, and 0 where p is 0.
    """
    p = np.asarray(p, dtype=float)
    spared = (1.0 - common_cause) + common_cause * p
    return np.minimum(np.divide(p, spared, out=np.zeros_like(p), where=p > 0.0), 1.0)[()]


def _can_vary(p: float) -> bool:
    return _NEGLIGIBLE < p < 1.0 - _NEGLIGIBLE


def drawn_success(rng: np.random.Generator, mean: Any, correlation: float, size: int) -> Any:
    """Return successes from beta distributions around `mean`, of which two draws correlate by `correlation`.

    Parameters
    ----------
    mean
        A number, or an array of shape ``(size,)``, in [0, 1].
    correlation
        In [0, 1]; 0 returns `mean`.
    """
    if correlation < _NEGLIGIBLE:
        return mean
    if correlation == 1.0:
        return (rng.random(size) < mean).astype(float)
    weight = (1.0 - correlation) / correlation
    first, second = mean * weight, (1.0 - mean) * weight
    if not isinstance(mean, np.ndarray):
        return rng.beta(first, second, size) if first > 0.0 and second > 0.0 else mean
    success = mean.copy()
    random = (first > 0.0) & (second > 0.0)
    success[random] = rng.beta(first[random], second[random])
    return success
