"""A pipeline: how a run ends and what it takes, exactly and by simulation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from coordination_gap import checks
from coordination_gap.reliability import followed, importance, latency, simulation
from coordination_gap.reliability.latent import FINE, Fineness, Kinds, kinds_of_run
from coordination_gap.reliability.law import in_series, law_of
from coordination_gap.reliability.parts import Part, Step, checked_parts, numbered, walk


@dataclass(frozen=True)
class Outcome:
    """How a run ends, and what it takes.

    Attributes
    ----------
    success, silent_failure, halted
        Probabilities; they sum to 1.
    attempts
        Expected number of attempts in a run, over all steps.
    cost
        Expected US dollars of a run.
    seconds
        Expected seconds of a run.
    """

    success: float
    silent_failure: float
    halted: float
    attempts: float
    cost: float
    seconds: float
    _pipeline: "Pipeline" = field(repr=False, compare=False)

    @cached_property
    def latency(self) -> latency.Latency:
        """The distribution of the seconds of a run, halted runs included."""
        return latency.latency(self._pipeline)


@dataclass(frozen=True)
class Pipeline:
    """Steps in series, votes and branches. What a run is, is defined in :mod:`coordination_gap.reliability`.

    Attributes
    ----------
    steps
        The parts in order, any iterable of :class:`Step`, :class:`Vote` and
        :class:`Branch`; kept as a tuple.
    correlation
        Correlation, 0 to 1, between the successes of two steps of the same success, or
        of two attempts, in one run: the run's luck, which all of them share.
    common_cause
        Share of every step's failures that comes from a cause which strikes several
        steps, and all their attempts, at once (the beta factor).

    Raises
    ------
    ValueError
        If there is no step, an entry is no part, or two parts share a name.
    """

    steps: Sequence[Part]
    correlation: float = field(default=0.0, kw_only=True)
    common_cause: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        steps = checked_parts(self.steps, "pipeline: ")
        if not steps:
            raise ValueError("pipeline: steps is empty: give at least one Step")
        seen: set[str] = set()
        for part in walk(steps):
            if part.name in seen:
                raise ValueError(f"pipeline: two parts have the name {part.name!r}: give each part its own name")
            seen.add(part.name)
        object.__setattr__(self, "steps", steps)
        for name in ("correlation", "common_cause"):
            object.__setattr__(self, name, checks.probability(getattr(self, name), f"pipeline: {name}"))

    @classmethod
    def repeat(cls, step: Part, times: int, *, correlation: float = 0.0, common_cause: float = 0.0) -> "Pipeline":
        """Return a pipeline of `times` parts like `step`, all names in them numbered from 1."""
        times = checks.count(times, "times")
        steps = [numbered(step, number) for number in range(1, times + 1)]
        return cls(steps, correlation=correlation, common_cause=common_cause)

    def evaluate(self) -> Outcome:
        """Return how a run ends and what it takes, exactly.

        In time linear in the steps; where they share a common cause or their luck, times the
        number of *different* successes they have, and memory with it.

        The run's luck (:attr:`correlation`) is integrated numerically, to about 1e-10.
        """
        kinds = self.kinds_of_run()
        law = in_series(self.steps, None if kinds is None else self._success_by_kind(kinds))
        # Each step may lose or gain a last digit; over many thousand steps that would add up.
        total = law.good + law.bad + law.halted
        ends = [law.good / total, law.bad / total, law.halted / total, law.attempts, law.cost, law.seconds]
        if kinds is not None:
            ends = [np.dot(kinds.weight, np.broadcast_to(value, kinds.weight.shape)) for value in ends]
        # Where the run's luck is integrated, the weights sum to 1 but for a last digit.
        success, silent, halted = (min(1.0, float(value)) for value in ends[:3])
        attempts, cost, seconds = (float(value) for value in ends[3:])
        return Outcome(success, silent, halted, attempts, cost, seconds, self)

    def halted_by_step(self) -> npt.NDArray[np.float64]:
        """Return the probability that a run halts at each entry of ``steps``; it sums to ``halted``."""
        kinds = self.kinds_of_run()
        success = None if kinds is None else self._success_by_kind(kinds)
        weight = np.ones(1) if kinds is None else kinds.weight
        reached, halted = np.ones_like(weight), []
        for part in self.steps:
            law = law_of(part, success)
            halted.append(float(np.dot(weight, reached * law.halted)))
            reached = reached * law.settled
        return np.array(halted)

    def simulate(self, runs: int, seed: int, *, follow: bool = False) -> simulation.Simulated:
        """Return the same fields, estimated from `runs` simulated runs.

        Parameters
        ----------
        runs
            How many runs.
        seed
            A whole number from 0 on; the same seed gives the same estimates.
        follow
            Follow each run on its own, which gives the distribution of its seconds, too.
            Otherwise only the numbers of runs that take each turn are sampled, in time
            that does not grow with the runs, where the pipeline allows it.
        """
        if follow or simulation.must_follow(self):
            return followed.follow(self, runs, seed)
        return simulation.simulate(self, runs, seed)

    def importance(self) -> pd.DataFrame:
        """Return which step to mend first; see :func:`coordination_gap.reliability.importance.importance`."""
        return importance.importance(self)

    def all_steps(self) -> list[Step]:
        """Return every :class:`Step`, those in ways, votes and fallbacks included, in the order they stand."""
        return [part for part in walk(self.steps) if isinstance(part, Step)]

    def kinds_of_run(self, fineness: Fineness = FINE) -> Kinds | None:
        """Return the kinds of run that the steps share; None where they share nothing."""
        if self.correlation == 0.0 and self.common_cause == 0.0:
            return None
        return kinds_of_run((step.success for step in self.all_steps()), self.correlation, self.common_cause, fineness)

    def _success_by_kind(self, kinds: Kinds) -> dict[str, npt.NDArray[np.float64]]:
        return {step.name: kinds.success[step.success] for step in self.all_steps()}
