r"""The exact law of one part: how it ends, and what it takes, given that a run reaches it.

Of each attempt's output a share *a* is good and passes, a share *b* is a silent failure
that passes, and the rest, :math:`r = 1 - a - b`, is seen and tried again. With *p* =
success, *l* = loud, *d* = detection, *f* = false alarm (without a gate *d* = *f* = 0):

.. math::

    a = p (1 - f), \qquad b = (1 - p)(1 - l)(1 - d), \qquad r = p f + (1 - p)(l + (1 - l) d)

With at most *A* independent attempts the step is left with nothing with :math:`r^A`,
passes on a good output with :math:`a (1 - r^A) / (a + b)`, and makes
:math:`(1 - r^A) / (a + b)` attempts on average. Correlated attempts follow Pólya's urn,
which is the beta-binomial law taken one draw at a time: after *t* attempts, *i* of them
successes, the next succeeds with :math:`(p (1 - \rho) + \rho i) / (1 - \rho + \rho t)`.

Every function here takes a success as a number, or as an array with one entry for each of
several kinds of run, and then gives arrays of that shape.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from coordination_gap.reliability.parts import Branch, Gate, Part, Step, Vote
from coordination_gap.reliability.urn import Number, common_cause_split, urn_success
from coordination_gap.reliability.votes import agreed, expected_longest


class Law(NamedTuple):
    """How a part ends, given that it starts, and what it takes.

    Attributes
    ----------
    good, bad, halted
        Probabilities of a good output, of a silent failure that is passed on, and of a
        halt; they sum to 1.
    attempts, cost, seconds
        Expected number of attempts (each voter's answer is one), US dollars and seconds.
    """

    good: Number
    bad: Number
    halted: Number
    attempts: Number
    cost: Number
    seconds: Number

    @property
    def settled(self) -> Number:
        """Probability that something is passed on, good or bad."""
        return self.good + self.bad


_NOTHING_TO_DO = Law(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def law_of(part: Part, success: Mapping[str, Number] | None = None) -> Law:
    """Return the exact law of `part`, its fallbacks and what else is in it included.

    Parameters
    ----------
    part
        A step, a vote or a branch.
    success
        Replaces the success of the steps that it names, at any depth: a number, or an
        array with an entry for each kind of run, all of one shape.
    """
    if isinstance(part, Branch):
        laws = [(way.probability, in_series(way.steps, success)) for way in part.ways]
        return Law(*(sum(share * values[field] for share, values in laws) for field in range(len(Law._fields))))
    law = _without_fallback(part, success)
    while part.fallback is not None:
        part = part.fallback
        after, reached = _without_fallback(part, success), law.halted
        law = Law(
            law.good + reached * after.good,
            law.bad + reached * after.bad,
            reached * after.halted,
            law.attempts + reached * after.attempts,
            law.cost + reached * after.cost,
            law.seconds + reached * after.seconds,
        )
    return law


def in_series(parts: Iterable[Part], success: Mapping[str, Number] | None = None) -> Law:
    """Return the law of `parts` one after the other; of none, the law that passes every run on."""
    clean, carrying, halted, attempts, cost, seconds = _NOTHING_TO_DO
    for part in parts:
        law = law_of(part, success)
        reached = clean + carrying
        attempts = attempts + reached * law.attempts
        cost = cost + reached * law.cost
        seconds = seconds + reached * law.seconds
        halted = halted + reached * law.halted
        carrying = carrying * (law.good + law.bad) + clean * law.bad
        clean = clean * law.good
    return Law(clean, carrying, halted, attempts, cost, seconds)


def _without_fallback(part: Step | Vote, success: Mapping[str, Number] | None) -> Law:
    if isinstance(part, Vote):
        return _vote(part, success)
    p = part.success if success is None else success.get(part.name, part.success)
    if part.common_cause == 0.0:
        return _attempts(part, p)
    struck, spared_success = common_cause_split(p, part.common_cause)
    all_fail, spared = _attempts(part, 0.0 * p), _attempts(part, spared_success)
    return Law(*(struck * hit + (1 - struck) * free for hit, free in zip(all_fail, spared, strict=True)))


def attempt_shares(step: Step, p: Number) -> tuple[Number, Number, Number]:
    """Return the shares a, b and r of one attempt; r is summed on its own, since 1 - a - b loses digits."""
    detection, false_alarm = (step.gate.detection, step.gate.false_alarm) if step.gate else (0.0, 0.0)
    failure, silent = 1 - p, 1 - step.loud
    return (
        p * (1 - false_alarm),
        failure * silent * (1 - detection),
        p * false_alarm + failure * (step.loud + silent * detection),
    )


def _attempts(step: Step, p: Number) -> Law:
    if step.correlation > 0.0 and step.attempts > 1:
        if isinstance(p, np.ndarray):
            return _correlated_attempts(step, p)
        return _same_correlated_attempts(replace(step, name="-", fallback=None), p)
    a, b, r = attempt_shares(step, p)
    settled, halted, attempts = _geometric(a + b, r, step.attempts)
    # Each share on its own: what is left of 1 has no digits where the other is almost all.
    good, bad = settled * _divide(a, a + b), settled * _divide(b, a + b)
    waits = 0.0
    if step.backoff_seconds > 0.0 and step.attempts > 1:
        waits = step.backoff_seconds * r * geometric_sum(r * step.backoff_factor, step.attempts - 1)
    inspected = attempts * (1 - (1 - p) * step.loud) if step.gate else 0.0
    return _with_amounts(step, good, bad, halted, attempts, inspected, waits)


def _with_amounts(
    step: Step, good: Number, bad: Number, halted: Number, attempts: Number, inspected: Number, waits: Number
) -> Law:
    gate = step.gate or Gate(0.0, 0.0)
    cost = attempts * step.cost + inspected * gate.cost
    return Law(good, bad, halted, attempts, cost, attempts * step.seconds + inspected * gate.seconds + waits)


def _geometric(passes: Number, again: Number, attempts: int) -> tuple[Number, Number, Number]:
    """Return the probabilities of passing within `attempts` and of not passing, and the expected attempts."""
    if isinstance(passes, np.ndarray):
        with np.errstate(divide="ignore"):
            logs = np.where(again < passes, np.log(again), np.log1p(-np.minimum(passes, 1.0)))
            done = np.where(passes > 0, -np.expm1(attempts * logs), 0.0)
        made = np.divide(done, passes, out=np.full_like(done, attempts), where=passes > 0)
        return done, np.exp(attempts * logs), made
    if passes == 0.0:
        return 0.0, 1.0, float(attempts)
    if again == 0.0:
        return 1.0, 0.0, 1.0
    # The logarithm of r from whichever of r and 1 - r is the smaller, so that r^A and
    # 1 - r^A are both right to the last digits and sum to 1.
    log_again = math.log(again) if again < passes else math.log1p(-passes)
    settled = -math.expm1(attempts * log_again)
    return settled, math.exp(attempts * log_again), settled / passes


def geometric_sum(ratio: Number, terms: int) -> Number:
    """Return 1 + q + ... + q^(terms - 1), by doubling: no division, so none by a small 1 - q."""
    total, doubled = 0.0 * ratio, 1.0 + 0.0 * ratio  # of no term, and of as many as a power of two
    while terms:
        if terms & 1:
            total = doubled + ratio * total
        terms >>= 1
        if terms:
            doubled, ratio = doubled * (1 + ratio), ratio * ratio
    return total


def _divide(part: Number, whole: Number) -> Number:
    """Return `part` over `whole`, and 0 where the whole is 0."""
    if isinstance(whole, np.ndarray):
        return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
    return part / whole if whole > 0 else 0.0


@lru_cache(maxsize=256)
def _same_correlated_attempts(step: Step, p: float) -> Law:
    """Return the law of correlated attempts from memory: a pipeline often repeats a step, and the urn takes time."""
    return _correlated_attempts(step, p)


def _correlated_attempts(step: Step, p: Number) -> Law:
    """Take the urn through the attempts; a state is the number of successes that the gate rejected."""
    shape = np.shape(p)
    p_all = np.asarray(p, dtype=float)
    gate = step.gate or Gate(0.0, 0.0)
    caught = step.loud + (1 - step.loud) * gate.detection
    weight = np.ones((1, *shape))
    good: Number
    bad: Number
    attempts: Number
    inspected: Number
    waits: Number
    good, bad, attempts, inspected, waits = (np.zeros(shape) for _ in range(5))
    for drawn in range(step.attempts):
        successes = np.arange(len(weight), dtype=float).reshape(-1, *(1 for _ in shape))
        success = weight * urn_success(p_all, step.correlation, successes, drawn)
        failure = weight - success
        attempts += weight.sum(axis=0)
        inspected += (success + failure * (1 - step.loud)).sum(axis=0)
        good += success.sum(axis=0) * (1 - gate.false_alarm)
        bad += failure.sum(axis=0) * (1 - step.loud) * (1 - gate.detection)
        rejected, failed = success * gate.false_alarm, failure * caught
        if gate.false_alarm > 0.0:
            empty = np.zeros((1, *shape))
            weight = np.concatenate([failed, empty]) + np.concatenate([empty, rejected])
        else:
            weight = failed
        if drawn < step.attempts - 1:
            waits += weight.sum(axis=0) * step.backoff_seconds * step.backoff_factor**drawn
    halted = weight.sum(axis=0)
    counted = inspected if step.gate else 0.0 * inspected
    law = _with_amounts(step, good, bad, halted, attempts, counted, waits)
    return law if shape else Law(*(float(value) for value in law))


def _vote(vote: Vote, success: Mapping[str, Number] | None) -> Law:
    """Count good and silently wrong answers, voter by voter, and apply the rule of agreement."""
    given = [voter.success if success is None else success.get(voter.name, voter.success) for voter in vote.voters]
    good, bad, none = agreed(vote, given)
    gate = vote.gate or Gate(0.0, 0.0)
    inspected = good + bad
    return Law(
        good * (1 - gate.false_alarm),
        bad * (1 - gate.detection),
        none + good * gate.false_alarm + bad * gate.detection,
        float(len(vote.voters)),
        sum(voter.cost for voter in vote.voters) + inspected * gate.cost,
        expected_longest(tuple((voter.seconds, voter.seconds_cv) for voter in vote.voters)) + inspected * gate.seconds,
    )


def success_ceiling(step: Step) -> float:
    """Return what the success of a step with independent attempts tends to as they grow, ``a / (a + b)``.

    No number of attempts takes it beyond: what passes as a silent failure is never
    tried again. It is 0 where nothing can pass.
    """
    a, b, _ = attempt_shares(step, step.success)
    return float(_divide(a, a + b))
