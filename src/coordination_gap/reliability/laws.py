r"""The elementary laws: parts in series, k out of n, retries, and what a gate's verdict is worth.

All of them assume that the parts, or the attempts, fail independently of each other, but for
the common cause of :func:`k_out_of_n`. The product rule for parts in series is known as
Lusser's law; it, the k-out-of-n formula and apportionment stand in MIL-HDBK-338B (1998),
foreword and sections 5.3 and 6.3.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scipy import special

from coordination_gap import checks


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


def apportion(target: float, weights: Iterable[float]) -> tuple[float, ...]:
    r"""Return the success each step needs so that the series meets `target`, shared out by weights.

    :math:`p_i = R^{w_i / \sum_j w_j}`. With the steps' present failure rates as weights this is
    the ARINC method of MIL-HDBK-338B, section 6.3.3, which asks the same relative improvement of every
    step; with equal weights it is :func:`required_step_success`.

    Parameters
    ----------
    target
        End-to-end success, a probability.
    weights
        How much of the permitted failures each step may take, in any unit: 0 or more each, and
        not all 0. A step of weight 0 must never fail.

    Raises
    ------
    ValueError
        If `target` is not a probability, or the weights cannot be shared by.

    Examples
    --------
    >>> [round(p, 4) for p in apportion(0.90, [0.003, 0.001, 0.004])]
    [0.9613, 0.9869, 0.9487]
    """
    target = checks.probability(target, "target")
    if isinstance(weights, str) or not isinstance(weights, Iterable):
        raise ValueError(f"weights is {weights!r}: give a sequence of weights, one for each step")
    checked = [checks.amount(w, f"weights[{i}]", "any unit") for i, w in enumerate(weights)]
    total = math.fsum(checked)
    if total == 0.0:
        raise ValueError(f"weights is {checked!r}: give at least one weight above 0")
    # A step that may take nothing of the failures has success 1, even where the target is 0.
    return tuple(float(target ** (w / total)) for w in checked)


def k_out_of_n(p: float, k: int, n: int, common_cause: float = 0.0) -> float:
    r"""Return the probability that at least `k` of `n` equal parts work.

    :math:`\sum_{i=k}^{n} \binom{n}{i} p^i (1-p)^{n-i}`, evaluated as a regularised
    incomplete beta function. With a `common_cause` :math:`\beta`, all parts fail together
    with probability :math:`\beta(1-p)`, and otherwise each works independently with
    :math:`p / (1 - \beta(1-p))`: the beta-factor model of Fleming (1975), in the form that keeps
    every part's success at p.

    Parameters
    ----------
    p
        Success of one part.
    k, n
        Parts that must work, and parts in all.
    common_cause
        Share of a part's failures that strike all parts at once, a probability.

    Raises
    ------
    ValueError
        If `p` or `common_cause` is not a probability, or not ``0 <= k <= n`` with ``n >= 1``.

    Examples
    --------
    >>> round(k_out_of_n(0.9, k=3, n=4), 4)
    0.9477
    >>> round(k_out_of_n(0.9, k=3, n=4, common_cause=0.2), 4)
    0.945
    """
    p = checks.probability(p, "p")
    n = checks.count(n, "n")
    k = checks.count(k, "k", least=0)
    common_cause = checks.probability(common_cause, "common_cause")
    if k > n:
        raise ValueError(f"k is {k}: at most n={n} parts can work, give 0 to n")
    if k == 0:
        return 1.0
    # The probability that the common cause does not strike, written so that it is p at a share of 1.
    spared = (1.0 - common_cause) + common_cause * p
    # The quotient may pass 1 by rounding; it is 0/0 only where p is 0 and every failure is common.
    return spared * float(special.betainc(k, n - k + 1, min(1.0, p / spared))) if spared > 0.0 else 0.0


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


def retry_amplification(attempts_by_layer: Iterable[int]) -> int:
    """Return how often the lowest layer is tried at most when every layer above retries the one below it.

    The product of the layers' attempts.

    Parameters
    ----------
    attempts_by_layer
        Attempts each layer makes, the first try included; at least one layer.

    Examples
    --------
    >>> retry_amplification([4, 4, 4])
    64
    """
    if isinstance(attempts_by_layer, str) or not isinstance(attempts_by_layer, Iterable):
        raise ValueError(f"attempts_by_layer is {attempts_by_layer!r}: give a sequence of attempts, one for each layer")
    checked = [checks.count(attempts, f"attempts_by_layer[{i}]") for i, attempts in enumerate(attempts_by_layer)]
    if not checked:
        raise ValueError("attempts_by_layer is empty, so there are no layers: give the attempts of at least one")
    return math.prod(checked)


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
