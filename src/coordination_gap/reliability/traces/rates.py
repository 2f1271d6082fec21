"""From counts of outcomes to the rates of a step, and to the correlation of its attempts.

- ``success`` is the share of good outputs, before the gate, among the **first** attempts of
  runs. Later attempts are made only where the first was seen to fail, so with correlated
  attempts they are a worse than average sample; what they add is the correlation.
- ``loud``, ``detection`` and ``false_alarm`` come from all attempts.
- ``correlation`` of a step's attempts is the beta-binomial one, by maximum likelihood given
  ``success``. Attempts end with the first output passed on; that this depends on what was
  seen, and on nothing else, lets the plain product of the urn serve as likelihood.
- Where only some outputs were judged, those are taken as a random sample of the outputs
  passed on, and of the outputs rejected; loud failures need no judge. The share of good
  outputs is then added up over the three, for a plain ratio of judged outputs would count
  every loud failure but only some of the good outputs.
"""

import math
from typing import Any

import numpy as np
from scipy import special, stats

from coordination_gap import checks
from coordination_gap.reliability.traces.codes import (
    GOOD,
    LOUD,
    PASSED,
    REJECTED,
    REJECTED_BAD,
    REJECTED_GOOD,
    SILENT,
    Floats,
)
from coordination_gap.reliability.uncertainty import Interval

#: Parameters that are probabilities, in the order in which arrays hold them.
RATES = ("success", "loud", "detection", "false_alarm", "correlation")
#: A correlation is not estimated from fewer runs with a second attempt.
FEWEST_RETRIED_RUNS = 10
#: Some intervals are quantiles of 4,000 draws, of which no more than two lie beyond each end at this confidence.
_MOST_CONFIDENCE = 0.999


def checked_confidence(value: object) -> float:
    """Return the confidence of intervals as a float, above 0 and at most 0.999.

    Raises
    ------
    ValueError
        If it is not, or no probability.
    """
    confidence = checks.inner_probability(value, "confidence")
    if confidence <= _MOST_CONFIDENCE:
        return confidence
    raise ValueError(
        f"confidence is {confidence!r}: give at most {_MOST_CONFIDENCE}, as further out the draws behind some of the "
        "intervals show nothing"
    )


def ratio(part: Any, whole: Any) -> Floats:
    """Return part / whole, NaN where there is no whole."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(whole) > 0, np.divide(part, whole), math.nan)


def _split(counts: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return how many outputs were passed on good, passed on bad, rejected good, rejected bad.

    Outputs that nobody judged are shared out like those that were; NaN where none was judged.
    """
    found = []
    for good, bad, unjudged in ((GOOD, SILENT, PASSED), (REJECTED_GOOD, REJECTED_BAD, REJECTED)):
        judged = counts[..., good] + counts[..., bad]
        number = judged + counts[..., unjudged]
        found += [np.where(number > 0, ratio(number * counts[..., kind], judged), 0.0) for kind in (good, bad)]
    return found[0], found[1], found[2], found[3]


def rates_of(counts: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return success, loud, detection and false_alarm from counts of outcomes (last axis), NaN for unknown."""
    passed_good, passed_bad, rejected_good, rejected_bad = _split(counts)
    loud = counts[..., LOUD]
    return (
        ratio(passed_good + rejected_good, counts.sum(axis=-1)),
        ratio(loud, loud + passed_bad + rejected_bad),
        ratio(rejected_bad, rejected_bad + passed_bad),
        ratio(rejected_good, rejected_good + passed_good),
    )


def _urn_log_likelihood(more: Floats, success: Any, correlation: Any) -> Floats:
    """Return the log-likelihood of attempts that share the luck of their run.

    `more` counts runs (last axis) with more than i = 0, 1, … right attempts, then wrong
    ones, then attempts. The i-th right attempt of a run has the urn's probability
    (p (1 - ρ) + i ρ) / (1 - ρ + t ρ) after t attempts, i from 0.
    """
    right, wrong, drawn = np.split(more, 3, axis=-1)
    spare = 1.0 - correlation
    # The factors for i = 0 are written out, as 1 - ρ cancels in them, and may be 0.
    found = special.xlogy(right[..., 0], success) + special.xlogy(wrong[..., 0], 1.0 - success)
    found = found + special.xlogy(right[..., 0] + wrong[..., 0] - drawn[..., 0], spare)
    for i in range(1, drawn.shape[-1]):
        found = found + special.xlogy(right[..., i], success * spare + i * correlation)
        found = found + special.xlogy(wrong[..., i], (1.0 - success) * spare + i * correlation)
        found = found - special.xlogy(drawn[..., i], spare + i * correlation)
    return np.asarray(found, dtype=np.float64)


def retried_runs(more: Floats) -> Floats:
    """Return how many runs have two judged attempts."""
    return np.asarray(more[..., 2 * (more.shape[-1] // 3) + 1], dtype=np.float64)


def likeliest_correlation(more: Floats, success: Floats) -> Floats:
    """Return the likeliest correlation given the success, shape (samples,); NaN where too little was seen."""
    enough = (retried_runs(more) >= FEWEST_RETRIED_RUNS) & (success > 0) & (success < 1)
    success = np.where(enough, success, 0.5)[:, None]
    best, step = np.full(len(success), 0.5), 0.5
    for points in (101, 41, 41):
        grid = np.clip(best[:, None] + np.linspace(-step, step, points), 0.0, 1.0)
        best = grid[np.arange(len(grid)), _urn_log_likelihood(more[:, None, :], success, grid).argmax(axis=1)]
        step *= 2.0 / (points - 1)
    return np.where(enough, best, math.nan)


def correlation_interval(more: Floats, success: float, best: float, confidence: float) -> Interval:
    """Return the profile-likelihood interval, the success being what suits each correlation best."""
    grid = np.linspace(0.0, 1.0, 401)
    odds = special.logit(success) + np.linspace(-1.0, 1.0, 201) ** 3 * 6.0
    height = _urn_log_likelihood(more, special.expit(odds), grid[:, None]).max(axis=1)
    below = 2.0 * (height.max() - height) - stats.chi2.ppf(confidence, 1)
    inside = np.flatnonzero(below <= 0.0)

    def end(last: int, next_out: int) -> float:
        if not 0 <= next_out < len(grid):
            return float(grid[last])
        way = below[last] / (below[last] - below[next_out])  # to where it crosses 0
        return float(grid[last] + way * (grid[next_out] - grid[last]))

    return Interval(
        min(end(inside[0], inside[0] - 1), best), max(end(inside[-1], inside[-1] + 1), best)
    )  # fmt: skip
