r"""A prediction market's odds on a price, held against volatility: the lognormal law without drift."""

import math

import numpy as np
import pandas as pd
from scipy import optimize, stats

from coordination_gap.company.valuation import arguments

#: Sessions of a year, by which volatility is stated.
SESSIONS_PER_YEAR = 252


def probability_above(
    spot: float,
    strike: float,
    volatility: float,
    sessions: float,
    drift: float = 0.0,
    sessions_per_year: float = SESSIONS_PER_YEAR,
) -> float:
    r"""Return the chance that a price ends above a strike.

    :math:`N(d_2)` of Black and Scholes (1973), with
    :math:`d_2 = (\ln(S/K) + (\mu - \sigma^2/2) T) / (\sigma \sqrt T)`.

    Parameters
    ----------
    spot, strike
        In one currency, above 0.
    volatility
        :math:`\sigma`, the standard deviation of a year's log return, above 0.
    sessions, sessions_per_year
        Sessions to go, above 0, and those of a year; :math:`T` is their ratio.
    drift
        :math:`\mu`, a rate a year, compounded continuously; 0 is a price whose expectation is
        today's.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    for name, value in (("spot", spot), ("strike", strike), ("volatility", volatility), ("sessions", sessions)):
        arguments.positive(value, name)
    arguments.positive(sessions_per_year, "sessions_per_year")
    years = sessions / sessions_per_year
    spread = volatility * math.sqrt(years)
    return float(stats.norm.cdf((math.log(spot / strike) + drift * years) / spread - spread / 2))


def implied_volatility(
    probability: float, spot: float, strike: float, sessions: float, sessions_per_year: float = SESSIONS_PER_YEAR
) -> float:
    """Return the volatility at which a price ends above a strike with a given chance, without drift.

    The inverse of :func:`probability_above` for a strike below the spot price, where the
    chance falls throughout as volatility grows.

    Parameters
    ----------
    probability
        Above 0 and below 1.
    spot, strike, sessions, sessions_per_year
        As for :func:`probability_above`, with `strike` below `spot`.

    Returns
    -------
    float
        A year's standard deviation of log returns.

    Raises
    ------
    ValueError
        If an argument is out of its range, or `strike` is not below `spot`: there, none or two
        volatilities give the same chance.
    """
    if not 0 < probability < 1:
        raise ValueError(f"probability is {probability}: it must lie between 0 and 1")
    for name, value in (("spot", spot), ("strike", strike)):
        arguments.positive(value, name)
    if strike >= spot:
        raise ValueError(
            f"strike is {strike} and spot {spot}: the strike must be below the spot price, "
            "or none or two volatilities give the same chance"
        )

    def above(logarithm: float) -> float:
        chance = probability_above(spot, strike, math.exp(logarithm), sessions, 0.0, sessions_per_year)
        return chance - probability

    return float(math.exp(optimize.brentq(above, math.log(1e-6), math.log(1e4), xtol=1e-13)))


def realised_volatility(closes: "pd.Series[float]", sessions_per_year: float = SESSIONS_PER_YEAR) -> float:
    """Return the standard deviation of daily log returns, with n − 1 and about their mean, scaled to a year.

    Parameters
    ----------
    closes
        Adjusted closes of sessions in a row, at least three.

    Raises
    ------
    ValueError
        If there are fewer, or one is missing or not above 0.
    """
    prices = np.asarray(closes, dtype=float)
    if len(prices) < 3:
        raise ValueError(f"closes has {len(prices)} prices: at least 3 are needed")
    if not (np.isfinite(prices).all() and (prices > 0).all()):
        raise ValueError("closes has a price that is missing or not above 0: give closes of sessions without a gap")
    return float(np.log(prices[1:] / prices[:-1]).std(ddof=1) * math.sqrt(sessions_per_year))


def brier_score(probability: float, *, happened: bool) -> float:
    """Return the square of the distance between a stated chance and what happened: 0 is best, 1 worst (Brier, 1950).

    Raises
    ------
    ValueError
        If `probability` is not from 0 to 1.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"probability is {probability}: it must be from 0 to 1")
    return (probability - happened) ** 2


def realised_volatility_interval(volatility: float, returns: int, confidence: float = 0.95) -> tuple[float, float]:
    r"""Return where the volatility behind a realised one may lie, if log returns are normal and independent.

    :math:`\sigma \in \left[s \sqrt{(n-1)/\chi^2_{1-\alpha/2}},\; s \sqrt{(n-1)/\chi^2_{\alpha/2}}\right]`
    with *n* − 1 degrees of freedom: the textbook interval of a normal variance. Returns whose
    tails are heavier than normal make it too narrow.

    Parameters
    ----------
    volatility
        *s*, from :func:`realised_volatility`, above 0; the interval is in its unit.
    returns
        *n*, the returns that it was made of, one less than the closes; at least 2.
    confidence
        Above 0 and below 1.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    arguments.positive(volatility, "volatility")
    if returns < 2:
        raise ValueError(f"returns is {returns}: at least 2 are needed")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}: it must lie between 0 and 1")
    ends = stats.chi2.ppf([(1 + confidence) / 2, (1 - confidence) / 2], returns - 1)
    low, high = volatility * np.sqrt((returns - 1) / ends)
    return float(low), float(high)
