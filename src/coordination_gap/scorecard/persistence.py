"""First-order autoregressions: what a persistent series without any change does by chance."""

import numpy as np
import numpy.typing as npt

from coordination_gap import checks
from coordination_gap.scorecard.blocks import Array, finite_values
from coordination_gap.scorecard.change import contrast


def autoregression(length: int, rho: float, deviation: float, draws: int, seed: int) -> Array:
    r"""Draw stationary first-order autoregressions :math:`x_i = \rho x_{i-1} + e_i` with normal errors, a row each.

    Parameters
    ----------
    length, draws, seed
        Values of a series, series, and the seed.
    rho
        Lag-one autocorrelation, 0 or more and below 1.
    deviation
        Standard deviation of a value.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    checks.count(length, "length")
    checks.count(draws, "draws")
    checks.amount(deviation, "deviation", "points")
    _persistence(rho)
    errors = np.random.default_rng(seed).standard_normal((draws, length))
    series = np.empty_like(errors)
    series[:, 0] = errors[:, 0]
    for place in range(1, length):
        series[:, place] = rho * series[:, place - 1] + np.sqrt(1 - rho**2) * errors[:, place]
    return deviation * series


def process_deviation(series: npt.ArrayLike, rho: float) -> float:
    r"""Return the standard deviation of a first-order autoregression whose sample variance is expected to be a series'.

    The sample variance of *n* values is :math:`\sigma^2 (n - \sum_{ij} \rho^{|i-j|} / n) / (n - 1)` on average,
    since a persistent series strays little from its own mean in a short time.

    Parameters
    ----------
    series
        At least three values.
    rho
        Lag-one autocorrelation, 0 or more and below 1.

    Raises
    ------
    ValueError
        If the series is too short or not finite, or `rho` out of its range.
    """
    values = finite_values(series, 3)
    length = len(values)
    share = (length - _correlations(length, rho).sum() / length) / (length - 1)
    return float(values.std(ddof=1) / np.sqrt(share))


def difference_deviation(length: int, before: int, rho: float, deviation: float) -> float:
    r"""Return the standard deviation of the mean after a place less that before, in a first-order autoregression.

    :math:`\sigma \sqrt{c^T R c}` with the weights *c* of the difference and :math:`R_{ij} = \rho^{|i-j|}`.

    Parameters
    ----------
    length, before
        Values of the series, and of these before the place, from 1 to `length` less 1.
    rho, deviation
        As of :func:`autoregression`.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    checks.count(before, "before", most=checks.count(length, "length", least=2) - 1)
    weights = contrast(length, before)
    return float(
        checks.amount(deviation, "deviation", "points") * np.sqrt(weights @ _correlations(length, rho) @ weights)
    )


def _correlations(length: int, rho: float) -> Array:
    _persistence(rho)
    places = np.arange(length)
    return np.asarray(float(rho) ** np.abs(places[:, None] - places))


def _persistence(rho: float) -> None:
    if not 0 <= rho < 1:
        raise ValueError(f"rho is {rho}: give a number from 0 to below 1")
