"""Agents measured by repeated trials of the same tasks: pass^k, and how alike the trials of a task are.

*pass^k* is the probability that k trials of one task all succeed, averaged over tasks
(Yao et al. 2024, tau-bench); *pass@k* that at least one of them does (Chen et al. 2021). If
all tasks were equally hard, trials would be independent and pass^k would be (pass^1)^k. Where
tasks differ, pass^k is larger, by Jensen's inequality: what differs from task to task repeats
itself from trial to trial.

The estimates here take the trials as they are; :mod:`~coordination_gap.reliability.betabinomial`
has the law that describes such tasks by a mean and a correlation, and its names are here too.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coordination_gap import checks
from coordination_gap.reliability.betabinomial import (
    beta_power_mean,
    beta_success_within,
    correlation_from_pass,
    correlation_from_success_within,
    task_counts,
)
from coordination_gap.reliability.betabinomial_fit import BetaBinomialFit, fit_beta_binomial
from coordination_gap.reliability.uncertainty import Interval

__all__ = [
    "BetaBinomialFit",
    "PassBootstrap",
    "beta_power_mean",
    "beta_success_within",
    "bootstrap_pass",
    "correlation_from_pass",
    "correlation_from_success_within",
    "fit_beta_binomial",
    "pass_at_k",
    "pass_hat_k",
    "task_counts",
]

_Floats = npt.NDArray[np.float64]
_Counts = npt.NDArray[np.int64]

# Cells of one block of resampled tasks, so that memory stays bounded.
_BLOCK_CELLS = 2_000_000


def _tried(k: object, trials: _Counts) -> int:
    k = checks.count(k, "k")
    if k > trials.min():
        i = int(np.argmin(trials))
        raise ValueError(f"k is {k}: task {i} has {trials[i]} trials, so give at most {trials[i]}")
    return k


def _all_of(k: int, good: _Counts, trials: _Counts) -> _Floats:
    """Return for each task the share of its k-subsets of trials that are all good, C(good, k) / C(trials, k)."""
    drawn = np.arange(k)
    # A task with fewer than k good trials meets a factor of 0, and what follows it must not turn negative.
    shares: _Floats = np.maximum(good[:, None] - drawn, 0) / (trials[:, None] - drawn)
    product: _Floats = shares.prod(axis=1)
    return product


def pass_hat_k(successes: npt.ArrayLike, trials: npt.ArrayLike, k: int) -> float:
    r"""Return the unbiased estimate of pass^k, :math:`\frac1T\sum_i \binom{c_i}{k} / \binom{n_i}{k}`.

    Parameters
    ----------
    successes, trials
        Of each task, see :func:`task_counts`.
    k
        Trials that must all succeed; at most the smallest number of trials of a task.

    Examples
    --------
    >>> pass_hat_k([4, 2, 0], 4, k=2)
    0.3888888888888889
    """
    s, n = task_counts(successes, trials)
    return float(_all_of(_tried(k, n), s, n).mean())


def pass_at_k(successes: npt.ArrayLike, trials: npt.ArrayLike, k: int) -> float:
    r"""Return the unbiased estimate of pass@k, :math:`1 - \frac1T\sum_i \binom{n_i - c_i}{k} / \binom{n_i}{k}`.

    The probability that at least one of k trials succeeds, which is what retries could reach
    at most, were every failure seen.

    Examples
    --------
    >>> round(pass_at_k([4, 2, 0], 4, k=2), 4)
    0.6111
    """
    s, n = task_counts(successes, trials)
    return 1.0 - float(_all_of(_tried(k, n), n - s, n).mean())


@dataclass(frozen=True)
class PassBootstrap:
    """pass^k with intervals over tasks.

    Attributes
    ----------
    pass_hat_k, pass_hat_k_interval
        The estimate and its interval.
    gap, gap_interval
        pass^k less ``(pass^1)**k``: what independence of the trials would miss.
    k, confidence, resamples, seed
        As given.
    """

    pass_hat_k: float
    pass_hat_k_interval: Interval
    gap: float
    gap_interval: Interval
    k: int
    confidence: float
    resamples: int
    seed: int


def bootstrap_pass(
    successes: npt.ArrayLike,
    trials: npt.ArrayLike,
    k: int,
    *,
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> PassBootstrap:
    """Return pass^k and its gap to independence with percentile intervals from resampled tasks.

    Whole tasks are drawn with replacement, trials and all: trials of a task are not
    independent, tasks are taken to be. It says how far another draw of such tasks could
    differ, which for a benchmark of fifty tasks is far.

    Parameters
    ----------
    successes, trials, k
        As for :func:`pass_hat_k`.
    confidence
        Above 0 and below 1.
    resamples
        Number of draws; with `seed` it fixes the result.

    Raises
    ------
    ValueError
        As :func:`pass_hat_k`; also for a single task, which cannot be resampled.
    """
    s, n = task_counts(successes, trials)
    k = _tried(k, n)
    confidence = checks.inner_probability(confidence, "confidence")
    resamples = checks.count(resamples, "resamples", least=100)
    seed = checks.count(seed, "seed", least=0)
    if s.size < 2:
        raise ValueError("successes has 1 task: give at least 2, since it is tasks that are drawn anew")
    values = np.column_stack([_all_of(k, s, n), s / n])
    rng = np.random.default_rng(seed)
    block = max(1, _BLOCK_CELLS // s.size)
    even = np.full(s.size, 1.0 / s.size)
    means = np.concatenate(
        [
            rng.multinomial(s.size, even, size=min(block, resamples - start)) @ values / s.size
            for start in range(0, resamples, block)
        ]
    )
    tails = [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0]
    gaps = means[:, 0] - means[:, 1] ** k
    estimate, single = values.mean(axis=0)
    return PassBootstrap(
        pass_hat_k=float(estimate),
        pass_hat_k_interval=_interval(np.quantile(means[:, 0], tails)),
        gap=float(estimate - single**k),
        gap_interval=_interval(np.quantile(gaps, tails)),
        k=k,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
    )


def _interval(ends: _Floats) -> Interval:
    return Interval(float(ends[0]), float(ends[1]))
