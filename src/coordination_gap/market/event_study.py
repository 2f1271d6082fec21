r"""Event study: what shares did beyond what the market explains, event by event and on average.

Model and tests of one event follow Campbell, Lo and MacKinlay (1997), chapter 4, sections
4.3 and 4.4. For one event, the market model

.. math:: R_\tau = \alpha + \beta R^m_\tau + \varepsilon_\tau

is fitted by ordinary least squares to the returns of the estimation window, with ``n``
usable sessions. The abnormal return of a session in the event window is the forecast
error :math:`R_\tau - \hat\alpha - \hat\beta R^m_\tau`; the cumulative abnormal return
(CAR) is the sum over the event window. Under the market-adjusted model alpha is 0 and
beta 1, and nothing is fitted.

Conventions:

- *Returns* are simple returns of adjusted closes; see :mod:`coordination_gap.market.returns`.
- *Offsets* count sessions from the event's first session, 0. A window ``(0, 1)`` holds both ends.
- *Standard deviation*: ``residual_sd`` is :math:`s = \sqrt{RSS / (n - 2)}`, since two
  parameters were fitted; ``residual_freedom=1`` divides by ``n - 1`` instead, as some
  packages do. Under the market-adjusted model it is that about the mean, with ``n - 1``.
- *Forecast errors*: with :math:`X` the regressors (one, market return) of the estimation
  window and :math:`X^*` those of the event window, the abnormal returns have the covariance
  :math:`s^2 (I + X^* (X'X)^{-1} X^{*\prime})`. The square roots of its diagonal are the
  standard errors of the sessions; the square root of the sum of all its elements is that of
  the CAR. The second term carries the uncertainty of alpha and beta.
- *Tests of one event*: ``t`` is the estimate over its standard error; two-sided p values and
  intervals take Student's t with the residuals' degrees of freedom. They are exact if the
  errors of both windows are independent and normal with one variance. Days of news tend to
  vary more than others, and a single event cannot show by how much.
- *Tests across events*: ``tests`` and ``car_tests``; their conventions stand with
  :func:`coordination_gap.market.event_tests.session_tests`.
- *Missing days*: a missing price makes its own return and the next one's missing. In the
  estimation window such sessions are left out and ``observations`` counts the rest; fewer
  than 30 usable sessions leave the event without a fit. In the event window a session
  without both returns has no abnormal return, and the event has no CAR: ``gaps`` says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from coordination_gap.market import controls, event_tests
from coordination_gap.market.market_model import MINIMUM_SESSIONS, MarketModel, fit_market_model, market_adjusted
from coordination_gap.market.returns import price_panel, simple_returns

#: The models of the expected return.
MODELS = ("market", "market-adjusted")


@dataclass(frozen=True)
class EventStudy:
    """Abnormal returns around events; conventions in the module's docstring.

    Attributes
    ----------
    asset, market
        The columns compared; several of the market's stand for their equally weighted mean.
    estimation, window
        First and last offset of the estimation and of the event window, in sessions.
    abnormal, abnormal_error
        Abnormal returns and their standard errors: event × offset of the event window.
    residuals
        The model's residuals: event × offset of the estimation window.
    model
        Per event: ``alpha``, ``beta``, ``residual_sd``, ``observations``, ``r_squared``.
    car, car_error
        Cumulative abnormal return of the event window, and its standard error, per event.
    freedom_used
        What is taken from the observations for the residuals' degrees of freedom.
    sessions
        The calendar day of each offset as a number, event × offset of both windows; NaN where
        it is not known, which counts as a day that no other event has.
    gaps
        Event to the reason why it has no CAR; events that have one are not in it.
    """

    asset: str
    market: str | tuple[str, ...]
    estimation: tuple[int, int]
    window: tuple[int, int]
    abnormal: pd.DataFrame
    abnormal_error: pd.DataFrame
    residuals: pd.DataFrame
    model: pd.DataFrame
    car: "pd.Series[float]"
    car_error: "pd.Series[float]"
    freedom_used: int
    sessions: pd.DataFrame
    gaps: dict[str, str]

    @property
    def degrees_of_freedom(self) -> "pd.Series[float]":
        """Degrees of freedom of each event's tests."""
        return self.model["observations"] - float(self.freedom_used)

    @property
    def t(self) -> "pd.Series[float]":
        """Student's t of each event's CAR."""
        return self.car / self.car_error

    @property
    def p(self) -> "pd.Series[float]":
        """Two-sided p value of each event's CAR."""
        return pd.Series(2 * stats.t.sf(self.t.abs(), self.degrees_of_freedom), index=self.car.index)

    @property
    def abnormal_t(self) -> pd.DataFrame:
        """Student's t of each abnormal return: event × offset."""
        return self.abnormal / self.abnormal_error

    @property
    def abnormal_p(self) -> pd.DataFrame:
        """Two-sided p value of each abnormal return: event × offset."""
        freedom = self.degrees_of_freedom.to_numpy()[:, None]
        return pd.DataFrame(
            2 * stats.t.sf(self.abnormal_t.abs(), freedom), index=self.abnormal.index, columns=self.abnormal.columns
        )

    @cached_property
    def tests(self) -> pd.DataFrame:
        """The tests across events of each session; see :func:`event_tests.session_tests`."""
        return event_tests.session_tests(
            self.abnormal, self.abnormal_error, self.residuals, self.model["observations"], self.sessions
        )

    @cached_property
    def car_tests(self) -> "pd.Series[float]":
        """The tests across events of the CAR; see :func:`event_tests.window_tests`."""
        return event_tests.window_tests(
            self.abnormal, self.car, self.car_error, self.residuals, self.model["observations"], self.sessions
        )

    def car_interval(self, confidence: float = 0.95) -> pd.DataFrame:
        """Return ``low`` and ``high`` of each event's CAR at a confidence between 0 and 1."""
        reach = self._quantile(confidence) * self.car_error
        return pd.DataFrame({"low": self.car - reach, "high": self.car + reach})

    def abnormal_interval(self, confidence: float = 0.95) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the low and the high ends for the abnormal returns, each event × offset."""
        reach = self.abnormal_error.mul(self._quantile(confidence), axis="index")
        return self.abnormal - reach, self.abnormal + reach

    def only(self, events: "pd.Index[str] | list[str]") -> "EventStudy":
        """Return the study of some of its events, in the order given.

        Raises
        ------
        ValueError
            If the study does not hold one of them.
        """
        for event in events:
            if event not in self.abnormal.index:
                raise ValueError(f"events holds {event!r}: the study's events are {', '.join(self.abnormal.index)}")
        rows = list(events)
        return EventStudy(
            self.asset, self.market, self.estimation, self.window, self.abnormal.loc[rows],
            self.abnormal_error.loc[rows], self.residuals.loc[rows], self.model.loc[rows], self.car[rows],
            self.car_error[rows], self.freedom_used, self.sessions.loc[rows],
            {event: reason for event, reason in self.gaps.items() if event in rows},
        )  # fmt: skip

    def _quantile(self, confidence: float) -> "pd.Series[float]":
        if not 0 < confidence < 1:
            raise ValueError(f"confidence is {confidence}: it must lie between 0 and 1")
        return pd.Series(stats.t.ppf(0.5 + confidence / 2, self.degrees_of_freedom), index=self.car.index)


def event_study(
    windows: pd.DataFrame,
    asset: str = "googl",
    market: str | tuple[str, ...] = "spy",
    estimation: tuple[int, int] = (-110, -11),
    window: tuple[int, int] = (0, 1),
    model: str = "market",
    residual_freedom: int = 2,
    *,
    without: Sequence[int] = (),
) -> EventStudy:
    """Measure abnormal returns around events.

    Parameters
    ----------
    windows
        Adjusted closes in US dollars around the events: ``event_id``, ``offset`` in
        sessions, ``session`` (the day; may be missing), and one price column per series;
        rows in any order.
    asset, market
        Column of the share, and of the control; several columns of controls stand for a
        portfolio of equal weights, set anew each session.
    estimation, window
        First and last offset, both included, of the estimation and of the event window.
        The first return of a window needs the close one session before it.
    model
        Of the expected return: ``"market"`` or ``"market-adjusted"``.
    residual_freedom
        For the market model: what is taken from the observations for the residuals'
        variance, 2 or 1.
    without
        Offsets to leave out of the estimation window, such as days of the share's own results.

    Returns
    -------
    EventStudy
        One row an event, in the order in which events first appear in `windows`.

    Raises
    ------
    ValueError
        If a column is unknown or holds no price at all, asset and market are the same, a window
        runs backwards, the estimation window is shorter than 30 sessions or reaches into the
        event window, an event has an offset twice, a ``session`` is no session of the
        exchange, or a price is not positive.
    """
    returns = simple_returns(price_panel(windows, asset, "asset"))
    control = controls.control_returns(windows, asset, market)
    sessions = controls.session_numbers(windows, returns.columns)
    return study_returns(
        returns,
        control,
        estimation,
        window,
        model,
        residual_freedom,
        sessions=sessions,
        without=without,
        asset=asset,
        market=market,
    )


def study_returns(
    returns: pd.DataFrame,
    control: pd.DataFrame,
    estimation: tuple[int, int],
    window: tuple[int, int],
    model: str = "market",
    residual_freedom: int = 2,
    *,
    sessions: pd.DataFrame | None = None,
    without: Sequence[int] = (),
    asset: str = "the asset",
    market: str | tuple[str, ...] = "the control",
) -> EventStudy:
    """Measure abnormal returns from returns that are at hand, such as those of several shares on the same days.

    Parameters
    ----------
    returns, control
        Returns as fractions, offset × event; NaN where there is none, as before a share's
        first day of trading. One column of `control` serves every event. Offsets are whole
        numbers: number the days of a calendar that all share.
    estimation, window, model, residual_freedom
        As for :func:`event_study`.
    sessions
        The calendar day of each return as a number, offset × event. Without it, all events
        share the calendar: one offset is the same day for each.
    without
        Offsets to leave out of the estimation window, which may then surround the event
        window, as for a placebo.
    asset, market
        What messages and the result call the two.

    Returns
    -------
    EventStudy
        One row a column of `returns`.

    Raises
    ------
    ValueError
        As :func:`event_study` does, or if `control` lacks an event.
    """
    _check_windows(estimation, window, without)
    if model not in MODELS:
        raise ValueError(f"model is {model!r}: it is one of {', '.join(MODELS)}")
    if residual_freedom not in (1, 2):
        raise ValueError(f"residual_freedom is {residual_freedom}: it is 1 or 2")
    control = controls.for_events(control, returns.columns)
    estimated = pd.Index(range(estimation[0], estimation[1] + 1), name="offset").difference(pd.Index(without))
    studied = pd.RangeIndex(window[0], window[1] + 1, name="offset")
    events = returns.columns
    asset_before, market_before, asset_during, market_during = (
        panel.reindex(offsets).to_numpy(dtype=float).T
        for offsets in (estimated, studied)
        for panel in (returns, control)
    )
    abnormal, errors = (np.full((len(events), len(studied)), np.nan) for _ in range(2))
    residuals = np.full((len(events), len(estimated)), np.nan)
    car, car_error = (np.full(len(events), np.nan) for _ in range(2))
    models: dict[str, MarketModel] = {}
    gaps: dict[str, str] = {}
    for row, event in enumerate(events):
        try:
            models[event] = fitted = _fit(asset_before[row], market_before[row], model, residual_freedom)
        except ValueError as error:
            gaps[event] = str(error)
            continue
        residuals[row] = fitted.abnormal(asset_before[row], market_before[row])
        abnormal[row] = fitted.abnormal(asset_during[row], market_during[row])
        covariance = fitted.covariance(market_during[row])
        absent = np.isnan(abnormal[row])
        errors[row] = np.where(absent, np.nan, np.sqrt(np.diag(covariance)))
        car[row] = abnormal[row].sum()
        car_error[row] = np.nan if absent.any() else np.sqrt(covariance.sum())
        if absent.any():
            gaps[event] = (
                f"no return of {asset} or {controls.label(market)} at offset {', '.join(map(str, studied[absent]))}"
            )
    offsets = estimated.append(studied)
    return EventStudy(
        asset=asset,
        market=market,
        estimation=estimation,
        window=window,
        abnormal=pd.DataFrame(abnormal, index=events, columns=studied),
        abnormal_error=pd.DataFrame(errors, index=events, columns=studied),
        residuals=pd.DataFrame(residuals, index=events, columns=estimated),
        model=_model_frame(models, events),
        car=pd.Series(car, index=events, name="car"),
        car_error=pd.Series(car_error, index=events, name="car_error"),
        freedom_used=residual_freedom if model == "market" else 1,
        sessions=_days(sessions, offsets, events),
        gaps=gaps,
    )


def _fit(asset: npt.ArrayLike, market: npt.ArrayLike, model: str, residual_freedom: int) -> MarketModel:
    return fit_market_model(asset, market, residual_freedom) if model == "market" else market_adjusted(asset, market)


def _days(sessions: pd.DataFrame | None, offsets: "pd.Index[int]", events: "pd.Index[str]") -> pd.DataFrame:
    if sessions is None:
        return pd.DataFrame(np.tile(offsets.to_numpy(dtype=float), (len(events), 1)), index=events, columns=offsets)
    return sessions.reindex(index=offsets, columns=events).T


def _model_frame(models: dict[str, MarketModel], events: "pd.Index[str]") -> pd.DataFrame:
    fields = ["alpha", "beta", "residual_sd", "observations", "r_squared"]
    rows = {event: [getattr(model, field) for field in fields] for event, model in models.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=fields).astype(float).reindex(events)


def _check_windows(estimation: tuple[int, int], window: tuple[int, int], without: Sequence[int]) -> None:
    for name, (first, last) in (("estimation", estimation), ("window", window)):
        if last < first:
            raise ValueError(f"{name} is ({first}, {last}): its last offset must not be before its first")
    length = estimation[1] - estimation[0] + 1
    if length < MINIMUM_SESSIONS:
        raise ValueError(f"estimation is {estimation}, {length} sessions: at least {MINIMUM_SESSIONS} are needed")
    if estimation[1] >= window[0] and not set(range(window[0], window[1] + 1)) <= set(without):
        raise ValueError(f"estimation is {estimation} and window {window}: the first must end before the second begins")
