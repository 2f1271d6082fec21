"""What the market explains of one share's return: the market model, and the market's return itself."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import statsmodels.api as sm

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
        Standard deviation of the residuals, with the degrees of freedom of the fit.
    observations
        Sessions used.
    r_squared
        Share of the variance of the asset's returns that the market explains; below zero where
        the market's return, taken as it is, does worse than the asset's own mean.
    inverse
        :math:`(X'X)^{-1}`, 2 × 2; zero where no parameter was fitted.
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


def fit_market_model(asset: npt.ArrayLike, market: npt.ArrayLike, residual_freedom: int = 2) -> MarketModel:
    """Fit the market model by ordinary least squares.

    Parameters
    ----------
    asset, market
        Returns of the same sessions as fractions, one dimension; sessions where either
        is missing are left out.
    residual_freedom
        What is taken from the observations for the residuals' variance: 2, for two fitted
        parameters, or 1, as some packages have it.

    Raises
    ------
    ValueError
        If the shapes differ, fewer than 30 sessions are usable, the market did not move,
        or the market explains the asset without any residual.
    """
    left, right = _usable(asset, market)
    if np.ptp(right) == 0:
        raise ValueError("the market did not move in the estimation window: no slope can be fitted")
    fit = sm.OLS(left, sm.add_constant(right)).fit()
    if fit.mse_resid <= np.finfo(float).eps * np.mean(left**2):
        raise ValueError("the market explains the asset without residual: nothing is left to measure errors by")
    return MarketModel(
        alpha=float(fit.params[0]),
        beta=float(fit.params[1]),
        residual_sd=float(np.sqrt(fit.ssr / (fit.nobs - residual_freedom))),
        observations=int(fit.nobs),
        r_squared=float(fit.rsquared),
        inverse=np.asarray(fit.normalized_cov_params, dtype=float),
    )


def market_adjusted(asset: npt.ArrayLike, market: npt.ArrayLike) -> MarketModel:
    """Take the market's return itself for the expected one: alpha 0, beta 1, nothing fitted.

    The residuals' standard deviation is that about their mean, with n − 1. Arguments and
    errors are those of :func:`fit_market_model`.
    """
    left, right = _usable(asset, market)
    difference = left - right
    deviation = float(difference.std(ddof=1))
    if deviation**2 <= np.finfo(float).eps * np.mean(left**2):
        raise ValueError("the asset moved with the market alone: nothing is left to measure errors by")
    return MarketModel(
        alpha=0.0,
        beta=1.0,
        residual_sd=deviation,
        observations=len(left),
        r_squared=float(1 - np.mean(difference**2) / left.var()),
        inverse=np.zeros((2, 2)),
    )


def _usable(asset: npt.ArrayLike, market: npt.ArrayLike) -> tuple[_Floats, _Floats]:
    """Return the returns of the sessions that have both."""
    left, right = np.asarray(asset, dtype=float), np.asarray(market, dtype=float)
    if left.shape != right.shape or left.ndim != 1:
        raise ValueError(f"asset and market have the shapes {left.shape} and {right.shape}: give two equal vectors")
    usable = np.isfinite(left) & np.isfinite(right)
    if usable.sum() < MINIMUM_SESSIONS:
        raise ValueError(
            f"the estimation window has {usable.sum()} sessions with both returns: "
            f"at least {MINIMUM_SESSIONS} are needed"
        )
    return left[usable], right[usable]
