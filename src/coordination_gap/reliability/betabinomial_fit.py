"""The beta-binomial law fitted to tasks by maximum likelihood, with profile-likelihood intervals."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from coordination_gap import checks
from coordination_gap.reliability.betabinomial import beta_power_mean, beta_success_within, task_counts
from coordination_gap.reliability.uncertainty import Interval

_Floats = npt.NDArray[np.float64]
_Counts = npt.NDArray[np.int64]

# Correlations tried before the best of them is refined: the likelihood need not have one peak.
_CORRELATIONS = np.sin(np.linspace(0.0, math.pi / 2, 25)) ** 2
# Stands for minus infinity where a root is sought.
_LOWEST = -1e9


@dataclass(frozen=True)
class BetaBinomialFit:
    """A beta-binomial law fitted to tasks by maximum likelihood.

    Attributes
    ----------
    mean, mean_interval
        Mean success of a trial, and its profile-likelihood interval.
    correlation, correlation_interval
        Intra-task correlation and its profile-likelihood interval, whose ends may be 0 or 1.
    alpha, beta
        Parameters of the beta distribution: infinite at correlation 0, 0 at correlation 1.
    log_likelihood
        Of the trials in their order, so without binomial coefficients.
    likelihood_ratio, p_independence
        Twice the gain in log-likelihood over independent trials of equally hard tasks, and its
        p value. Correlation 0 is the edge of what is allowed, so the statistic is compared
        with an even mixture of 0 and chi-square with one degree of freedom (Self and Liang
        1987): half of the usual p value.
    tasks, confidence
        Number of tasks, and confidence of the intervals.
    """

    mean: float
    mean_interval: Interval
    correlation: float
    correlation_interval: Interval
    alpha: float
    beta: float
    log_likelihood: float
    likelihood_ratio: float
    p_independence: float
    tasks: int
    confidence: float

    def pass_hat(self, k: int) -> float:
        """Return the fitted probability that `k` trials of a task all succeed."""
        return beta_power_mean(self.mean, self.correlation, k)

    def pass_at(self, k: int) -> float:
        """Return the fitted probability that at least one of `k` trials of a task succeeds."""
        return beta_success_within(self.mean, self.correlation, k)


def fit_beta_binomial(successes: npt.ArrayLike, trials: npt.ArrayLike, confidence: float = 0.95) -> BetaBinomialFit:
    """Fit the beta-binomial law to the successes of tasks.

    Intervals are those of the profile likelihood, cut at the chi-square quantile with one
    degree of freedom; for a correlation near 0 or 1 that is cautious.

    Parameters
    ----------
    successes, trials
        Of each task, see :func:`task_counts`; at least one task needs two trials.
    confidence
        Above 0 and below 1.

    Raises
    ------
    ValueError
        Where the counts say nothing about the correlation: every trial succeeded, every
        trial failed, or no task was tried twice.
    """
    s, n = task_counts(successes, trials)
    confidence = checks.inner_probability(confidence, "confidence")
    if s.sum() in (0, n.sum()):
        every = "failed" if s.sum() == 0 else "succeeded"
        raise ValueError(f"successes has only trials that {every}: give tasks with both, or no correlation can be seen")
    if n.max() < 2:
        raise ValueError("trials is 1 for every task: give tasks tried at least twice, or no correlation can be seen")
    likelihood = _Likelihood(s, n)
    correlation, best = likelihood.best_correlation()
    mean = likelihood.best_mean(correlation)
    floor = best - float(stats.chi2.ppf(confidence, 1)) / 2.0

    def mean_excess(m: float) -> float:
        return max(likelihood.over_correlations(m) - floor, _LOWEST)

    def correlation_excess(rho: float) -> float:
        return max(likelihood.over_means(rho) - floor, _LOWEST)

    ratio = max(0.0, 2.0 * (best - likelihood.over_means(0.0)))
    # Below this, the gain is rounding: the fit is that of independence.
    p_value = float(stats.chi2.sf(ratio, 1)) / 2.0 if ratio > 1e-9 else 1.0
    spread = 1.0 / correlation - 1.0 if correlation > 0.0 else math.inf
    return BetaBinomialFit(
        mean=mean,
        mean_interval=Interval(_crossing(mean_excess, mean, 0.0), _crossing(mean_excess, mean, 1.0)),
        correlation=correlation,
        correlation_interval=Interval(
            _crossing(correlation_excess, correlation, 0.0), _crossing(correlation_excess, correlation, 1.0)
        ),
        alpha=mean * spread,
        beta=(1.0 - mean) * spread,
        log_likelihood=best,
        likelihood_ratio=ratio,
        p_independence=p_value,
        tasks=int(s.size),
        confidence=confidence,
    )


def _crossing(excess: Callable[[float], float], inside: float, end: float) -> float:
    """Return where `excess` falls to 0 on the way from `inside` to `end`; `end` if it does not."""
    if inside == end or excess(end) >= 0.0:
        return end
    return float(optimize.brentq(excess, inside, end, xtol=1e-9))


class _Likelihood:
    r"""The log-likelihood of a mean and a correlation.

    A task with c successes of n trials has the likelihood
    :math:`\prod_{j<c} (m(1-\rho) + j\rho) \prod_{j<n-c} ((1-m)(1-\rho) + j\rho) / \prod_{j<n} (1-\rho + j\rho)`.
    The factors of j = 0 are taken apart, where :math:`1-\rho` cancels, so that it holds at both ends.
    """

    def __init__(self, successes: _Counts, trials: _Counts) -> None:
        failures = trials - successes
        self._succeeded, self._failed = int((successes > 0).sum()), int((failures > 0).sum())
        self._mixed = int(((successes > 0) & (failures > 0)).sum())
        self._good, self._bad, self._all = (_more_than(counts) for counts in (successes, failures, trials))

    def value(self, m: float, rho: float) -> float:
        """Return the log-likelihood at mean `m` and correlation `rho`, both in [0, 1]."""
        return float(self.values(m, np.array([rho]))[0])

    def values(self, m: float, rhos: _Floats) -> _Floats:
        """Return the log-likelihood at mean `m` and each of `rhos`; same shape."""
        if m in (0.0, 1.0):
            return np.full(rhos.shape, -math.inf)
        total = np.full(rhos.shape, self._succeeded * math.log(m) + self._failed * math.log1p(-m))
        if self._mixed:
            with np.errstate(divide="ignore"):  # impossible at a correlation of 1
                total += self._mixed * np.log1p(-rhos)
        for tasks, share, sign in ((self._good, m, 1.0), (self._bad, 1.0 - m, 1.0), (self._all, 1.0, -1.0)):
            j = np.arange(1, tasks.size + 1)
            total += sign * (np.log(share * (1.0 - rhos[:, None]) + rhos[:, None] * j) @ tasks)
        return total

    def best_mean(self, rho: float) -> float:
        """Return the mean of the highest likelihood at `rho`; the log-likelihood is concave in the mean."""
        good, bad = np.arange(1, self._good.size + 1), np.arange(1, self._bad.size + 1)

        def slope(m: float) -> float:
            gained = self._succeeded / m + float((self._good * (1 - rho) / (m * (1 - rho) + good * rho)).sum())
            lost = self._failed / (1 - m) + float((self._bad * (1 - rho) / ((1 - m) * (1 - rho) + bad * rho)).sum())
            return float(gained - lost)

        return float(optimize.brentq(slope, 1e-12, 1.0 - 1e-12, xtol=1e-15))

    def over_means(self, rho: float) -> float:
        """Return the highest log-likelihood at `rho`."""
        return self.value(self.best_mean(rho), rho)

    def over_correlations(self, m: float) -> float:
        """Return the highest log-likelihood at mean `m`."""
        return _highest(lambda rho: self.value(m, rho), self.values(m, _CORRELATIONS))[1]

    def best_correlation(self) -> tuple[float, float]:
        """Return the correlation of the highest log-likelihood and that value."""
        return _highest(self.over_means, np.array([self.over_means(rho) for rho in _CORRELATIONS]))


def _highest(value: Callable[[float], float], tried: _Floats) -> tuple[float, float]:
    """Return where `value` is highest and how high, given its values at ``_CORRELATIONS``."""
    peak = int(np.argmax(tried))
    bounds = _CORRELATIONS[max(peak - 1, 0)], _CORRELATIONS[min(peak + 1, tried.size - 1)]
    refined = optimize.minimize_scalar(
        lambda rho: -value(rho), bounds=bounds, method="bounded", options={"xatol": 1e-7}
    )
    # The refinement never reaches the ends themselves.
    if -refined.fun > tried[peak]:
        return float(refined.x), float(-refined.fun)
    return float(_CORRELATIONS[peak]), float(tried[peak])


def _more_than(counts: _Counts) -> _Floats:
    """Return how many of `counts` are more than 1, more than 2, and so on to their maximum."""
    tally = np.bincount(counts)
    return tally[::-1].cumsum()[::-1][2:].astype(np.float64)
