r"""The beta-binomial law: tasks that differ in difficulty, tried several times each.

Each task has a success probability P, drawn from a beta distribution with mean m; its trials
are independent given P. The intra-task correlation :math:`\rho = 1/(\alpha + \beta + 1)` is
the correlation of two trials of one task. At :math:`\rho = 0` all tasks are alike, at 1 each
task always succeeds or always fails. All formulas are written in m and :math:`\rho`, and hold
at both ends; negative correlation is outside the law.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy import optimize

from coordination_gap import checks

_Counts = npt.NDArray[np.int64]


def task_counts(successes: npt.ArrayLike, trials: npt.ArrayLike) -> tuple[_Counts, _Counts]:
    """Return successes and trials of each task as two integer arrays of the same length.

    Parameters
    ----------
    successes
        Successes of each task, a one-dimensional array of whole numbers, not empty.
    trials
        Trials of each task, or one number for all.

    Raises
    ------
    ValueError
        Naming the first task whose counts cannot be.
    """
    s, n = np.asarray(successes), np.asarray(trials)
    if s.ndim != 1 or s.size == 0:
        raise ValueError(f"successes has the shape {s.shape}: give one number for each of at least one task")
    if n.ndim != 0 and n.shape != s.shape:
        raise ValueError(f"trials has the shape {n.shape}: give one number, or one for each of {s.size} tasks")
    for array, name in ((s, "successes"), (n, "trials")):
        if not np.issubdtype(array.dtype, np.integer):
            raise ValueError(f"{name} has entries of type {array.dtype}: give whole numbers of an integer type")
    n = np.broadcast_to(n, s.shape)
    for bad, name, values, mend in (
        (n < 1, "trials", n, "give at least 1"),
        (s < 0, "successes", s, "give 0 or more"),
        (s > n, "successes", s, "give at most the task's trials"),
    ):
        if bad.any():
            i = int(np.argmax(bad))
            raise ValueError(f"{name}[{i}] is {values[i]}: {mend}")
    return s.astype(np.int64), n.astype(np.int64)


def beta_power_mean(mean: float, correlation: float, k: int) -> float:
    r"""Return :math:`E[P^k]`, the probability that k trials all succeed, for a beta-distributed P.

    :math:`m \prod_{j=1}^{k-1} \frac{m(1-\rho) + j\rho}{1 - \rho + j\rho}`, which is
    :math:`m^k` at correlation 0 and m at 1.

    Parameters
    ----------
    mean, correlation
        Probabilities: the mean of P, and :math:`\rho = 1/(\alpha + \beta + 1)`.
    k
        Trials; time and memory grow with it.

    Examples
    --------
    >>> round(beta_power_mean(0.42, 0.4, 4), 3)
    0.166
    """
    m, rho = checks.probability(mean, "mean"), checks.probability(correlation, "correlation")
    k = checks.count(k, "k")
    return math.exp(_log_power_mean(m, 1.0 - m, rho, k)) if m > 0.0 else 0.0


def beta_success_within(mean: float, correlation: float, k: int) -> float:
    """Return ``1 - E[(1 - P)**k]``, the probability that at least one of k trials succeeds, for a beta-distributed P.

    Parameters
    ----------
    mean, correlation, k
        As for :func:`beta_power_mean`.

    Examples
    --------
    >>> round(beta_success_within(0.42, 0.4, 4), 3)
    0.694
    """
    m, rho = checks.probability(mean, "mean"), checks.probability(correlation, "correlation")
    k = checks.count(k, "k")
    return -math.expm1(_log_power_mean(1.0 - m, m, rho, k)) if m < 1.0 else 1.0


def _log_power_mean(m: float, missing: float, rho: float, k: int) -> float:
    """Return log E[P^k] for a mean above 0, `missing` being what it lacks to 1."""
    j = np.arange(1, k)
    spread = 1.0 - rho + j * rho
    # Both forms are the same; each keeps the digits of the smaller share.
    if m < 0.5:
        return math.log(m) + float(np.log((m * (1.0 - rho) + j * rho) / spread).sum())
    return math.log1p(-missing) + float(np.log1p(-missing * (1.0 - rho) / spread).sum())


def correlation_from_pass(pass_1: float, pass_k: float, k: int) -> float:
    """Return the correlation at which a beta-distributed P with mean `pass_1` has ``E[P**k] == pass_k``.

    It describes a pair of published figures where the trials are not published.

    Parameters
    ----------
    pass_1
        Success of one trial, above 0 and below 1.
    pass_k
        Probability that all of k trials succeed, from ``pass_1**k`` (correlation 0) to
        `pass_1` (correlation 1).
    k
        At least 2.

    Raises
    ------
    ValueError
        If no beta distribution has these figures.

    Examples
    --------
    >>> round(correlation_from_pass(0.42, 0.20, k=4), 2)
    0.49
    """
    m, target = checks.inner_probability(pass_1, "pass_1"), checks.probability(pass_k, "pass_k")
    k = checks.count(k, "k", least=2)
    # A figure that is exactly at a limit must not fail by rounding.
    lowest, slack = m**k, 1e-12
    if not lowest * (1 - slack) <= target <= m * (1 + slack):
        raise ValueError(
            f"pass_k is {pass_k!r}: with pass_1={pass_1!r} and k={k} it lies from pass_1**k={lowest:.6g} to pass_1, "
            "so give two figures of the same tasks and trials"
        )
    return _correlation(m, target, k)


def correlation_from_success_within(pass_1: float, within_k: float, k: int) -> float:
    """Return the correlation at which at least one of k trials succeeds with probability `within_k`.

    The mirror image of :func:`correlation_from_pass`: from `pass_1` (correlation 1) to
    ``1 - (1 - pass_1)**k`` (correlation 0).

    Examples
    --------
    >>> round(correlation_from_success_within(0.42, 0.72, k=4), 2)
    0.34
    """
    m, within = checks.inner_probability(pass_1, "pass_1"), checks.probability(within_k, "within_k")
    k = checks.count(k, "k", least=2)
    highest, slack = -math.expm1(k * math.log1p(-m)), 1e-12
    if not m * (1 - slack) <= within <= highest * (1 + slack):
        raise ValueError(
            f"within_k is {within_k!r}: with pass_1={pass_1!r} and k={k} it lies from pass_1 to "
            f"1 - (1 - pass_1)**k={highest:.6g}, so give two figures of the same tasks and trials"
        )
    return _correlation(1.0 - m, 1.0 - within, k)


def _correlation(m: float, target: float, k: int) -> float:
    def excess(rho: float) -> float:
        return math.exp(_log_power_mean(m, 1.0 - m, rho, k)) - target

    if excess(0.0) >= 0.0:
        return 0.0
    return 1.0 if excess(1.0) <= 0.0 else float(optimize.brentq(excess, 0.0, 1.0, xtol=1e-14))
