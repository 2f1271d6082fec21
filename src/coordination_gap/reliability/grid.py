"""Transforms of times: on a grid, to compute a distribution, and at growing points, to bound its tail."""

import math

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]


class Grid:
    """Transforms of distributions on ``0, spacing, 2 spacing, ...``, at points on a circle in the complex plane.

    Parameters
    ----------
    spacing
        Seconds.
    size
        How many points the transform has, a power of two.
    folded
        What is left of a probability that lies beyond the last point and so comes back at the
        first. 1 is the unit circle, for a grid beyond which there is nothing. A smaller
        circle makes it less, at the cost of digits at the far end of the grid.
    """

    #: A path of attempts less likely than this is not followed further.
    negligible = 1e-16

    def __init__(self, spacing: float, size: int, folded: float = 1.0) -> None:
        self.spacing, self.size = spacing, size
        self._is_whole = folded == 1.0
        self._log_radius = math.log(folded) / size
        self._turn = np.arange(size // 2 + 1, dtype=np.float64)
        self._damping = np.exp(self._log_radius * np.arange(size))
        self._kept: dict[object, npt.NDArray[np.complex128]] = {}

    def inverse(self, values: npt.NDArray[np.complex128]) -> Floats:
        """Return the probabilities behind the values of a transform, of the first half of a grid that is folded."""
        probability: Floats = np.fft.irfft(values, self.size)
        # Rounding leaves specks of 1e-16, of either sign, where there is nothing.
        probability[np.abs(probability) < 1e-14] = 0.0
        return probability if self._is_whole else (probability / self._damping)[: self.size // 2]

    def constant(self, seconds: float) -> npt.NDArray[np.complex128]:
        """Return the transform of a constant time."""
        if seconds not in self._kept:
            place = seconds / self.spacing
            nearest = round(place)
            if abs(place - nearest) < 1e-9 * max(1.0, place):
                place = float(nearest)
            whole = math.floor(place)
            self._kept[seconds] = (whole + 1 - place) * self._power(whole) + (place - whole) * self._power(whole + 1)
        return self._kept[seconds]

    def _power(self, place: int) -> npt.NDArray[np.complex128]:
        """Return the transform of a whole number of spacings, however many; whole turns are taken off first."""
        turns = self._turn * (place % self.size) % self.size
        power: npt.NDArray[np.complex128] = np.exp(self._log_radius * place - 2j * np.pi / self.size * turns)
        return power

    def longest(self, times: tuple[tuple[float, float], ...]) -> npt.NDArray[np.complex128]:
        """Return the transform of the longest of independent times, each a mean and a coefficient of variation."""
        # A time far below the grid's spacing is as good as constant, and its scale may be too small to divide by.
        is_random = {(mean, cv) for mean, cv in times if cv > 0.0 and mean > 1e-9 * self.spacing}
        constant = max((mean for mean, cv in times if (mean, cv) not in is_random), default=0.0)
        random = sorted((mean, cv) for mean, cv in times if (mean, cv) in is_random)
        if not random:
            return self.constant(constant)
        key = (constant, *random)
        if key not in self._kept:
            self._kept[key] = np.fft.rfft(self._probability(constant, random) * self._damping)
        return self._kept[key]

    def _probability(self, constant: float, random: list[tuple[float, float]]) -> Floats:
        """Return the longest time's probabilities, split between neighbours so that the mean is kept.

        What lies beyond the grid is left out.
        """
        edge: Floats = np.arange(self.size + 1, dtype=np.float64) * self.spacing
        if len(random) == 1 and constant == 0.0:
            limited = _limited_gamma_mean(edge, *random[0])
        else:
            # E[min(T, x)] is the integral of the survival function, here by Simpson's rule on half cells.
            half = np.arange(2 * self.size + 1) * (self.spacing / 2)
            below = np.prod([special.gammainc(cv**-2, half / (mean * cv**2)) for mean, cv in random], axis=0)
            survival = 1 - below * (half >= constant * (1 - 1e-12))
            cell = (survival[:-2:2] + 4 * survival[1:-1:2] + survival[2::2]) * self.spacing / 6
            limited = np.concatenate([[0.0], np.cumsum(cell)])
        inner = (2 * limited[1:-1] - limited[:-2] - limited[2:]) / self.spacing
        probability = np.concatenate([[1 - limited[1] / self.spacing], inner])
        # On a grid that holds it all, what was lost at its end was rounding.
        return probability / probability.sum() if self._is_whole else probability


def _limited_gamma_mean(limit: Floats, mean: float, cv: float) -> Floats:
    """Return E[min(T, x)] of a gamma distributed time (Klugman, Panjer and Willmot, Loss Models, appendix A)."""
    shape, scale = cv**-2, mean * cv**2
    limited: Floats = mean * special.gammainc(shape + 1, limit / scale) + limit * special.gammaincc(
        shape, limit / scale
    )
    return limited


class Growth:
    """Moment generating functions at growing points, for Chernoff's bound on the longest runs."""

    #: A bound must not leave out anything.
    negligible = 0.0

    def __init__(self, points: Floats) -> None:
        self.points = points

    def constant(self, seconds: float) -> Floats:
        """Return the moment generating function of a constant time."""
        return np.exp(self.points * seconds)

    def longest(self, times: tuple[tuple[float, float], ...]) -> Floats:
        """Return a bound of that of the longest of several times: the sum of theirs."""
        total = np.zeros_like(self.points)
        for mean, cv in times:
            if cv == 0.0 or mean == 0.0:
                total += np.exp(self.points * mean)
            else:
                inside = 1 - self.points * mean * cv**2
                total += np.where(inside > 0, np.maximum(inside, 1e-300) ** -(cv**-2), np.inf)
        return total
