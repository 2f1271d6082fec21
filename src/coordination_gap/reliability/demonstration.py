"""How many runs show that a target is met: demonstration tests of a series, and of its steps."""

from collections.abc import Callable
from dataclasses import dataclass

from scipy import special

from coordination_gap import checks
from coordination_gap.reliability.beta_product import BetaProduct
from coordination_gap.reliability.uncertainty import PUBLISHED_PRIOR, beta_prior


def runs_to_claim(target: float, confidence: float = 0.95, failures: int = 0) -> int:
    """Return the fewest runs that, with at most `failures` failures among them, show a success of `target`.

    Shown means that the exact one-sided lower bound (Clopper and Pearson) at `confidence` is at
    least `target`. Without failures that is the first n with
    ``target ** n <= 1 - confidence``.

    Parameters
    ----------
    target, confidence
        Above 0 and below 1.
    failures
        Failures the test may have, fixed before the test.

    Examples
    --------
    >>> runs_to_claim(0.95), runs_to_claim(0.999)
    (59, 2995)
    """
    target = checks.inner_probability(target, "target")
    allowed = _allowed(confidence)
    f = checks.count(failures, "failures", least=0)
    # With success `target`, at most f of n runs fail with this probability.
    return _fewest(lambda n: float(special.betainc(n - f, f + 1, target)) <= allowed, least=f + 1)


@dataclass(frozen=True)
class SystemRuns:
    """Error-free runs that show an end-to-end target.

    Attributes
    ----------
    end_to_end
        Runs of the whole series. Nothing is assumed about how steps depend on each other.
    per_step
        Runs of each step by itself, all steps being independent.
    per_step_bayes
        Runs of each step until its prior and the runs put the target's posterior probability
        at the confidence.
    steps
        Number of steps.
    """

    end_to_end: int
    per_step: int
    per_step_bayes: int
    steps: int


def system_runs_to_claim(
    target: float, steps: int, confidence: float = 0.95, *, prior: tuple[float, float] = PUBLISHED_PRIOR
) -> SystemRuns:
    r"""Return how many error-free runs show an end-to-end target, by testing the whole or its steps.

    *End to end*: the first n with ``target ** n <= 1 - confidence``.

    *By steps*: n error-free runs of every step come about with probability
    :math:`\prod_i p_i^n = R^n`, however end-to-end success R is shared out. So a series below
    the target passes that test with probability below :math:`1 - \text{confidence}` from the
    same n on. This is the definition to claim by: its error rate holds for every series of
    independent steps. It asks for as many runs of each step as of the whole; what it pays is
    the assumption of independence, which it cannot check.

    *By steps, Bayesian*: the first n at which the beta product puts at least `confidence` on
    the target. With a failure per step in the prior it asks for several times as many runs,
    as the prior expects a long series to be poor.

    Raises
    ------
    ValueError
        If target, confidence, steps or prior cannot be; the prior's failures must be above 0.

    Examples
    --------
    >>> system_runs_to_claim(0.95, steps=6)
    SystemRuns(end_to_end=59, per_step=59, per_step_bayes=205, steps=6)
    """
    runs = runs_to_claim(target, confidence)
    steps = checks.count(steps, "steps")
    a, b = beta_prior(prior)
    if b == 0.0:
        raise ValueError(f"prior is {prior!r}: give a second number above 0, or runs without failure prove anything")
    allowed = _allowed(confidence)
    bayes = _fewest(lambda n: BetaProduct([n + a] * steps, [b] * steps).cdf(target) <= allowed, least=1)
    return SystemRuns(end_to_end=runs, per_step=runs, per_step_bayes=bayes, steps=steps)


def _allowed(confidence: float) -> float:
    # A bound that is met exactly must not be missed by the rounding of 1 - confidence.
    return (1.0 - checks.inner_probability(confidence, "confidence")) * (1.0 + 1e-12)


def _fewest(shown: Callable[[int], bool], least: int) -> int:
    """Return the smallest n from `least` on for which `shown` holds; once it holds it goes on to hold."""
    high = least
    while not shown(high):
        high *= 2
    low = high // 2 if high > least else least - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high
