"""How the workflow is built, and how its runs end: a series of equal steps, by :mod:`coordination_gap.reliability`."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coordination_gap import checks
from coordination_gap.reliability import Gate, Pipeline, Step, law_of

Floats = npt.NDArray[np.float64]


class Ends(NamedTuple):
    """How runs end, each an array over the successes asked for, and what they take.

    Attributes
    ----------
    success, silent, halted
        Probabilities; they sum to 1.
    calls
        Expected calls of a run, a gate's inspection counted as its share of one.
    """

    success: Floats
    silent: Floats
    halted: Floats
    calls: Floats


@dataclass(frozen=True)
class Design:
    """A workflow of equal steps in series.

    Attributes
    ----------
    name
        In tables and figures.
    steps
        How many.
    attempts
        The most that are made of each step, the first included.
    loud
        Share of failed attempts that are seen at once.
    detection, false_alarm
        Of a gate behind each step; a detection of 0 with no false alarm is no gate.
    gate_calls
        What one inspection costs, in calls of a step.
    correlation
        Between the successes of two attempts of one step in one run, 0 to 1.

    Raises
    ------
    ValueError
        If a field cannot be.
    """

    name: str
    steps: int
    attempts: int = 1
    loud: float = 0.0
    detection: float = 0.0
    false_alarm: float = 0.0
    gate_calls: float = 0.0
    correlation: float = 0.0

    def __post_init__(self) -> None:
        checks.count(self.steps, "steps", most=1000)
        self.pipeline(1.0)

    @property
    def has_gate(self) -> bool:
        """Whether anything is inspected."""
        return self.detection > 0 or self.false_alarm > 0

    def pipeline(self, step_success: float) -> Pipeline:
        """Return the pipeline in which each step succeeds with `step_success`, and a call costs 1."""
        gate = Gate(self.detection, self.false_alarm, cost=self.gate_calls) if self.has_gate else None
        step = Step(
            "step",
            step_success,
            attempts=self.attempts,
            gate=gate,
            loud=self.loud,
            correlation=self.correlation,
            cost=1.0,
        )
        return Pipeline.repeat(step, self.steps)

    def ends(self, step_success: Floats | float) -> Ends:
        """Return how runs end at one or many successes of a step.

        Raises
        ------
        ValueError
            If one is no probability.
        """
        p = np.atleast_1d(np.asarray(step_success, dtype=float))
        for value in p[~((p >= 0) & (p <= 1))]:
            checks.probability(float(value), "step_success")
        # Equal steps: the law of one of them is worked out once, and put in series with itself.
        step = self.pipeline(1.0).steps[0]
        one = law_of(step, {step.name: p})
        reached = (1 - one.halted) ** self.steps
        good = one.good**self.steps
        halted = 1 - reached
        # 1 + q + q^2 + … times what a step takes.
        begun = sum((1 - one.halted) ** place for place in range(self.steps))
        law = (good, reached - good, halted, begun * one.cost)
        good, bad, halted, cost = (np.broadcast_to(value, p.shape) for value in law)
        return Ends(good, bad, halted, cost)
