r"""Event study by the market model: what a share did beyond what the market explains.

Model and tests follow Campbell, Lo and MacKinlay (1997), chapter 4, sections 4.3 and 4.4.
For one event, the market model

.. math:: R_\tau = \alpha + \beta R^m_\tau + \varepsilon_\tau

is fitted by ordinary least squares to the returns of the estimation window, with ``n``
usable sessions. The abnormal return of a session in the event window is the forecast
error :math:`R_\tau - \hat\alpha - \hat\beta R^m_\tau`; the cumulative abnormal return
(CAR) is the sum over the event window.

Conventions:

- *Returns* are simple returns of adjusted closes; see :mod:`coordination_gap.market.returns`.
- *Offsets* count sessions from the event's first session, 0. A window ``(0, 1)`` holds both ends.
- *Standard deviation*: ``residual_sd`` is :math:`s = \sqrt{RSS / (n - 2)}`, since two
  parameters were fitted.
- *Forecast errors*: with :math:`X` the regressors (one, market return) of the estimation
  window and :math:`X^*` those of the event window, the abnormal returns have the covariance
  :math:`s^2 (I + X^* (X'X)^{-1} X^{*\prime})`. The square roots of its diagonal are the
  standard errors of the sessions; the square root of the sum of all its elements is that of
  the CAR. The second term carries the uncertainty of alpha and beta.
- *Tests*: ``t`` is the estimate over its standard error; two-sided p values and intervals
  take Student's t with ``n - 2`` degrees of freedom. They are exact if the errors of both
  windows are independent and normal with one variance. Days of news tend to vary more than
  others, and a single event cannot show by how much.
- *Missing days*: a missing price makes its own return and the next one's missing. In the
  estimation window such sessions are left out and ``observations`` counts the rest; fewer
  than 30 usable sessions leave the event without a fit. In the event window a session
  without both returns has no abnormal return, and the event has no CAR: ``gaps`` says why.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from coordination_gap.market.returns import price_panel, simple_returns

#: Shortest estimation window in sessions, and the fewest usable sessions for a fit.
MINIMUM_SESSIONS = 30

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MarketModel:
    """The market model of one event, fitted to its estimation window.

    Attributes
    ----------
    alpha, beta
        Intercept (a return per session) and slope.
    residual_sd
        Standard deviation of the residuals, with ``observations - 2`` degrees of freedom.
    observations
        Sessions used.
    r_squared
        Share of the variance of the asset's returns that the market explains.
    inverse
        :math:`(X'X)^{-1}`, 2 × 2.
    """

    alpha: float
    beta: float
    residual_sd: float
    observations: int
    r_squared: float
    inverse: _Floats

    def abnormal(self, asset: _Floats, market: _Floats) -> _Floats:
        """Return the asset's returns less what the model expects; same shape, fractions."""
        return asset - self.alpha - self.beta * market

    def covariance(self, market: _Floats) -> _Floats:
        """Return the covariance of the forecast errors, given the market's returns of their sessions."""
        design = np.column_stack([np.ones_like(market), market])
        covariance: _Floats = self.residual_sd**2 * (np.eye(len(market)) + design @ self.inverse @ design.T)
        return covariance


def fit_market_model(asset: npt.ArrayLike, market: npt.ArrayLike) -> MarketModel:
    """Fit the market model by ordinary least squares.

    Parameters
    ----------
    asset, market
        Returns of the same sessions as fractions, one dimension; sessions where either
        is missing are left out.

    Raises
    ------
    ValueError
        If the shapes differ, fewer than 30 sessions are usable, the market did not move,
        or the market explains the asset without any residual.
    """
    left, right = np.asarray(asset, dtype=float), np.asarray(market, dtype=float)
    if left.shape != right.shape or left.ndim != 1:
        raise ValueError(f"asset and market have the shapes {left.shape} and {right.shape}: give two equal vectors")
    usable = np.isfinite(left) & np.isfinite(right)
    if usable.sum() < MINIMUM_SESSIONS:
        raise ValueError(
            f"the estimation window has {usable.sum()} sessions with both returns: "
            f"at least {MINIMUM_SESSIONS} are needed"
        )
    left, right = left[usable], right[usable]
    if np.ptp(right) == 0:
        raise ValueError("the market did not move in the estimation window: no slope can be fitted")
    fit = sm.OLS(left, sm.add_constant(right)).fit()
    if fit.mse_resid <= np.finfo(float).eps * np.mean(left**2):
        raise ValueError("the market explains the asset without residual: nothing is left to measure errors by")
    return MarketModel(
        alpha=float(fit.params[0]),
        beta=float(fit.params[1]),
        residual_sd=float(np.sqrt(fit.mse_resid)),
        observations=int(fit.nobs),
        r_squared=float(fit.rsquared),
        inverse=np.asarray(fit.normalized_cov_params, dtype=float),
    )


@dataclass(frozen=True)
class EventStudy:
    """Abnormal returns around events; conventions in the module's docstring.

    Attributes
    ----------
    asset, market
        The columns compared.
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
    gaps
        Event to the reason why it has no CAR; events that have one are not in it.
    """

    asset: str
    market: str
    estimation: tuple[int, int]
    window: tuple[int, int]
    abnormal: pd.DataFrame
    abnormal_error: pd.DataFrame
    residuals: pd.DataFrame
    model: pd.DataFrame
    car: "pd.Series[float]"
    car_error: "pd.Series[float]"
    gaps: dict[str, str]

    @property
    def degrees_of_freedom(self) -> "pd.Series[float]":
        """Degrees of freedom of each event's tests: observations less 2."""
        return self.model["observations"] - 2.0

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

    def car_interval(self, confidence: float = 0.95) -> pd.DataFrame:
        """Return ``low`` and ``high`` of each event's CAR at a confidence between 0 and 1."""
        reach = self._quantile(confidence) * self.car_error
        return pd.DataFrame({"low": self.car - reach, "high": self.car + reach})

    def abnormal_interval(self, confidence: float = 0.95) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the low and the high ends for the abnormal returns, each event × offset."""
        reach = self.abnormal_error.mul(self._quantile(confidence), axis="index")
        return self.abnormal - reach, self.abnormal + reach

    def _quantile(self, confidence: float) -> "pd.Series[float]":
        if not 0 < confidence < 1:
            raise ValueError(f"confidence is {confidence}: it must lie between 0 and 1")
        return pd.Series(stats.t.ppf(0.5 + confidence / 2, self.degrees_of_freedom), index=self.car.index)


def event_study(
    windows: pd.DataFrame,
    asset: str = "googl",
    market: str = "spy",
    estimation: tuple[int, int] = (-110, -11),
    window: tuple[int, int] = (0, 1),
) -> EventStudy:
    """Measure abnormal returns around events with the market model.

    Parameters
    ----------
    windows
        Adjusted closes in US dollars around the events: ``event_id``, ``offset`` in
        sessions, and one price column per series; rows in any order.
    asset, market
        Column of the share, and of the control.
    estimation, window
        First and last offset, both included, of the estimation and of the event window.
        The first return of a window needs the close one session before it.

    Returns
    -------
    EventStudy
        One row an event, in the order in which events first appear in `windows`.

    Raises
    ------
    ValueError
        If a column is unknown, asset and market are the same, a window runs backwards, the
        estimation window is shorter than 30 sessions or reaches into the event window, an
        event has an offset twice, or a price is not positive.
    """
    if asset == market:
        raise ValueError(f"market is {market!r}: it must differ from the asset")
    _check_windows(estimation, window)
    prices = {name: price_panel(windows, column, name) for name, column in (("asset", asset), ("market", market))}
    estimated = pd.RangeIndex(estimation[0], estimation[1] + 1, name="offset")
    studied = pd.RangeIndex(window[0], window[1] + 1, name="offset")
    returns = {name: simple_returns(panel) for name, panel in prices.items()}
    before = {name: panel.reindex(estimated) for name, panel in returns.items()}
    during = {name: panel.reindex(studied) for name, panel in returns.items()}

    events = prices["asset"].columns
    abnormal, errors = (np.full((len(events), len(studied)), np.nan) for _ in range(2))
    residuals = np.full((len(events), len(estimated)), np.nan)
    car, car_error = (np.full(len(events), np.nan) for _ in range(2))
    models: dict[str, MarketModel] = {}
    gaps: dict[str, str] = {}
    for row, event in enumerate(events):
        asset_before, market_before = (before[name][event].to_numpy() for name in ("asset", "market"))
        asset_during, market_during = (during[name][event].to_numpy() for name in ("asset", "market"))
        try:
            models[event] = model = fit_market_model(asset_before, market_before)
        except ValueError as error:
            gaps[event] = str(error)
            continue
        covariance = model.covariance(market_during)
        residuals[row] = model.abnormal(asset_before, market_before)
        abnormal[row] = model.abnormal(asset_during, market_during)
        absent = np.isnan(abnormal[row])
        errors[row] = np.where(absent, np.nan, np.sqrt(np.diag(covariance)))
        car[row] = abnormal[row].sum()
        car_error[row] = np.nan if absent.any() else np.sqrt(covariance.sum())
        if absent.any():
            gaps[event] = f"no return of {asset} or {market} at offset {', '.join(map(str, studied[absent]))}"
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
        gaps=gaps,
    )


def _model_frame(models: dict[str, MarketModel], events: "pd.Index[str]") -> pd.DataFrame:
    fields = ["alpha", "beta", "residual_sd", "observations", "r_squared"]
    rows = {event: [getattr(model, field) for field in fields] for event, model in models.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=fields).astype(float).reindex(events)


def _check_windows(estimation: tuple[int, int], window: tuple[int, int]) -> None:
    for name, (first, last) in (("estimation", estimation), ("window", window)):
        if last < first:
            raise ValueError(f"{name} is ({first}, {last}): its last offset must not be before its first")
    length = estimation[1] - estimation[0] + 1
    if length < MINIMUM_SESSIONS:
        raise ValueError(f"estimation is {estimation}, {length} sessions: at least {MINIMUM_SESSIONS} are needed")
    if estimation[1] >= window[0]:
        raise ValueError(f"estimation is {estimation} and window {window}: the first must end before the second begins")
