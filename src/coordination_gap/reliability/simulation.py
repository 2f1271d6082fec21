"""Simulating a pipeline by sampling how many runs take each turn, attempt by attempt.

Runs that stand at the same place are alike, so only their number is kept: for every
attempt of every step, binomial draws decide how many of them succeed, fail loudly, are
caught or are rejected. Time grows with steps and attempts, not with runs, and memory with
neither runs nor attempts. Nothing here uses the closed form of
:mod:`coordination_gap.reliability.steplaw`: the two check each other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from coordination_gap.reliability import checks
from coordination_gap.reliability.parts import Step

Counts = npt.NDArray[np.int64]

#: More runs than this could overflow the 64-bit counts of a step's attempts.
MOST_RUNS = 10**15


@dataclass(frozen=True)
class StandardErrors:
    """Standard errors of the estimates of the same names."""

    success: float
    silent_failure: float
    halted: float
    attempts: float
    cost: float
    seconds: float


@dataclass(frozen=True)
class Simulated:
    """What happened in simulated runs: the fields of an outcome, estimated.

    Attributes
    ----------
    runs, seed
        What was asked for.
    successes, silent_failures, halts
        Counts of runs; they sum to `runs`.
    attempts, cost, seconds
        Means per run: attempts, US dollars, seconds.
    standard_error
        The standard error of each estimate. It is 0 where all runs ended alike; use
        :meth:`interval` there.
    """

    runs: int
    seed: int
    successes: int
    silent_failures: int
    halts: int
    attempts: float
    cost: float
    seconds: float
    standard_error: StandardErrors

    @property
    def success(self) -> float:
        """Share of runs that ended in success."""
        return self.successes / self.runs

    @property
    def silent_failure(self) -> float:
        """Share of runs that ended carrying a silent failure."""
        return self.silent_failures / self.runs

    @property
    def halted(self) -> float:
        """Share of runs that were handed to a person."""
        return self.halts / self.runs

    def interval(self, outcome: str, confidence: float = 0.95) -> tuple[float, float]:
        """Return the Wilson score interval of an outcome's probability.

        Unlike the standard error it keeps a width where an outcome never or always
        happened (Wilson 1927).

        Parameters
        ----------
        outcome
            ``"success"``, ``"silent_failure"`` or ``"halted"``.
        confidence
            In (0, 1).
        """
        counts = {"success": self.successes, "silent_failure": self.silent_failures, "halted": self.halts}
        if outcome not in counts:
            raise ValueError(f"outcome is {outcome!r}: give one of {', '.join(counts)}")
        if not 0.0 < checks.probability(confidence, "confidence") < 1.0:
            raise ValueError(f"confidence is {confidence!r}: give a number between 0 and 1, both excluded")
        z = float(special.ndtri((1 + confidence) / 2))
        share, weight = counts[outcome] / self.runs, z * z / self.runs
        centre = (share + weight / 2) / (1 + weight)
        half = math.sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
        # The ends are exactly 0 and 1 there; rounding could put them a hair beyond.
        low = 0.0 if counts[outcome] == 0 else centre - half
        high = 1.0 if counts[outcome] == self.runs else centre + half
        return low, high


@dataclass(frozen=True)
class _StepTally:
    """What the runs that entered a step did in it.

    ``attempts`` and ``attempts_squared`` are sums over these runs, ``attempts_settled``
    the sum over those of them that passed something on, ``settled`` their number.
    """

    entered: int
    settled: int
    attempts: int
    attempts_squared: int
    attempts_settled: int


def _run_step(step: Step, entering: Counts, rng: np.random.Generator) -> tuple[Counts, Counts, _StepTally]:
    """Take the `entering` runs (a count per group) through `step`; return good, bad and the tally.

    The groups are runs still clean and runs that already carry a silent failure; they
    meet the same probabilities.
    """
    active = entering.copy()
    good, bad = np.zeros_like(active), np.zeros_like(active)
    settled = attempts = squared = attempts_settled = 0
    tried = 0
    while tried < step.attempts and active.any():
        tried += 1
        succeeded = rng.binomial(active, step.success)
        failed = active - succeeded
        silent = failed - rng.binomial(failed, step.loud)
        if step.gate is not None:
            succeeded = succeeded - rng.binomial(succeeded, step.gate.false_alarm)
            silent = silent - rng.binomial(silent, step.gate.detection)
        good += succeeded
        bad += silent
        active = active - succeeded - silent
        passed = int(succeeded.sum()) + int(silent.sum())
        settled += passed
        attempts_settled += passed * tried
        squared += passed * tried**2
    halted = int(active.sum())
    attempts = attempts_settled + halted * tried
    squared += halted * tried**2
    return good, bad, _StepTally(int(entering.sum()), settled, attempts, squared, attempts_settled)


def _mean_and_variance(tallies: Sequence[_StepTally], per_attempt: Sequence[float]) -> tuple[float, float]:
    """Return mean and variance over runs of the sum of `per_attempt` over all attempts of a run.

    Backwards over the steps: what is still to come from a step on is what its own
    attempts take, and, if it passes something on, what is to come from the next.
    """
    mean = square = 0.0
    for tally, unit in zip(reversed(tallies), reversed(per_attempt), strict=True):
        if tally.entered == 0:
            continue
        go_on = tally.settled / tally.entered
        both = tally.attempts_settled / tally.entered
        square = unit**2 * tally.attempts_squared / tally.entered + 2 * unit * both * mean + go_on * square
        mean = unit * tally.attempts / tally.entered + go_on * mean
    return mean, max(0.0, square - mean**2)  # a variance of zero may come out as a negative rounding error


def simulate(steps: Sequence[Step], runs: int, seed: int) -> Simulated:
    """Simulate independent runs through `steps`.

    Parameters
    ----------
    steps
        The steps, in order.
    runs
        How many runs, 1 to 10**15.
    seed
        A whole number from 0 on; the same seed gives the same counts.

    Raises
    ------
    ValueError
        If `runs` or `seed` is not what it has to be.
    """
    runs = checks.count(runs, "runs")
    if runs > MOST_RUNS:
        raise ValueError(f"runs is {runs}: give at most {MOST_RUNS}")
    seed = checks.count(seed, "seed", least=0)
    rng = np.random.default_rng(seed)
    clean_and_carrying = np.array([runs, 0], dtype=np.int64)
    tallies = []
    for step in steps:
        good, bad, tally = _run_step(step, clean_and_carrying, rng)
        # A run that carries a silent failure carries it to the end, whatever later steps do.
        clean_and_carrying = np.array([good[0], good[1] + bad.sum()], dtype=np.int64)
        tallies.append(tally)
    successes, silent_failures = (int(number) for number in clean_and_carrying)
    halts = runs - successes - silent_failures
    units = {
        "attempts": [1.0] * len(steps),
        "cost": [step.cost for step in steps],
        "seconds": [step.seconds for step in steps],
    }
    amounts = {name: _mean_and_variance(tallies, unit) for name, unit in units.items()}
    errors = {name: math.sqrt(variance / runs) for name, (_, variance) in amounts.items()}
    for name, number in (("success", successes), ("silent_failure", silent_failures), ("halted", halts)):
        errors[name] = math.sqrt(number / runs * (1 - number / runs) / runs)
    return Simulated(
        runs=runs,
        seed=seed,
        successes=successes,
        silent_failures=silent_failures,
        halts=halts,
        standard_error=StandardErrors(**errors),
        **{name: mean for name, (mean, _) in amounts.items()},
    )
