"""Steps in series: how a run ends, exactly and by simulation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from coordination_gap.reliability import checks, simulation
from coordination_gap.reliability.parts import Step
from coordination_gap.reliability.steplaw import StepLaw, step_law


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
        Expected seconds of a run, its steps running one after the other.
    """

    success: float
    silent_failure: float
    halted: float
    attempts: float
    cost: float
    seconds: float


@dataclass(frozen=True)
class Pipeline:
    """Steps in series. What a run is, is defined in :mod:`coordination_gap.reliability`.

    Attributes
    ----------
    steps
        The steps in order, any iterable of :class:`Step`; kept as a tuple.

    Raises
    ------
    ValueError
        If there is no step, an entry is not a :class:`Step`, or two share a name.
    """

    steps: Sequence[Step]

    def __post_init__(self) -> None:
        if not isinstance(self.steps, Iterable):
            raise ValueError(f"pipeline: steps is {self.steps!r}: give a list of Step")
        steps = tuple(self.steps)
        if not steps:
            raise ValueError("pipeline: steps is empty: give at least one Step")
        first_place: dict[str, int] = {}
        for place, step in enumerate(steps, start=1):
            if not isinstance(step, Step):
                raise ValueError(f"pipeline: step {place} is {step!r}: give a Step")
            if step.name in first_place:
                raise ValueError(
                    f"pipeline: step {place} has the name {step.name!r} of step {first_place[step.name]}: "
                    "give each step its own name"
                )
            first_place[step.name] = place
        object.__setattr__(self, "steps", steps)

    @classmethod
    def repeat(cls, step: Step, times: int) -> "Pipeline":
        """Return a pipeline of `times` steps like `step`, numbered from 1 in their names."""
        times = checks.count(times, "times")
        return cls([replace(step, name=f"{step.name} {number}") for number in range(1, times + 1)])

    def evaluate(self) -> Outcome:
        """Return how a run ends and what it takes, exactly, in time linear in the steps."""
        clean, carrying, halted = 1.0, 0.0, 0.0
        attempts = cost = seconds = 0.0
        for reached, law in self._walk():
            attempts += reached * law.attempts
            cost += reached * law.cost
            seconds += reached * law.seconds
            halted += reached * law.halted
            carrying = carrying * law.settled + clean * law.bad
            clean *= law.good
        # Each step may lose or gain a last digit; over many thousand steps that would add up.
        total = clean + carrying + halted
        return Outcome(clean / total, carrying / total, halted / total, attempts, cost, seconds)

    def halted_by_step(self) -> npt.NDArray[np.float64]:
        """Return the probability that a run halts at each step, shape ``(steps,)``; it sums to ``halted``."""
        return np.array([reached * law.halted for reached, law in self._walk()])

    def simulate(self, runs: int, seed: int) -> simulation.Simulated:
        """Return the same fields, estimated from `runs` simulated runs.

        Counts of runs are sampled through every step and attempt; see
        :mod:`coordination_gap.reliability.simulation`.
        """
        return simulation.simulate(self.steps, runs, seed)

    def _walk(self) -> Iterator[tuple[float, StepLaw]]:
        """Yield, step by step, the probability that a run reaches the step, and the step's law."""
        reached = 1.0
        for step in self.steps:
            law = step_law(step)
            yield reached, law
            reached *= law.settled
