r"""All tests across events, gathered: for each session, and for the window as a whole.

The columns ``kolari_pynnonen`` and so on hold the statistic, ``kolari_pynnonen_p`` its
two-sided p value. What each computes, by which degrees of freedom and which standard
deviation, stands with its function, named as the column, in
:mod:`coordination_gap.market.cross_section`, :mod:`coordination_gap.market.standardised` and
:mod:`coordination_gap.market.rank_test`.
"""

from typing import Any

import numpy as np
import pandas as pd

from coordination_gap.market import cross_section as plain
from coordination_gap.market.cross_section import Floats
from coordination_gap.market.rank_test import corrado_rank
from coordination_gap.market.standardised import bmp, kolari_pynnonen, mean_correlation, patell

#: Names of the tests, in the order of the columns.
TESTS = (
    "brown_warner_1980",
    "brown_warner_1985",
    "cross_sectional",
    "patell",
    "bmp",
    "kolari_pynnonen",
    "sign",
    "generalised_sign",
    "wilcoxon",
    "corrado_rank",
)


def session_tests(
    abnormal: pd.DataFrame,
    error: pd.DataFrame,
    residuals: pd.DataFrame,
    observations: "pd.Series[float]",
    sessions: pd.DataFrame,
) -> pd.DataFrame:
    """Return every test across events for each session of the event window.

    Parameters
    ----------
    abnormal, error
        Abnormal returns and their standard errors, event × offset; NaN where missing.
    residuals
        Event × offset of the estimation window.
    observations
        Usable estimation days of each event.
    sessions
        Calendar day of each offset of both windows as a number, event × offset.

    Returns
    -------
    pandas.DataFrame
        By offset: ``events`` (with a value), ``mean`` and ``median`` (fractions), ``positive``
        (events above zero), ``correlation`` (the mean over pairs, for Kolari and Pynnönen), and
        for each of :data:`TESTS` the statistic and ``…_p``. NaN where there are fewer than
        two events, or where a test has no value.
    """
    values, errors, before = (_floats(frame) for frame in (abnormal, error, residuals))
    days = _floats(observations)
    estimated, studied = _split(sessions, before.shape[1])
    correlation = np.array(
        [
            mean_correlation(before[present], estimated[present], _shared(studied[present, column : column + 1]))
            for column in range(values.shape[1])
            for present in [np.isfinite(values[:, column])]
        ]
    )
    found = {
        "brown_warner_1980": plain.brown_warner_1980(values, before),
        "brown_warner_1985": plain.brown_warner_1985(values, before),
        "cross_sectional": plain.cross_sectional(values),
        "patell": patell(values, errors, days),
        "bmp": bmp(values, errors),
        "kolari_pynnonen": kolari_pynnonen(values, errors, correlation),
        "sign": plain.sign(values),
        "generalised_sign": plain.generalised_sign(values, before),
        "wilcoxon": plain.wilcoxon(values),
        "corrado_rank": corrado_rank(values, before),
    }
    return _frame(values, correlation, found, abnormal.columns)


def window_tests(
    abnormal: pd.DataFrame,
    car: "pd.Series[float]",
    car_error: "pd.Series[float]",
    residuals: pd.DataFrame,
    observations: "pd.Series[float]",
    sessions: pd.DataFrame,
) -> "pd.Series[float]":
    r"""Return every test across events for the cumulative abnormal return of the event window.

    As :func:`session_tests`, with the CAR and its standard error in the places of the
    abnormal return and its own, and *L* sessions in the window: the standard deviations of
    the two tests of Brown and Warner are multiplied by :math:`\sqrt L`, the rank test sums
    over the window, the generalised sign test keeps the daily share of positive residuals,
    and two events' correlation counts with the share of sessions that they have in common.
    Events without a CAR are left out of all but the rank test.
    """
    errors, before = _floats(car_error)[:, None], _floats(residuals)
    values = np.where(np.isfinite(errors), _floats(car)[:, None], np.nan)
    widened = np.sqrt(abnormal.shape[1]) * before
    estimated, studied = _split(sessions, before.shape[1])
    present = np.isfinite(values[:, 0])
    correlation = np.array([mean_correlation(before[present], estimated[present], _shared(studied[present]))])
    found = {
        "brown_warner_1980": plain.brown_warner_1980(values, widened),
        "brown_warner_1985": plain.brown_warner_1985(values, widened),
        "cross_sectional": plain.cross_sectional(values),
        "patell": patell(values, errors, _floats(observations)),
        "bmp": bmp(values, errors),
        "kolari_pynnonen": kolari_pynnonen(values, errors, correlation),
        "sign": plain.sign(values),
        "generalised_sign": plain.generalised_sign(values, before),
        "wilcoxon": plain.wilcoxon(values),
        "corrado_rank": corrado_rank(_floats(abnormal), before, cumulative=True),
    }
    return _frame(values, correlation, found, pd.Index(["car"])).iloc[0]


def _floats(values: "pd.DataFrame | pd.Series[Any]") -> Floats:
    return np.asarray(values, dtype=np.float64)


def _split(sessions: pd.DataFrame, estimated: int) -> tuple[Floats, Floats]:
    """Return the days of both windows; a day not known becomes one that no other event has."""
    days = _floats(sessions)
    unknown = np.isnan(days)
    days = np.where(unknown, -1.0 - np.arange(days.size).reshape(days.shape), days)
    return days[:, :estimated], days[:, estimated:]


def _shared(days: Floats) -> Floats:
    """Return the share of sessions that each two events have on the same calendar day, event × event."""
    return np.array([[np.isin(left, right).mean() for right in days] for left in days]).reshape(len(days), len(days))


def _frame(
    values: Floats, correlation: Floats, found: dict[str, tuple[Floats, Floats]], index: "pd.Index[int] | pd.Index[str]"
) -> pd.DataFrame:
    count = np.count_nonzero(np.isfinite(values), axis=0)
    with np.errstate(invalid="ignore"):
        positive = np.count_nonzero(values > 0, axis=0)
    columns = {
        "events": count,
        "mean": plain.mean(values),
        "median": pd.DataFrame(values).median().to_numpy(),
        "positive": positive,
        "correlation": correlation,
    }
    for name in TESTS:
        columns[name], columns[f"{name}_p"] = found[name]
    return pd.DataFrame(columns, index=index)
