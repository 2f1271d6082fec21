r"""Placebo days: the same measurement on other days of the estimation window.

These days are not free of news: the share's own results fall on some of them. A placebo says
how far the measurement strays on days like those before the event, news and all.

Each placebo takes sessions of the estimation window for the event window, and fits the
model to the other sessions of the estimation window. So a placebo's abnormal return is a
forecast error like the event's, from one window's length fewer sessions.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from coordination_gap.market import controls
from coordination_gap.market.event_study import EventStudy, event_study, study_returns
from coordination_gap.market.event_tests import TESTS
from coordination_gap.market.returns import price_panel, simple_returns


@dataclass(frozen=True)
class Placebo:
    """One event, or the mean of several, among its placebos.

    Attributes
    ----------
    draws
        A row a placebo: ``offset`` of its first session, ``car`` (a fraction) and ``t``.
    car, t
        The event's own; of several events, the mean and a statistic of it.
    """

    draws: pd.DataFrame
    car: float
    t: float

    @property
    def as_far(self) -> int:
        """How many placebos lie at least as far from zero as the event, by *t*."""
        return int((self.draws["t"].abs() >= abs(self.t)).sum())

    @property
    def p(self) -> float:
        """Two-sided p value, (k + 1) / (n + 1) with k of n placebos as far from zero; NaN without the event's *t*."""
        return float("nan") if np.isnan(self.t) else (self.as_far + 1) / (len(self.draws) + 1)


def placebo(
    windows: pd.DataFrame,
    event_id: str,
    asset: str = "googl",
    market: str | tuple[str, ...] = "spy",
    estimation: tuple[int, int] = (-110, -11),
    window: tuple[int, int] = (0, 0),
    model: str = "market",
) -> Placebo:
    """Hold one event against every placebo window that fits into its estimation window.

    Arguments and errors are those of :func:`coordination_gap.market.event_study`, with
    `event_id` the event. Placebo windows have the event window's length and may overlap;
    one with a missing return is left out.
    """
    rows = windows[windows["event_id"] == event_id]
    if rows.empty:
        known = ", ".join(map(str, windows["event_id"].unique()))
        raise ValueError(f"event_id is {event_id!r}: the events are {known}")
    returns = simple_returns(price_panel(rows, asset, "asset"))
    control = controls.control_returns(rows, asset, market)
    own = study_returns(returns, control, estimation, window, model)
    length = window[1] - window[0] + 1
    drawn = []
    for start in range(estimation[0], estimation[1] - length + 2):
        study = _instead(returns, control, estimation, (start, start + length - 1), model, None)
        drawn.append((start, study.car[event_id], study.t[event_id]))
    draws = pd.DataFrame(drawn, columns=["offset", "car", "t"]).dropna().reset_index(drop=True)
    return Placebo(draws, float(own.car[event_id]), float(own.t[event_id]))


def pooled_placebo(
    windows: pd.DataFrame,
    asset: str = "googl",
    market: str | tuple[str, ...] = "spy",
    estimation: tuple[int, int] = (-110, -11),
    window: tuple[int, int] = (0, 0),
    model: str = "market",
    test: str = "bmp",
) -> Placebo:
    """Hold the mean of all events against the means of every placebo window, by one test's statistic.

    The event windows of all events are moved together. Arguments and errors are those of
    :func:`coordination_gap.market.event_study`, with `test` one of
    :data:`coordination_gap.market.TESTS` whose statistic is centred at zero.
    """
    if test not in TESTS or test == "wilcoxon":
        allowed = ", ".join(name for name in TESTS if name != "wilcoxon")
        raise ValueError(f"test is {test!r}: it is one of {allowed}")
    own = event_study(windows, asset, market, estimation, window, model).car_tests
    found = _moved_together(windows, asset, market, estimation, window, model, step=1)
    draws = found.rename(columns={"mean": "car", test: "t"})[["offset", "car", "t"]].dropna().reset_index(drop=True)
    return Placebo(draws, float(own["mean"]), float(own[test]))


def nominal_size(
    windows: pd.DataFrame,
    asset: str = "googl",
    market: str | tuple[str, ...] = "spy",
    estimation: tuple[int, int] = (-110, -11),
    window: tuple[int, int] = (0, 0),
    model: str = "market",
    level: float = 0.05,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Count how often each test across events rejects on placebo days, where it should at its level.

    The event windows of all events are moved together to each window of the estimation
    window, without overlap. Where a test rejects more often than its level says, beyond
    what chance gives, its p values are too small for these events.

    Parameters
    ----------
    windows, asset, market, estimation, window, model
        As for :func:`coordination_gap.market.event_study`.
    level
        Of the tests, between 0 and 1.
    confidence
        Of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        By test: ``placebos``, ``rejections``, ``share``, its exact binomial interval ``low``
        and ``high`` (Clopper and Pearson), and ``holds``, whether the level lies in it.

    Raises
    ------
    ValueError
        If `level` or `confidence` is not between 0 and 1, or as :func:`event_study` does.
    """
    for name, value in (("level", level), ("confidence", confidence)):
        if not 0 < value < 1:
            raise ValueError(f"{name} is {value}: it must lie between 0 and 1")
    tests = _moved_together(windows, asset, market, estimation, window, model, step=window[1] - window[0] + 1)
    rows = []
    for name in TESTS:
        chances = tests[f"{name}_p"].dropna()
        rejections = int((chances <= level).sum())
        low, high = (
            stats.binomtest(rejections, len(chances)).proportion_ci(confidence) if len(chances) else (np.nan, np.nan)
        )
        share = rejections / len(chances) if len(chances) else np.nan
        rows.append((len(chances), rejections, share, low, high, bool(low <= level <= high)))
    columns = ["placebos", "rejections", "share", "low", "high", "holds"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(TESTS, name="test"))


def _moved_together(
    windows: pd.DataFrame,
    asset: str,
    market: str | tuple[str, ...],
    estimation: tuple[int, int],
    window: tuple[int, int],
    model: str,
    step: int,
) -> pd.DataFrame:
    """Return the tests across events of placebo windows, a row a window that begins `step` after the one before."""
    returns = simple_returns(price_panel(windows, asset, "asset"))
    control = controls.control_returns(windows, asset, market)
    sessions = controls.session_numbers(windows, returns.columns)
    length = window[1] - window[0] + 1
    starts = range(estimation[0], estimation[1] - length + 2, step)
    found = pd.DataFrame(
        [
            _instead(returns, control, estimation, (start, start + length - 1), model, sessions).car_tests
            for start in starts
        ]
    )
    return found.assign(offset=list(starts))


def _instead(
    returns: pd.DataFrame,
    control: pd.DataFrame,
    estimation: tuple[int, int],
    window: tuple[int, int],
    model: str,
    sessions: pd.DataFrame | None,
) -> EventStudy:
    """Study a window inside the estimation window, with a model of the rest of it."""
    inside = range(window[0], window[1] + 1)
    return study_returns(returns, control, estimation, window, model, sessions=sessions, without=inside)
