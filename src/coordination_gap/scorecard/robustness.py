"""What both tests of a change can do, over a range of correlations that a short series leaves open."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from coordination_gap import checks
from coordination_gap.scorecard.blocks import Indices, lag_one
from coordination_gap.scorecard.change import known_date
from coordination_gap.scorecard.persistence import autoregression, difference_deviation, process_deviation
from coordination_gap.scorecard.power import Power, any_date_power, known_date_power


@dataclass(frozen=True)
class AtCorrelation:
    """What holds of a series and its tests if it is a first-order autoregression of one correlation.

    Attributes
    ----------
    rho
        The correlation.
    known, any_date
        Size and power of the test of the known day and of that of any day.
    smallest
        The smallest change that a test of the known day would find with the wanted chance if the correlation and the
        spread were known: (z of the level + z of the power) standard deviations of the difference of means.
    low, high
        Ends of the interval of the difference of means, by the normal law with that standard deviation.
    sample_below
        Share of such series whose sample correlation lies below that of the series at hand.
    """

    rho: float
    known: Power
    any_date: Power
    smallest: float
    low: float
    high: float
    sample_below: float


def at_correlation(
    series: npt.ArrayLike,
    before: int,
    orders: Indices,
    rho: float,
    power: float = 0.8,
    confidence: float = 0.95,
    seed: int = 1,
    draws: int = 1000,
) -> AtCorrelation:
    """Return what holds of a series and of its tests at one correlation.

    The spread is that at which such series have the sample variance of the series at hand on average; a change in the
    series counts as spread here, so intervals are rather too wide than too narrow.

    Parameters
    ----------
    series, before, orders
        As of :func:`coordination_gap.scorecard.known_date`.
    rho
        The correlation, 0 or more and below 1.
    power, confidence
        Chance to find a change, and level of the interval; tests take 1 less it as their level.
    seed, draws
        Of the simulations: their seed, and series drawn.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    checks.inner_probability(power, "power")
    checks.inner_probability(confidence, "confidence")
    values = np.asarray(series, dtype=float)
    found, level = known_date(values, before, orders).difference, round(1 - confidence, 12)
    deviation = process_deviation(values, rho)
    scatter = difference_deviation(len(values), before, rho, deviation)
    z = float(stats.norm.ppf(1 - level / 2))
    shared = (orders, before, rho, deviation, power, level, draws, seed, values)
    drawn = autoregression(len(values), rho, 1.0, draws, seed)
    return AtCorrelation(
        rho=rho,
        known=known_date_power(*shared),
        any_date=any_date_power(*shared),
        smallest=(z + float(stats.norm.ppf(power))) * scatter,
        low=found - z * scatter,
        high=found + z * scatter,
        sample_below=float(np.mean([lag_one(row) < lag_one(values) for row in drawn])),
    )
