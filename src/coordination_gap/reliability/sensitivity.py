"""What small tests of the steps leave open about the whole: which step's uncertainty matters, and how much in all.

A step that was tested in a few runs has an uncertain success, a beta distribution given its
counts (:mod:`~.uncertainty` says which prior, and what it is good for). :func:`propagate`
carries these through any pipeline, where :func:`~.uncertainty.system_interval` is exact for
a plain series. :func:`sobol` says whose uncertainty the result owes its variance to: the
step to *test* more, which need not be the step to mend (:mod:`~.importance`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from coordination_gap import checks
from coordination_gap.reliability.law import in_series
from coordination_gap.reliability.leaves import Leaf, leaves, unknown_name, with_parts
from coordination_gap.reliability.uncertainty import PUBLISHED_PRIOR, beta_prior
from coordination_gap.variance import variance_shares

if TYPE_CHECKING:
    from coordination_gap.reliability.pipeline import Pipeline

_Floats = npt.NDArray[np.float64]

#: What of a pipeline's outcome can be asked for.
OUTCOMES = ("success", "silent_failure", "halted", "attempts", "cost", "seconds")
_AT_ONCE = 1 << 14


def sobol(
    pipeline: "Pipeline",
    evidence: Mapping[str, tuple[int, int]],
    *,
    samples: int = 1024,
    seed: int = 1,
    outcome: str = "success",
    confidence: float = 0.95,
    prior: tuple[float, float] = PUBLISHED_PRIOR,
) -> pd.DataFrame:
    """Return how much of the variance of an outcome is owed to the uncertainty of each step.

    Computed by SALib from a scrambled Sobol sequence, with the estimators of Saltelli et al.
    (2010) and bootstrap intervals.

    Parameters
    ----------
    pipeline
        A pipeline; a step without evidence keeps its success.
    evidence
        For each tested step, by name, the successes and trials of its single attempts,
        gates left aside. Voters of a vote with a correlation or a common cause share one
        success: the counts stand under the vote's name.
    samples
        A power of two; the pipeline is evaluated ``samples * (len(evidence) + 2)`` times, at
        once where its steps share nothing, and one by one (milliseconds each) where they do.
    seed
        A whole number from 0 on.
    outcome
        One of :data:`OUTCOMES`.
    confidence
        Of the intervals, above 0 and below 1.
    prior
        Beta prior of each success, as of :func:`~.uncertainty.system_interval`.

    Returns
    -------
    pandas.DataFrame
        The step of the largest ``total`` first. ``step``; ``first_order``, the share of the
        variance that would go if this step's success were known; ``total``, the share that
        would be left if all others' were; each with ``_low`` and ``_high``. Estimates and their
        intervals may stray a little below 0 and above 1. ``attrs``: ``outcome``, ``samples``,
        ``seed``, ``confidence``, ``prior``, and ``mean``, ``sd``, ``low`` and ``high`` of the outcome.

    Raises
    ------
    ValueError
        If an argument cannot be.
    NoVarianceError
        If the outcome does not vary with the steps tested.
    """
    if outcome not in OUTCOMES:
        raise ValueError(f"outcome is {outcome!r}: {unknown_name(outcome, OUTCOMES)}")
    tested = _tested(pipeline, evidence, prior)

    def values(uniform: _Floats) -> _Floats:
        successes = np.column_stack([one.posterior.ppf(uniform[:, place]) for place, one in enumerate(tested)])
        return _outcomes(pipeline, [one.leaf for one in tested], successes)[outcome]

    names = [one.leaf.name for one in tested]
    frame = variance_shares(values, names, outcome, samples=samples, seed=seed, confidence=confidence)
    frame.attrs["prior"] = prior
    return frame.rename(columns={"input": "step"})


def propagate(
    pipeline: "Pipeline",
    evidence: Mapping[str, tuple[int, int]],
    *,
    draws: int = 20_000,
    seed: int = 1,
    confidence: float = 0.90,
    prior: tuple[float, float] = PUBLISHED_PRIOR,
) -> pd.DataFrame:
    """Return what the counts of its steps say about each outcome of a pipeline.

    Each draw takes a success of every tested step from its beta distribution and evaluates the
    pipeline exactly.

    Parameters
    ----------
    pipeline, evidence, prior
        As of :func:`sobol`.
    draws
        At least 100; one by one (milliseconds each) where the steps share something.
    seed
        A whole number from 0 on.
    confidence
        Of the equal-tailed interval, above 0 and below 1.

    Returns
    -------
    pandas.DataFrame
        A row for each of :data:`OUTCOMES`: ``outcome``; ``point``, the outcome with each
        tested step at its observed share of successes; ``mean``, ``sd``, ``low`` and ``high``
        of the draws. ``attrs``: ``draws``, ``seed``, ``confidence``, ``prior``.

    Raises
    ------
    ValueError
        If an argument cannot be.
    """
    draws = checks.count(draws, "draws", least=100)
    rng = np.random.default_rng(checks.count(seed, "seed", least=0))
    confidence = checks.inner_probability(confidence, "confidence")
    tested = _tested(pipeline, evidence, prior)
    used = [one.leaf for one in tested]
    successes = np.column_stack([one.posterior.rvs(draws, random_state=rng) for one in tested])
    values = _outcomes(pipeline, used, successes)
    point = _outcomes(pipeline, used, np.array([[one.share for one in tested]]))
    tail = (1.0 - confidence) / 2.0
    frame = pd.DataFrame(
        [
            (name, float(point[name][0]), drawn.mean(), drawn.std(ddof=1), *np.quantile(drawn, [tail, 1.0 - tail]))
            for name, drawn in values.items()
        ],
        columns=["outcome", "point", "mean", "sd", "low", "high"],
    )
    frame.attrs = {"draws": draws, "seed": seed, "confidence": confidence, "prior": prior}
    return frame


@dataclass(frozen=True)
class _Tested:
    """A leaf, its observed share of successes, and the beta distribution of its success."""

    leaf: Leaf
    share: float
    posterior: Any


def _tested(pipeline: "Pipeline", evidence: Mapping[str, tuple[int, int]], prior: tuple[float, float]) -> list[_Tested]:
    """Return the tested leaves in the order in which they stand."""
    if not evidence:
        raise ValueError("evidence is empty: give (successes, trials) of at least one step")
    a, b = beta_prior(prior)
    found = {leaf.name: leaf for leaf in leaves(pipeline.steps)}
    shared = {step.name: leaf.name for leaf in found.values() for step in leaf.steps if step.name not in found}
    for name in evidence:
        if name in shared:
            raise ValueError(
                f"evidence: {name!r} shares its success with the other voters of {shared[name]!r}: "
                f"give all their counts together, under {shared[name]!r}"
            )
        if name not in found:
            raise ValueError(f"evidence: no step has the name {name!r}; {unknown_name(name, found)}")
    tested = []
    for name, leaf in found.items():
        if name not in evidence:
            continue
        where = f"evidence of {name!r}: "
        try:
            successes, trials = evidence[name]
        except (TypeError, ValueError):
            raise ValueError(f"{where}it is {evidence[name]!r}: give a pair (successes, trials)") from None
        n = checks.count(trials, f"{where}trials")
        s = checks.count(successes, f"{where}successes", least=0)
        if s > n:
            raise ValueError(f"{where}successes is {s}: of trials={n} at most {n} can succeed, give 0 to {n}")
        if s + a == 0.0 or n - s + b == 0.0:
            raise ValueError(
                f"{where}{s} successes of {n} trials with prior=({a:g}, {b:g}) leave no distribution: "
                "give a prior with two positive numbers, such as (1, 1)"
            )
        tested.append(_Tested(leaf, s / n, stats.beta(s + a, n - s + b)))
    return tested


def _outcomes(pipeline: "Pipeline", used: list[Leaf], successes: _Floats) -> dict[str, _Floats]:
    """Return each outcome, shape (n,), for n rows of successes, one column per leaf."""
    shares = pipeline.correlation > 0.0 or pipeline.common_cause > 0.0
    at_once = (
        [_one_by_one(pipeline, used, successes)]
        if shares
        else [
            _together(pipeline, used, successes[start : start + _AT_ONCE])
            for start in range(0, len(successes), _AT_ONCE)
        ]
    )
    return dict(zip(OUTCOMES, np.concatenate(at_once, axis=1), strict=True))


def _together(pipeline: "Pipeline", used: list[Leaf], successes: _Floats) -> _Floats:
    success = {step.name: successes[:, place] for place, leaf in enumerate(used) for step in leaf.steps}
    law = in_series(pipeline.steps, success)
    total = law.good + law.bad + law.halted
    ends = (law.good / total, law.bad / total, law.halted / total, law.attempts, law.cost, law.seconds)
    return np.stack([np.broadcast_to(end, len(successes)) for end in ends])


def _one_by_one(pipeline: "Pipeline", used: list[Leaf], successes: _Floats) -> _Floats:
    found = np.empty((len(OUTCOMES), len(successes)))
    for row, success in enumerate(successes):
        # One leaf may hold another, as a step its fallback: the outer one comes first, and brings the inner as it was.
        steps = pipeline.steps
        for leaf, value in zip(used, success, strict=True):
            steps = with_parts(steps, {leaf.name: leaf.with_success(float(value))})
        outcome = replace(pipeline, steps=steps).evaluate()
        found[:, row] = [getattr(outcome, name) for name in OUTCOMES]
    return found
