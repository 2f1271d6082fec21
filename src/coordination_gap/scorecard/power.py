"""How often a test finds a change where there is none, and how large a change it could have found, by simulation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coordination_gap import checks
from coordination_gap.scorecard.blocks import Array, Indices
from coordination_gap.scorecard.change import (
    JUST_BELOW,
    contrast,
    known_date,
    moved_contrast,
    tested_values,
    unknown_date,
)
from coordination_gap.scorecard.persistence import autoregression

#: Orders that a simulation of power uses: more cost time and hardly change it.
MOST_ORDERS = 2000
#: The same where each order costs a search over all places.
MOST_ANY_DATE_ORDERS = 499


@dataclass(frozen=True)
class Power:
    """What a test can do on simulated series like the one at hand.

    Attributes
    ----------
    size
        How often it finds a change where there is none, at the nominal level.
    critical
        The p value that no more than the nominal level of these series reach; 0 where none is that rare.
    smallest
        The smallest change that is found with the wanted chance at that critical value; None where even
        a change of 20 standard deviations is not.
    as_small
        Share of these series, without any change, whose p value is as small as that of the series at hand;
        None where none was given.
    """

    size: float
    critical: float
    smallest: float | None
    as_small: float | None


def known_date_power(
    orders: Indices,
    before: int,
    rho: float,
    deviation: float,
    power: float = 0.8,
    level: float = 0.05,
    draws: int = 2000,
    seed: int = 1,
    series: npt.ArrayLike | None = None,
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
        As of :func:`coordination_gap.scorecard.autoregression`.
    power
        Wanted chance to find the change, between 0 and 1.
    level
        Of the test, between 0 and 1.
    draws, seed
        Series to simulate, and their seed.
    series
        The series at hand, for ``as_small``; its p value is taken by the orders that the simulation uses.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
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

    p = None if series is None else known_date(series, before, orders).p
    return _power(p_values, 20 * deviation, power, level, p)


def any_date_power(
    orders: Indices,
    before: int,
    rho: float,
    deviation: float,
    power: float = 0.8,
    level: float = 0.05,
    draws: int = 1000,
    seed: int = 1,
    series: npt.ArrayLike | None = None,
) -> Power:
    """Find the smallest change that Pettitt's test by blocks would find, by simulation.

    Series, step and critical value are those of :func:`known_date_power`; the test does not know the place.

    Parameters
    ----------
    orders, before, rho, deviation, power, level, draws, seed, series
        As of :func:`known_date_power`; the first :data:`MOST_ANY_DATE_ORDERS` orders are used.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    orders = orders[:MOST_ANY_DATE_ORDERS]
    noise = autoregression(orders.shape[1], rho, deviation, draws, seed)
    tested_values(noise[0], before, orders)
    step = (np.arange(orders.shape[1]) >= before).astype(float)

    def p_values(change: float) -> Array:
        return np.array([unknown_date(row, orders).p for row in noise + change * step])

    p = None if series is None else unknown_date(series, orders).p
    return _power(p_values, 20 * deviation, power, level, p)


def _power(p_values: Callable[[float], Array], most: float, power: float, level: float, p: float | None) -> Power:
    checks.inner_probability(power, "power")
    checks.inner_probability(level, "level")
    without = np.sort(p_values(0.0))
    # The largest p value that at most `level` of the series without a change reach.
    reached = np.searchsorted(without, np.unique(without), side="right") / len(without)
    allowed = np.unique(without)[reached <= level]
    critical = float(allowed[-1]) if len(allowed) else 0.0

    def found(change: float) -> bool:
        return bool((p_values(change) <= critical).mean() >= power)

    smallest = _smallest(found, most) if critical else None
    as_small = None if p is None else float((without <= p).mean())
    return Power(float((without <= level).mean()), critical, smallest, as_small)


def _smallest(found: Callable[[float], bool], most: float) -> float | None:
    if most == 0 or not found(most):
        return None
    low, high = 0.0, most
    while high - low > most / 1000:
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high
