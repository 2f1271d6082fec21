r"""The elementary laws: parts in series, k out of n, retries, and what a gate's verdict is worth.

All of them assume that the parts, or the attempts, fail independently of each other.
The product rule for parts in series is known as Lusser's law; it and the k-out-of-n
formula stand in MIL-HDBK-338B (1998), foreword and section 5.3.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scipy import special

from coordination_gap.reliability import checks


def series(step_success: Iterable[float]) -> float:
    r"""Return the probability that every step succeeds, :math:`\prod_i p_i`.

    Parameters
    ----------
    step_success
        The success probability of each step, in any order.

    Raises
    ------
    ValueError
        If there is no step, or an entry is not a probability.

    Examples
    --------
    >>> round(series([0.97] * 6), 5)
    0.83297
    """
    if isinstance(step_success, str) or not isinstance(step_success, Iterable):
        raise ValueError(f"step_success is {step_success!r}: give a sequence of probabilities, one for each step")
    checked = [checks.probability(p, f"step_success[{i}]") for i, p in enumerate(step_success)]
    if not checked:
        raise ValueError(
            "step_success is empty, so there are no steps: give the success probability of at least one step"
        )
    return math.prod(checked)


def required_step_success(target: float, steps: int) -> float:
    """Return the success each of `steps` equal steps needs for `target` end to end: the `steps`-th root of it.

    Examples
    --------
    >>> round(required_step_success(target=0.95, steps=6), 5)
    0.99149
    """
    return float(checks.probability(target, "target") ** (1 / checks.count(steps, "steps")))


def steps_until(target: float, step_success: float) -> int | None:
    """Return how many equal steps it takes until the end-to-end success is below `target`.

    One step fewer is the longest series that still meets the target.

    Parameters
    ----------
    target
        The end-to-end success to keep, a probability.
    step_success
        The success probability of each step.

    Returns
    -------
    int or None
        The smallest n with ``step_success**n < target``; None where no number of steps
        falls below it (steps that never fail, or a target of 0).

    Examples
    --------
    >>> steps_until(target=0.95, step_success=0.97)
    2
    """
    target = checks.probability(target, "target")
    p = checks.probability(step_success, "step_success")
    if p == 1.0 or target == 0.0:
        return None
    if p == 0.0 or target == 1.0:
        return 1
    steps = math.floor(math.log(target) / math.log(p)) + 1
    # The quotient of logarithms may miss by one where the target is met exactly.
    if p**steps >= target:
        steps += 1
    elif steps > 1 and p ** (steps - 1) < target:
        steps -= 1
    return steps


def k_out_of_n(p: float, k: int, n: int) -> float:
    r"""Return the probability that at least `k` of `n` equal parts work.

    :math:`\sum_{i=k}^{n} \binom{n}{i} p^i (1-p)^{n-i}`, evaluated as a regularised
    incomplete beta function.

    Raises
    ------
    ValueError
        If `p` is not a probability, or not ``0 <= k <= n`` with ``n >= 1``.

    Examples
    --------
    >>> round(k_out_of_n(0.9, k=3, n=4), 4)
    0.9477
    """
    p = checks.probability(p, "p")
    n = checks.count(n, "n")
    k = checks.count(k, "k", least=0)
    if k > n:
        raise ValueError(f"k is {k}: at most n={n} parts can work, give 0 to n")
    return 1.0 if k == 0 else float(special.betainc(k, n - k + 1, p))


def success_with_attempts(success: float, attempts: int) -> float:
    """Return the probability that at least one of `attempts` succeeds, every failure being seen.

    ``1 - (1 - success)**attempts``; `attempts` counts the first try.

    Examples
    --------
    >>> round(success_with_attempts(0.9, attempts=2), 4)
    0.99
    """
    p = checks.probability(success, "success")
    attempts = checks.count(attempts, "attempts")
    return 1.0 if p == 1.0 else -math.expm1(attempts * math.log1p(-p))


def expected_attempts(success: float, attempts: int) -> float:
    """Return how many attempts are made on average, stopping at the first success and after `attempts` at the latest.

    ``(1 - (1 - success)**attempts) / success``, the mean of a truncated geometric law.

    Examples
    --------
    >>> round(expected_attempts(0.75, attempts=5), 2)
    1.33
    """
    p = checks.probability(success, "success")
    attempts = checks.count(attempts, "attempts")
    return success_with_attempts(p, attempts) / p if p > 0.0 else float(attempts)


@dataclass(frozen=True)
class GatePosterior:
    """What a gate's verdict is worth, by Bayes' rule.

    Attributes
    ----------
    flagged
        Probability that the gate flags an output.
    defective_if_flagged
        How much of what it flags is defective; None where it flags nothing.
    defective_if_passed
        How much of what it passes is defective; None where it passes nothing.
    """

    flagged: float
    defective_if_flagged: float | None
    defective_if_passed: float | None


def gate_posterior(defect_rate: float, detection: float, false_alarm: float) -> GatePosterior:
    """Return how much of what a gate flags, and of what it passes, is defective.

    Parameters
    ----------
    defect_rate
        Share of defective outputs among those the gate inspects.
    detection
        Probability that the gate flags a defective output.
    false_alarm
        Probability that the gate flags a good output.

    Examples
    --------
    >>> round(gate_posterior(0.01, detection=0.90, false_alarm=0.09).defective_if_flagged, 3)
    0.092
    """
    defect_rate = checks.probability(defect_rate, "defect_rate")
    detection = checks.probability(detection, "detection")
    false_alarm = checks.probability(false_alarm, "false_alarm")
    caught = defect_rate * detection
    missed = defect_rate * (1 - detection)
    flagged = caught + (1 - defect_rate) * false_alarm
    passed = missed + (1 - defect_rate) * (1 - false_alarm)
    return GatePosterior(
        flagged=flagged,
        defective_if_flagged=caught / flagged if flagged > 0 else None,
        defective_if_passed=missed / passed if passed > 0 else None,
    )
