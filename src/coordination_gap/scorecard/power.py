"""How large a change a test of a known day could have found, by simulation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from coordination_gap import checks
from coordination_gap.scorecard.blocks import Array, Indices
from coordination_gap.scorecard.change import JUST_BELOW, contrast, moved_contrast, tested_values

#: Orders that a simulation of power uses: more cost time and hardly change it.
MOST_ORDERS = 2000


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
    if not 0 <= rho < 1:
        raise ValueError(f"rho is {rho}: give a number from 0 to below 1")
    errors = np.random.default_rng(seed).standard_normal((draws, length))
    series = np.empty_like(errors)
    series[:, 0] = errors[:, 0]
    for place in range(1, length):
        series[:, place] = rho * series[:, place - 1] + np.sqrt(1 - rho**2) * errors[:, place]
    return deviation * series


@dataclass(frozen=True)
class Power:
    """What the test of a known day can do on simulated series like the one at hand.

    Attributes
    ----------
    size
        How often it finds a change where there is none, at the nominal level.
    critical
        The p value that no more than the nominal level of these series reach.
    smallest
        The smallest change that is found with the wanted chance at that critical value; None where even
        a change of 20 standard deviations is not.
    """

    size: float
    critical: float
    smallest: float | None


def known_date_power(
    orders: Indices,
    before: int,
    rho: float,
    deviation: float,
    power: float = 0.8,
    level: float = 0.05,
    draws: int = 2000,
    seed: int = 1,
) -> Power:
    """Find the smallest change of the mean that the test of a known day would find, by simulation.

    Series are first-order autoregressions with a step at the known place. So that a test which
    rejects too often is not called powerful, power is counted at a p value that holds the level on the same series
    without a step.

    Parameters
    ----------
    orders, before
        As of :func:`coordination_gap.scorecard.change.known_date`; the series have their length. The first
        :data:`MOST_ORDERS` are used.
    rho, deviation
        As of :func:`autoregression`.
    power
        Wanted chance to find the change, between 0 and 1.
    level
        Of the test, between 0 and 1.
    draws, seed
        Series to simulate, and their seed.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    checks.inner_probability(power, "power")
    checks.inner_probability(level, "level")
    orders = orders[:MOST_ORDERS]
    length = orders.shape[1]
    noise = autoregression(length, rho, deviation, draws, seed)
    tested_values(noise[0], before, orders)
    step = (np.arange(length) >= before).astype(float)
    own, moved = contrast(length, before), moved_contrast(orders, before)
    noise_own, noise_moved = noise @ own, noise @ moved.T
    step_own, step_moved = step @ own, moved @ step

    def p_values(change: float) -> Array:
        as_far = (
            np.abs(noise_moved + change * step_moved) >= np.abs(noise_own + change * step_own)[:, None] * JUST_BELOW
        )
        return np.asarray((as_far.sum(axis=1) + 1) / (len(orders) + 1))

    without = np.sort(p_values(0.0))
    # The largest p value that at most `level` of the series without a change reach.
    reached = np.searchsorted(without, np.unique(without), side="right") / draws
    allowed = np.unique(without)[reached <= level]
    critical = float(allowed[-1]) if len(allowed) else 0.0

    def found(change: float) -> bool:
        return bool((p_values(change) <= critical).mean() >= power)

    return Power(float((without <= level).mean()), critical, _smallest(found, 20 * deviation))


def _smallest(found: Callable[[float], bool], most: float) -> float | None:
    if most == 0 or not found(most):
        return None
    low, high = 0.0, most
    while high - low > most / 2000:
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high
