r"""Tests of whether the average abnormal return of several events differs from zero, one session at a time.

Each function takes arrays of floats, event × session, in which NaN marks a missing value,
and returns one statistic and one two-sided p value a session. What is missing is left
out: :math:`N_t` counts the events with a value in session *t*, and an event without a
fitted model counts nowhere. Below two such events a statistic is NaN.

Notation: :math:`A_{it}` is the abnormal return of event *i* in session *t* of the event
window, :math:`e_{id}` its residual on day *d* of its estimation window, which has
:math:`n_i` usable days. A standard deviation "with n − 1" divides the sum of squared
deviations from the mean by one less than their number.

The tests, and what they take for granted:

==================== ======================================================= =================================
test                 needs                                                   p value from
==================== ======================================================= =================================
brown_warner_1980    independent events, a variance that news does not raise standard normal
brown_warner_1985    a variance that news does not raise                     Student's t, estimation days − 1
cross_sectional      independent events                                      Student's t, :math:`N_t - 1`
sign                 independent events, median zero                         exact binomial
generalised_sign     independent events                                      standard normal
wilcoxon             independent events, symmetric about zero                exact below 51 events without ties
==================== ======================================================= =================================

Standardised tests (Patell; Boehmer, Musumeci and Poulsen; Kolari and Pynnönen) stand in
:mod:`coordination_gap.market.standardised`, the rank test in :mod:`coordination_gap.market.rank_test`.
"""

import warnings

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]


def brown_warner_1980(abnormal: Floats, residuals: Floats) -> tuple[Floats, Floats]:
    r"""Return the test of Brown and Warner (1980) for independent events.

    .. math:: z_t = \frac{\sum_i A_{it}}{\sqrt{\sum_i s_i^2}}

    with :math:`s_i` the standard deviation, with n − 1, of the event's own residuals in its
    estimation window. Sums run over the :math:`N_t` events present in session *t*. With
    many residuals behind it the statistic is standard normal.
    """
    present = np.isfinite(abnormal)
    variances = np.where(present, _variance(residuals, axis=1)[:, None], 0.0)
    statistic = _ratio(_sums(abnormal), np.sqrt(variances.sum(axis=0)), enough(abnormal))
    return statistic, normal_p(statistic)


def brown_warner_1985(abnormal: Floats, residuals: Floats) -> tuple[Floats, Floats]:
    r"""Return the test of Brown and Warner (1985), which allows the events to move together.

    .. math:: t_t = \frac{\bar A_t}{s(\bar e)}

    with :math:`s(\bar e)` the standard deviation, with n − 1, over the estimation days of the
    residuals' mean across the events present that day ("crude dependence adjustment").
    Student's t with the estimation days less one.
    """
    means = mean(residuals)
    days = int(np.count_nonzero(np.isfinite(means)))
    statistic = _ratio(mean(abnormal), np.sqrt(_variance(means[None, :], axis=1)), enough(abnormal))
    return statistic, student_p(statistic, days - 1)


def cross_sectional(abnormal: Floats) -> tuple[Floats, Floats]:
    r"""Return Student's t of the mean, :math:`\bar A_t \sqrt{N_t} / s_t`, with the events' :math:`s_t`, with n − 1."""
    count = np.count_nonzero(np.isfinite(abnormal), axis=0)
    statistic = _ratio(mean(abnormal) * np.sqrt(count), np.sqrt(_variance(abnormal, axis=0)), enough(abnormal))
    return statistic, student_p(statistic, count - 1)


def sign(abnormal: Floats) -> tuple[Floats, Floats]:
    r"""Return the sign test: :math:`z_t = (w_t - N_t/2) / \sqrt{N_t/4}` with :math:`w_t` positive abnormal returns.

    A return of exactly zero is not positive. The p value is that of the exact two-sided
    binomial test, not the normal one of *z*: with few events it rejects less often than
    its level.
    """
    count, positive = _signs(abnormal)
    statistic = _ratio(positive - count / 2, np.sqrt(count / 4), enough(abnormal))
    chances = [
        stats.binomtest(int(w), int(n)).pvalue if n > 1 else np.nan for w, n in zip(positive, count, strict=True)
    ]
    return statistic, np.array(chances, dtype=float)


def generalised_sign(abnormal: Floats, residuals: Floats) -> tuple[Floats, Floats]:
    r"""Return the generalised sign test of Cowan (1992).

    .. math:: z_t = \frac{w_t - N_t \hat p}{\sqrt{N_t \hat p (1 - \hat p)}}

    with :math:`\hat p` the mean over the events of the share of positive residuals in their
    estimation windows, so that skewed returns do not pass for an effect. Standard normal.
    """
    count, positive = _signs(abnormal)
    known = np.isfinite(residuals)
    days = known.sum(axis=1)
    with np.errstate(invalid="ignore"):
        shares = np.where(days > 0, (residuals > 0).sum(axis=1) / np.maximum(days, 1), np.nan)
    chance = mean(np.where(np.isfinite(abnormal), shares[:, None], np.nan))
    statistic = _ratio(positive - count * chance, np.sqrt(count * chance * (1 - chance)), enough(abnormal))
    return statistic, normal_p(statistic)


def wilcoxon(abnormal: Floats) -> tuple[Floats, Floats]:
    r"""Return the signed-rank test of Wilcoxon (1945): the sum of the ranks of the positive abnormal returns.

    Ranks are those of the absolute values among the :math:`N_t` events, ties by their mean,
    zeros left out. The p value is :func:`scipy.stats.wilcoxon`'s: exact up to 50 events
    without ties or zeros, otherwise normal.
    """
    statistic, chance = (np.full(abnormal.shape[1], np.nan) for _ in range(2))
    for column in np.flatnonzero(enough(abnormal)):
        values = abnormal[np.isfinite(abnormal[:, column]), column]
        values = values[values != 0]
        if len(values) < 2:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # few events: the exact law is used, which needs no approximation
            found = stats.wilcoxon(values, alternative="greater")
            chance[column] = stats.wilcoxon(values).pvalue
        statistic[column] = found.statistic
    return statistic, chance


def mean(values: Floats) -> Floats:
    """Return the mean of each column over what is not missing; NaN where nothing is there."""
    count = np.count_nonzero(np.isfinite(values), axis=0)
    return _ratio(_sums(values), count.astype(float), count > 0)


def enough(abnormal: Floats) -> npt.NDArray[np.bool_]:
    """Say of each session whether at least two events have a value."""
    several: npt.NDArray[np.bool_] = np.count_nonzero(np.isfinite(abnormal), axis=0) > 1
    return several


def normal_p(statistic: Floats) -> Floats:
    """Return the two-sided p value of the standard normal law."""
    return np.asarray(2 * stats.norm.sf(np.abs(statistic)), dtype=float)


def student_p(statistic: Floats, freedom: npt.ArrayLike) -> Floats:
    """Return the two-sided p value of Student's t."""
    return np.asarray(2 * stats.t.sf(np.abs(statistic), np.maximum(freedom, 1)), dtype=float)


def _signs(abnormal: Floats) -> tuple[Floats, Floats]:
    count = np.count_nonzero(np.isfinite(abnormal), axis=0).astype(float)
    with np.errstate(invalid="ignore"):
        return count, np.count_nonzero(abnormal > 0, axis=0).astype(float)


def _sums(values: Floats) -> Floats:
    return np.asarray(np.nansum(values, axis=0), dtype=float)


def _variance(values: Floats, axis: int) -> Floats:
    """Return the variance with n − 1 along an axis over what is not missing; NaN below two values."""
    count = np.count_nonzero(np.isfinite(values), axis=axis)
    centre = np.nansum(values, axis=axis) / np.maximum(count, 1)
    squares = np.nansum((values - np.expand_dims(centre, axis)) ** 2, axis=axis)
    return np.where(count > 1, squares / np.maximum(count - 1, 1), np.nan)


def _ratio(above: Floats, below: Floats, sensible: npt.NDArray[np.bool_]) -> Floats:
    """Return a quotient, NaN where it is not sensible or there is nothing to divide by."""
    good = sensible & (below > 0) & np.isfinite(below)
    return np.where(good, above / np.where(good, below, 1.0), np.nan)
