"""How sure counted runs make one: intervals of the success of a step, and of steps in series.

A step that succeeded in 29 of 30 runs has a success probability that nobody knows. For one
step the exact binomial interval is wanted. For a series of independently tested steps the
success probabilities get beta distributions (a beta prior and binomial counts), and end-to-end
success is their product.

Which prior matters more than it seems
--------------------------------------
:data:`PUBLISHED_PRIOR`, Beta(0, 1) for every step, is the convention of published worked
examples: after r failures in n runs a step is Beta(n - r, r + 1), whose lower quantiles are the
exact (Clopper-Pearson) lower bounds. For one step that is cautious; in a series the caution
adds up, as every step brings a failure that was not seen. For six steps of 97 %, tested in 30
runs each, the 90 % interval lies wholly below the true end-to-end success in 79 % of such
tests, where 5 % are meant to. :func:`series_prior` shares half a failure among all steps
instead, and its interval lies below in 5 % and above in 3 %. Use the first to meet published figures, and the second to
say what is known.

No interval here knows of correlation between steps: a product of steps tested one by one
rests on their independence, which only end-to-end runs can test.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from coordination_gap import checks
from coordination_gap.reliability.beta_product import BetaProduct

#: Methods of :func:`binomial_interval`; ``"beta"`` is the exact interval of Clopper and Pearson.
BINOMIAL_METHODS = ("beta", "wilson", "jeffreys", "agresti_coull")

#: Beta(0, 1) for each step: see the module's text.
PUBLISHED_PRIOR = (0.0, 1.0)


class Interval(NamedTuple):
    """The two ends of an interval."""

    low: float
    high: float


def _counts(successes: object, trials: object, where: str) -> tuple[int, int]:
    n = checks.count(trials, f"{where}trials")
    s = checks.count(successes, f"{where}successes", least=0)
    if s > n:
        raise ValueError(f"{where}successes is {s}: of trials={n} at most {n} can succeed, give 0 to {n}")
    return s, n


def binomial_interval(successes: int, trials: int, confidence: float = 0.95, method: str = "beta") -> Interval:
    """Return a two-sided interval for the success probability behind `successes` of `trials`.

    Parameters
    ----------
    successes, trials
        Whole numbers, ``0 <= successes <= trials`` and ``trials >= 1``. Trials are taken as
        independent; runs of a few tasks repeated often are not, and need
        :func:`coordination_gap.reliability.measured.bootstrap_pass`.
    confidence
        Above 0 and below 1.
    method
        ``"beta"`` (Clopper and Pearson 1934: covers at least as often as it says),
        ``"wilson"``, ``"jeffreys"`` or ``"agresti_coull"`` (nearer on average). Computed by
        statsmodels.

    Raises
    ------
    ValueError
        For counts, a confidence or a method that cannot be.

    Examples
    --------
    >>> low, high = binomial_interval(29, 30)
    >>> round(low, 4), round(high, 4)
    (0.8278, 0.9992)
    """
    s, n = _counts(successes, trials, "")
    confidence = checks.inner_probability(confidence, "confidence")
    if method not in BINOMIAL_METHODS:
        raise ValueError(f"method is {method!r}: give one of {', '.join(BINOMIAL_METHODS)}")
    low, high = proportion_confint(s, n, alpha=1.0 - confidence, method=method)
    return Interval(float(low), float(high))


def paired_change_interval(gained: int, lost: int, pairs: int, confidence: float = 0.95) -> Interval:
    r"""Return the interval of a change of a share, where the same cases were tried both ways.

    Half a case is added to each of the four ways in which a pair can come out, as Agresti and Min (2005, "Simple
    improved confidence intervals for comparing matched proportions") do; with them *n* pairs, *b* gained and *c* lost
    give :math:`(b - c)/n \pm z \sqrt{b + c - (b - c)^2/n}/n`.

    Parameters
    ----------
    gained, lost
        Pairs that succeed the second way only, and the first way only.
    pairs
        All of them.
    confidence
        Above 0 and below 1.

    Returns
    -------
    Interval
        Within -1 and 1.

    Raises
    ------
    ValueError
        If a count is negative, or more pairs changed than there are.
    """
    pairs = checks.count(pairs, "pairs")
    b, c = checks.count(gained, "gained", least=0), checks.count(lost, "lost", least=0)
    if b + c > pairs:
        raise ValueError(f"gained is {b} and lost is {c}: together they can be at most pairs, {pairs}")
    z = stats.norm.ppf((1.0 + checks.inner_probability(confidence, "confidence")) / 2.0)
    n = pairs + 2
    centre = (b - c) / n
    width = float(z) * math.sqrt(b + c + 1 - (b - c) ** 2 / n) / n
    return Interval(max(-1.0, centre - width), min(1.0, centre + width))


def series_prior(steps: int) -> tuple[float, float]:
    """Return Beta(1/2, 1/(2 `steps`)) as a prior for each of `steps` steps: half a failure for all of them together.

    For one step it is Jeffreys' prior. For rare failures the sum of the steps' failure rates
    then has the posterior that Jeffreys' prior gives a single Poisson rate, however many steps
    share it.
    """
    return 0.5, 0.5 / checks.count(steps, "steps")


def beta_prior(prior: tuple[float, float]) -> tuple[float, float]:
    """Return `prior` as two floats, 0 or more each.

    Raises
    ------
    ValueError
        If `prior` is not a pair of finite, non-negative numbers.
    """
    try:
        a, b = prior
    except (TypeError, ValueError):
        raise ValueError(
            f"prior is {prior!r}: give the two parameters of a beta distribution, such as (1, 1)"
        ) from None
    return checks.amount(a, "prior[0]", "successes"), checks.amount(b, "prior[1]", "failures")


@dataclass(frozen=True)
class SystemInterval:
    """What counts of its steps say about the success of a series.

    Attributes
    ----------
    point
        Product of the steps' observed shares of successes. It need not lie in the interval:
        with :data:`PUBLISHED_PRIOR` and many steps it often does not.
    mean, sd
        Mean and standard deviation of end-to-end success, given the counts.
    low, high
        Equal-tailed interval of `confidence`.
    confidence, prior
        As given.
    step_means, step_variances
        Mean and variance of each step's success, given its counts.
    """

    point: float
    mean: float
    sd: float
    low: float
    high: float
    confidence: float
    prior: tuple[float, float]
    step_means: tuple[float, ...]
    step_variances: tuple[float, ...]


def system_interval(
    counts: Sequence[tuple[int, int]],
    confidence: float = 0.90,
    *,
    prior: tuple[float, float] = PUBLISHED_PRIOR,
) -> SystemInterval:
    r"""Return the distribution of the success of steps in series, each tested by itself.

    Step i with :math:`s_i` successes of :math:`n_i` trials is
    :math:`\mathrm{Beta}(s_i + a,\; n_i - s_i + b)`; end-to-end success is the product. Mean
    and standard deviation are exact; the interval's ends are quantiles of the exact
    distribution of the product (:class:`~.beta_product.BetaProduct`), to 1e-8 or better in
    probability.

    Parameters
    ----------
    counts
        (successes, trials) of each step.
    confidence
        Above 0 and below 1.
    prior
        ``(a, b)``. The default, (0, 1), is the convention of the published examples: means
        :math:`(n - r)/(n + 1)` and variances :math:`(n - r)(r + 1)/((n + 1)^2 (n + 2))` for r
        failures. Its lower end is cautious and its upper end is too low, the more so the
        more steps there are. ``(1, 1)`` is uniform; ``series_prior(len(counts))`` has error
        rates near the nominal ones at both ends.

    Raises
    ------
    ValueError
        If there is no step, for counts that cannot be, or where prior and counts leave a
        step without a distribution (no success and a = 0, no failure and b = 0).

    Examples
    --------
    >>> system = system_interval([(20, 20), (29, 30), (96, 100)], confidence=0.90)
    >>> round(system.mean, 4), round(system.low, 3), round(system.high, 3)
    (0.8468, 0.737, 0.929)
    """
    confidence = checks.inner_probability(confidence, "confidence")
    a, b = beta_prior(prior)
    checked = [_counts(*_pair(pair, i), f"counts[{i}]: ") for i, pair in enumerate(counts)]
    if not checked:
        raise ValueError("counts is empty, so there are no steps: give (successes, trials) of at least one step")
    for i, (s, n) in enumerate(checked):
        if s + a == 0.0 or n - s + b == 0.0:
            raise ValueError(
                f"counts[{i}] has {s} successes of {n} trials, which with prior=({a:g}, {b:g}) leaves no distribution: "
                "give a prior with two positive numbers, such as (1, 1)"
            )
    product = BetaProduct([s + a for s, _ in checked], [n - s + b for s, n in checked])
    tail = (1.0 - confidence) / 2.0
    return SystemInterval(
        point=math.prod(s / n for s, n in checked),
        mean=product.mean,
        sd=math.sqrt(product.variance),
        low=product.quantile(tail),
        high=product.quantile(1.0 - tail),
        confidence=confidence,
        prior=(a, b),
        step_means=product.means,
        step_variances=product.variances,
    )


def _pair(pair: object, index: int) -> tuple[object, object]:
    if not isinstance(pair, Sequence | np.ndarray) or isinstance(pair, str) or len(pair) != 2:
        raise ValueError(f"counts[{index}] is {pair!r}: give a pair (successes, trials)")
    return pair[0], pair[1]


def interval_by_trials(
    steps: int,
    step_success: float,
    trials: Iterable[int],
    confidence: float = 0.90,
    *,
    prior: tuple[float, float] | None = None,
) -> pd.DataFrame:
    """Return how the interval of end-to-end success narrows as each of `steps` equal steps is tested more.

    Every step is taken to have succeeded in exactly the share `step_success` of its trials,
    so that counts need not be whole (29.1 of 30): a typical test of such a step, not one that
    can be had. Where that share is 1, the interval ends a little below the point.

    Parameters
    ----------
    steps, step_success
        The series, and the share of successes seen in every step.
    trials
        Trials of each step, one row per entry.
    confidence
        Above 0 and below 1; the interval is equal-tailed.
    prior
        Beta prior of each step's success, both numbers positive; None takes
        :func:`series_prior`, for the reason given in the module's text.

    Returns
    -------
    pandas.DataFrame
        ``trials``, ``point`` (``step_success ** steps``), ``low``, ``high``.
    """
    steps = checks.count(steps, "steps")
    p = checks.probability(step_success, "step_success")
    confidence = checks.inner_probability(confidence, "confidence")
    a, b = series_prior(steps) if prior is None else beta_prior(prior)
    if (p == 0.0 and a == 0.0) or (p == 1.0 and b == 0.0):
        raise ValueError(f"prior is {prior!r}: give two positive numbers where step_success is {step_success!r}")
    tail = (1.0 - confidence) / 2.0
    rows = []
    for i, given in enumerate(trials):
        n = checks.count(given, f"trials[{i}]")
        product = BetaProduct([n * p + a] * steps, [n * (1.0 - p) + b] * steps)
        rows.append((n, p**steps, product.quantile(tail), product.quantile(1.0 - tail)))
    return pd.DataFrame(rows, columns=["trials", "point", "low", "high"])
