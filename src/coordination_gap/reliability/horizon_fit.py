r"""The two laws of :mod:`~coordination_gap.reliability.horizons` fitted to success counted by length.

Both are binomial regressions with a complementary log-log link,
:math:`\ln(-\ln S) = h + \kappa \ln t` with :math:`h = \ln\ln 2 - \kappa \ln T_{50}`, whose
log-likelihood is concave in the height h and the shape :math:`\kappa`. So each maximum is the
one root of a falling slope, and is found as such.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

from coordination_gap import checks
from coordination_gap.reliability.uncertainty import Interval

_Floats = npt.NDArray[np.float64]

_LOG_LOG_2 = math.log(math.log(2.0))
# A search that has gone this far from where it began has no end: logarithms of minutes, or shapes.
_FAR = 200.0
# A law this steep falls from all to nothing within a tenth of a length.
_STEEPEST = 50.0


class NoHorizonError(ValueError):
    """The counts are in order, but no horizon follows from them."""


@dataclass(frozen=True)
class HorizonFit:
    """A law of success by length, fitted by maximum likelihood.

    Attributes
    ----------
    t50_minutes, shape
        The length completed with 50 %, and the Weibull shape (1 for constant hazard).
    t50_interval, shape_interval
        Profile-likelihood intervals as if all trials were independent; an end without bound
        is 0 or infinite. ``shape_interval`` is None for constant hazard.
    t50_dispersed, shape_dispersed
        The same, widened by the dispersion.
    extrapolated
        Whether ``t50_minutes`` lies outside the lengths of the data.
    log_likelihood
        Of the trials in their order, so without binomial coefficients.
    deviance, degrees_of_freedom
        Against a success of its own for every bin; bins less fitted parameters.
    dispersion
        Factor on the variance behind the dispersed intervals, from the Weibull fit.
    confidence
        As given.
    """

    t50_minutes: float
    shape: float
    t50_interval: Interval
    shape_interval: Interval | None
    t50_dispersed: Interval
    shape_dispersed: Interval | None
    extrapolated: bool
    log_likelihood: float
    deviance: float
    degrees_of_freedom: int
    dispersion: float
    confidence: float

    def success(self, minutes: npt.ArrayLike) -> _Floats:
        """Return the fitted success at lengths of `minutes`, 0 or more; same shape."""
        lengths = np.asarray(minutes, dtype=np.float64)
        if not (np.isfinite(lengths) & (lengths >= 0)).all():
            raise ValueError(f"minutes is {minutes!r}: give finite lengths, 0 or more")
        return np.exp2(-((lengths / self.t50_minutes) ** self.shape))

    def horizon(self, target: float) -> float:
        """Return the length in minutes that is completed with probability `target`."""
        target = checks.inner_probability(target, "target")
        return self.t50_minutes * float((-math.log2(target)) ** (1.0 / self.shape))


@dataclass(frozen=True)
class HorizonComparison:
    """Constant hazard and Weibull law fitted to the same counts.

    Attributes
    ----------
    constant_hazard, weibull
        The two fits.
    likelihood_ratio, p_value
        Twice the gain of the Weibull law in log-likelihood, and its p value as chi-square
        with one degree of freedom, all trials independent.
    f_statistic, p_dispersed
        The same gain over the dispersion, and its p value as F with one and the Weibull
        fit's degrees of freedom.
    """

    constant_hazard: HorizonFit
    weibull: HorizonFit
    likelihood_ratio: float
    p_value: float
    f_statistic: float
    p_dispersed: float


def fit_horizons(
    minutes: npt.ArrayLike, successes: npt.ArrayLike, trials: npt.ArrayLike, confidence: float = 0.95
) -> HorizonComparison:
    """Fit constant hazard and a Weibull law to success counted by length.

    Parameters
    ----------
    minutes
        Length of each bin, above 0; at least three different lengths.
    successes, trials
        Of each bin, ``0 <= successes <= trials`` and ``trials > 0``; they need not be whole,
        so that a mean over tasks can be counted as so many of them.
    confidence
        Above 0 and below 1.

    Raises
    ------
    NoHorizonError
        A ValueError: only successes, only failures, success that does not fall with length, or
        that falls from all to nothing around one length.
    ValueError
        For bins that cannot be.

    Examples
    --------
    >>> fitted = fit_horizons([5, 20, 80, 320], [90, 70, 40, 5], 100)
    >>> round(fitted.constant_hazard.t50_minutes), round(fitted.weibull.shape, 2)
    (58, 0.79)
    """
    confidence = checks.inner_probability(confidence, "confidence")
    bins = _Bins(minutes, successes, trials)
    shape = bins.best_shape()
    degrees = len(bins.x) - 2
    dispersion = max(1.0, bins.pearson(bins.best_height(shape), shape) / degrees)
    drops = (
        float(stats.chi2.ppf(confidence, 1)) / 2.0,
        float(stats.f.ppf(confidence, 1, degrees)) / 2.0 * dispersion,
    )
    weibull = _fit(bins, shape, True, drops, dispersion, confidence)
    constant_hazard = _fit(bins, 1.0, False, drops, dispersion, confidence)
    ratio = max(0.0, 2.0 * (weibull.log_likelihood - constant_hazard.log_likelihood))
    return HorizonComparison(
        constant_hazard=constant_hazard,
        weibull=weibull,
        likelihood_ratio=ratio,
        p_value=float(stats.chi2.sf(ratio, 1)),
        f_statistic=ratio / dispersion,
        p_dispersed=float(stats.f.sf(ratio / dispersion, 1, degrees)),
    )


def _fit(
    bins: "_Bins", shape: float, shape_is_free: bool, drops: tuple[float, float], dispersion: float, confidence: float
) -> HorizonFit:
    height = bins.best_height(shape)
    log_t50 = (_LOG_LOG_2 - height) / shape
    best = bins.value(height, shape)

    def by_t50(log_minutes: float) -> float:
        free = bins.best_shape_through(log_minutes) if shape_is_free else 1.0
        return bins.value(_LOG_LOG_2 - free * log_minutes, free)

    def by_shape(tried: float) -> float:
        return bins.value(bins.best_height(tried), tried)

    t50 = [Interval(*map(_exp, _ends(by_t50, log_t50, best - drop))) for drop in drops]
    shapes = [_ends(by_shape, shape, best - drop) if shape_is_free else None for drop in drops]
    return HorizonFit(
        t50_minutes=_exp(log_t50),
        shape=shape,
        t50_interval=t50[0],
        shape_interval=shapes[0],
        t50_dispersed=t50[1],
        shape_dispersed=shapes[1],
        extrapolated=not bins.x.min() <= log_t50 <= bins.x.max(),
        log_likelihood=best,
        deviance=max(0.0, 2.0 * (bins.saturated - best)),
        degrees_of_freedom=len(bins.x) - (2 if shape_is_free else 1),
        dispersion=dispersion,
        confidence=confidence,
    )


def _exp(value: float) -> float:
    return math.exp(value) if value < 700.0 else math.inf


def _ends(value: Callable[[float], float], peak: float, floor: float) -> Interval:
    """Return where `value` falls below `floor` on both sides of its peak, infinite where it does not."""
    ends = []
    for direction in (-1.0, 1.0):
        inner, step = peak, 0.25
        while value(peak + direction * step) > floor:
            inner, step = peak + direction * step, 2.0 * step
            if step > _FAR:
                ends.append(direction * math.inf)
                break
        else:
            outer = peak + direction * step
            ends.append(float(optimize.brentq(lambda at: value(at) - floor, inner, outer, xtol=1e-10)))
    return Interval(*ends)


class _Bins:
    """Counts by length and their log-likelihood; ``x`` is the logarithm of the lengths."""

    def __init__(self, minutes: npt.ArrayLike, successes: npt.ArrayLike, trials: npt.ArrayLike) -> None:
        t, s = _numbers(minutes, "minutes"), _numbers(successes, "successes")
        n = np.broadcast_to(_numbers(trials, "trials"), t.shape) if np.ndim(trials) == 0 else _numbers(trials, "trials")
        if not t.shape == s.shape == n.shape or t.ndim != 1:
            raise ValueError(
                f"minutes, successes and trials have the shapes {t.shape}, {s.shape} and {n.shape}: "
                "give one number a bin in each"
            )
        for bad, name, values, mend in (
            (t <= 0, "minutes", t, "give a length above 0"),
            (n <= 0, "trials", n, "give a number above 0, or leave the bin out"),
            (s < 0, "successes", s, "give 0 or more"),
            (s > n, "successes", s, "give at most the bin's trials"),
        ):
            if bad.any():
                i = int(np.argmax(bad))
                raise ValueError(f"{name}[{i}] is {values[i]:g}: {mend}")
        if np.unique(t).size < 3:
            raise ValueError(
                f"minutes has {np.unique(t).size} different lengths: give at least 3 to fit two parameters"
            )
        self.x, self._s, self._f = np.log(t), s, n - s
        if not self._s.any() or not self._f.any():
            none, every = ("success", "failure") if not self._s.any() else ("failure", "success")
            raise NoHorizonError(f"successes has no {none} at any length, only {every}: no horizon follows from it")
        self.saturated = float((special.xlogy(s, s / n) + special.xlogy(n - s, 1.0 - s / n)).sum())

    def value(self, height: float, shape: float) -> float:
        """Return the log-likelihood."""
        hazard = self._hazard(height, shape)
        return float((-self._s * hazard + self._f * np.log(-np.expm1(-hazard))).sum())

    def pearson(self, height: float, shape: float) -> float:
        """Return Pearson's statistic, the sum of squared differences over their binomial variance."""
        hazard = self._hazard(height, shape)
        success, failure, n = np.exp(-hazard), -np.expm1(-hazard), self._s + self._f
        # The difference of successes, written so that neither tail cancels.
        off = np.where(success < 0.5, self._s - n * success, n * failure - self._f)
        return float((off**2 / (n * np.maximum(success * failure, 1e-300))).sum())

    def best_height(self, shape: float) -> float:
        """Return the height of the highest likelihood at `shape`."""
        return _root(lambda height: float(self._slopes(height, shape).sum()), -shape * float(self.x.mean()))

    def best_shape(self) -> float:
        """Return the shape of the highest likelihood, which must be above 0."""

        def slope(shape: float) -> float:
            # At the best height the slopes sum to 0, so lengths may be counted from their mean.
            return float(self._slopes(self.best_height(shape), shape) @ (self.x - self.x.mean()))

        if slope(0.0) <= 0.0:
            raise NoHorizonError(
                "successes do not fall with length, so no horizon follows: check minutes and successes"
            )
        if slope(_STEEPEST) > -1e-6:
            raise NoHorizonError(
                "successes fall from all to nothing around one length: every steep law fits, give more lengths there"
            )
        return float(optimize.brentq(slope, 0.0, _STEEPEST, xtol=1e-13))

    def best_shape_through(self, log_t50: float) -> float:
        """Return the shape of 0 or more of the highest likelihood, one half being completed at ``exp(log_t50)``."""
        away = self.x - log_t50

        def slope(shape: float) -> float:
            return float(self._slopes(_LOG_LOG_2 - shape * log_t50, shape) @ away)

        return max(0.0, _root(slope, 0.0))

    def _hazard(self, height: float, shape: float) -> _Floats:
        # Beyond these bounds success is 0 or 1 to the last digit; the logarithms must stay finite.
        hazard: _Floats = np.exp(np.clip(height + shape * self.x, -700.0, 700.0))
        return hazard

    def _slopes(self, height: float, shape: float) -> _Floats:
        """Return each bin's derivative of the log-likelihood in its complementary log-log."""
        hazard = self._hazard(height, shape)
        # exprel(h) = (exp(h) - 1) / h, which overflows to infinity where failures are certain.
        with np.errstate(over="ignore"):
            slopes: _Floats = self._f / special.exprel(hazard) - self._s * hazard
        return slopes


def _numbers(values: npt.ArrayLike, name: str) -> _Floats:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {values!r}: give numbers") from None
    if not np.isfinite(numbers).all():
        i = int(np.argmin(np.isfinite(numbers)))
        raise ValueError(f"{name}[{i}] is {numbers.flat[i]}: give a finite number")
    return numbers


def _root(falling: Callable[[float], float], start: float) -> float:
    """Return where a falling function is 0, searching outwards from `start`."""
    low, high, step = start, start, 1.0
    while falling(low) < 0.0:
        low -= step
        step *= 2.0
    step = 1.0
    while falling(high) > 0.0:
        high += step
        step *= 2.0
    return low if low == high else float(optimize.brentq(falling, low, high, xtol=1e-13))
