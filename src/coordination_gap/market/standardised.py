r"""Tests on abnormal returns standardised by their own forecast errors.

Notation as in :mod:`coordination_gap.market.cross_section`. A standardised abnormal return
is :math:`S_{it} = A_{it} / s(A_{it})`, its standard error that of a forecast: the
residuals' standard deviation, with the degrees of freedom that
:func:`coordination_gap.market.event_study` was given, times the square root of one plus
the uncertainty of the model. For a window, abnormal returns and errors are those of the
cumulative abnormal return.
"""

import numpy as np

from coordination_gap.market.cross_section import Floats, cross_sectional, enough, normal_p, student_p


def patell(abnormal: Floats, error: Floats, observations: Floats) -> tuple[Floats, Floats]:
    r"""Return the test of Patell (1976).

    .. math:: z_t = \frac{\sum_i S_{it}}{\sqrt{\sum_i (n_i - 2) / (n_i - 4)}}

    The denominator is the standard deviation of a sum of independent Student t variables
    with :math:`n_i - 2` degrees of freedom. It takes for granted that events are independent
    and that news does not raise the variance. Standard normal.

    Parameters
    ----------
    abnormal, error
        Abnormal returns and their standard errors, event × session.
    observations
        Usable estimation days of each event, :math:`n_i`, above 4.
    """
    standardised = abnormal / error
    present = np.isfinite(standardised)
    variances = np.where(present, ((observations - 2) / (observations - 4))[:, None], 0.0).sum(axis=0)
    sums = np.nansum(standardised, axis=0)
    statistic = np.where(enough(standardised), sums / np.sqrt(np.where(variances > 0, variances, 1.0)), np.nan)
    return statistic, normal_p(statistic)


def bmp(abnormal: Floats, error: Floats) -> tuple[Floats, Floats]:
    r"""Return the test of Boehmer, Musumeci and Poulsen (1991).

    .. math:: t_t = \bar S_t \sqrt{N_t} / s(S_t)

    with :math:`s(S_t)` across events, with n − 1, so that news may raise the variance.
    Student's t with :math:`N_t - 1` degrees of freedom.
    """
    return cross_sectional(abnormal / error)


def kolari_pynnonen(abnormal: Floats, error: Floats, correlation: Floats) -> tuple[Floats, Floats]:
    r"""Return the test of Kolari and Pynnönen (2010): BMP for events that move together.

    .. math:: t_t^{KP} = t_t^{BMP} \sqrt{\frac{1 - \bar r_t}{1 + (N_t - 1) \bar r_t}}

    Parameters
    ----------
    abnormal, error
        Abnormal returns and their standard errors, event × session.
    correlation
        The mean correlation :math:`\bar r_t` over all pairs of the events present, a
        session; see :func:`mean_correlation`. NaN where the root has no value.
    """
    statistic, _ = bmp(abnormal, error)
    count = np.count_nonzero(np.isfinite(abnormal / error), axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = statistic * np.sqrt((1 - correlation) / (1 + (count - 1) * correlation))
    statistic = np.where(np.isfinite(statistic), statistic, np.nan)
    return statistic, student_p(statistic, count - 1)


def mean_correlation(residuals: Floats, days: Floats, shared: Floats) -> float:
    r"""Return the mean correlation of the events' abnormal returns over all pairs of events.

    Parameters
    ----------
    residuals
        Event × estimation day.
    days
        The calendar day of each residual, as a number; residuals are correlated over the
        calendar days that two events have in common.
    shared
        Event × event: the share of the studied sessions that two events have on the same
        calendar day. The correlation of a pair counts with that share, since abnormal
        returns of different days are taken as independent.

    Returns
    -------
    float
        Zero where no pair shares a session; NaN below two events.
    """
    events = len(residuals)
    if events < 2:
        return float("nan")
    total = 0.0
    for left in range(events):
        for right in range(left):
            if shared[left, right] > 0:
                total += shared[left, right] * _correlation(residuals, days, left, right)
    return total / (events * (events - 1) / 2)


def _correlation(residuals: Floats, days: Floats, left: int, right: int) -> float:
    """Return the correlation of two events' residuals over common calendar days, zero if fewer than three."""
    _, here, there = np.intersect1d(days[left], days[right], return_indices=True)
    one, other = residuals[left, here], residuals[right, there]
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < 3 or np.ptp(one[both]) == 0 or np.ptp(other[both]) == 0:
        return 0.0
    return float(np.corrcoef(one[both], other[both])[0, 1])
