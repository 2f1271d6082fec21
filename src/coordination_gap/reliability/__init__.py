"""Reliability of pipelines: steps in series, with retries and gates.

What a run is
-------------
A run takes the steps of a pipeline one after the other. In a step:

1. An **attempt** succeeds with probability ``success``; otherwise it fails.
2. A failure is **loud** with probability ``loud``: it is seen at once (an error, a
   time-out). Otherwise it is **silent**: the output looks like any other.
3. A **gate**, if the step has one, inspects the output of every attempt that did not fail
   loudly. It catches a silent failure with probability ``detection`` and rejects a good
   output with probability ``false_alarm``.
4. A loud failure, a caught failure and a rejected output all lead to the next attempt, as
   long as ``attempts`` allows; the first attempt counts. When none is left, the run
   **halts**: it is handed to a person, and later steps do not run.
5. An output that is not seen to be bad is passed on. A silent failure that was passed on
   stays with the run. Later steps still run, and still may halt it; a later gate judges
   the output of its own step only, so it never removes a failure carried from before.

A run ends in **success** (no step passed on a failure), **silent failure** (it reached the
end carrying one or more), or **halted**. The three probabilities sum to 1. Every attempt
costs its step's ``cost`` and takes its ``seconds``, gate included; steps run one after the
other, and nothing is waited for between attempts.

What is assumed
---------------
Attempts, steps and gates are independent of each other: a second attempt is as likely to
succeed as the first, a step does not care what the steps before it did, and a gate's
verdict depends only on whether the output is good. A person is assumed to receive a halted
run; what becomes of it then is outside the model.

Modules
-------
``laws`` has the elementary formulas, ``parts`` the step and the gate, ``steplaw`` the exact
law of one step, ``pipeline`` steps in series, ``simulation`` the same by sampling,
``compounding`` the frames of the page of that name, and ``plots`` its figures.
"""

from coordination_gap.reliability.laws import (
    GatePosterior,
    expected_attempts,
    gate_posterior,
    k_out_of_n,
    required_step_success,
    series,
    steps_until,
    success_with_attempts,
)
from coordination_gap.reliability.parts import Gate, Step
from coordination_gap.reliability.pipeline import Outcome, Pipeline
from coordination_gap.reliability.simulation import Simulated, StandardErrors
from coordination_gap.reliability.steplaw import StepLaw, step_law, success_ceiling

__all__ = [
    "Gate",
    "GatePosterior",
    "Outcome",
    "Pipeline",
    "Simulated",
    "StandardErrors",
    "Step",
    "StepLaw",
    "expected_attempts",
    "gate_posterior",
    "k_out_of_n",
    "required_step_success",
    "series",
    "step_law",
    "steps_until",
    "success_ceiling",
    "success_with_attempts",
]
