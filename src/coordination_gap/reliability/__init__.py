"""Reliability of pipelines: steps, retries, gates, fallbacks, votes and branches, exactly and by simulation.

What a run is
-------------
A run takes the parts of a pipeline one after the other. In a **step**:

1. An **attempt** succeeds with probability ``success``; otherwise it fails.
2. A failure is **loud** with probability ``loud``: it is seen at once (an error, a
   time-out). Otherwise it is **silent**: the output looks like any other.
3. A **gate**, if the step has one, inspects the output of every attempt that did not fail
   loudly. It catches a silent failure with probability ``detection`` and rejects a good
   output with probability ``false_alarm``.
4. A loud failure, a caught failure and a rejected output all lead to the next attempt, as
   long as ``attempts`` allows; the first attempt counts, and before each further one the
   backoff is waited. When none is left, the **fallback** takes over, a step or vote with
   attempts and a gate of its own; without one the run **halts**: it is handed to a person,
   and later steps do not run.
5. An output that is not seen to be bad is passed on. A silent failure that was passed on
   stays with the run. Later steps still run, and still may halt it; a later gate judges
   the output of its own step only, so it never removes a failure carried from before.

In a **vote** several voters answer at once, each with one attempt. Wrong answers are all
alike with probability ``agreement``, and otherwise each is of its own. If as many wrong
answers as are needed agree, one of them is passed on, also where as many good ones do (the
worst case); else a good answer is, if as many of those agree; else nothing is, which is
seen. The gate inspects the agreed answer. What is rejected, or not agreed on, goes to the
fallback. In a **branch** a run takes one of several ways, whatever happened before.

A run ends in **success** (nothing wrong was passed on), **silent failure** (it reached the
end carrying at least one), or **halted**. The three probabilities sum to 1.

What a run takes
----------------
Every attempt costs its step's ``cost``, and its time is gamma distributed with mean
``seconds`` and coefficient of variation ``seconds_cv``; every inspection adds the gate's
cost and seconds. Parts run one after the other; a vote takes as long as its slowest voter.

What is assumed
---------------
Attempts, steps and gates are independent of each other unless a **correlation** (the
beta-binomial law) or a **common cause** (the beta factor) says otherwise: of a step, for
its attempts; of a vote, for its voters; of a pipeline, for all its steps and attempts.
Both keep the success of one attempt, over all runs, what it is. A gate's verdict depends
only on whether the output is good. A person is assumed to receive a halted run; what
becomes of it then is outside the model.

Modules
-------
Model: ``laws`` (elementary formulas), ``parts``, ``law`` (exact, of one part), ``latent``
(what steps share), ``pipeline``, ``transform`` and ``latency`` (the distribution of the
seconds), ``specification`` (YAML). By sampling: ``simulation`` (counts), ``followed`` (run
by run). What to mend: ``importance``, ``allocation``, ``sensitivity``. From data:
``uncertainty`` (small tests), ``measured`` (repeated trials), ``horizons`` (success by task
length), ``traces`` (recorded runs). Pages: ``compounding``,
``remedies``, ``tested_rates``, ``evidence``, ``leaderboard``, ``rebuilt``, ``plots``, ``remedy_plots``,
``evidence_plots``.
"""

from coordination_gap.reliability.allocation import Allocation, Infeasible, allocate, remedy_options
from coordination_gap.reliability.betabinomial_fit import BetaBinomialFit, fit_beta_binomial
from coordination_gap.reliability.demonstration import SystemRuns, runs_to_claim, system_runs_to_claim
from coordination_gap.reliability.horizons import horizon_fits, horizon_ratio
from coordination_gap.reliability.latency import Latency
from coordination_gap.reliability.law import Law, law_of, success_ceiling
from coordination_gap.reliability.laws import (
    GatePosterior,
    apportion,
    expected_attempts,
    gate_posterior,
    k_out_of_n,
    required_step_success,
    retry_amplification,
    series,
    steps_until,
    success_with_attempts,
)
from coordination_gap.reliability.measured import bootstrap_pass, pass_at_k, pass_hat_k
from coordination_gap.reliability.parts import Branch, Gate, Part, Step, Vote, Way
from coordination_gap.reliability.pipeline import Outcome, Pipeline
from coordination_gap.reliability.simulated import Followed, Simulated, StandardErrors
from coordination_gap.reliability.specification import (
    load_pipeline,
    pipeline_from_yaml,
    pipeline_to_yaml,
    save_pipeline,
)
from coordination_gap.reliability.traces import (
    EstimatedPipeline,
    Gap,
    coordination_gap,
    estimate_pipeline,
    read_traces,
)
from coordination_gap.reliability.uncertainty import (
    Interval,
    SystemInterval,
    binomial_interval,
    interval_by_trials,
    paired_change_interval,
    system_interval,
)

__all__ = [
    "Allocation",
    "BetaBinomialFit",
    "Branch",
    "EstimatedPipeline",
    "Followed",
    "Gap",
    "Gate",
    "GatePosterior",
    "Infeasible",
    "Interval",
    "Latency",
    "Law",
    "Outcome",
    "Part",
    "Pipeline",
    "Simulated",
    "StandardErrors",
    "Step",
    "SystemInterval",
    "SystemRuns",
    "Vote",
    "Way",
    "allocate",
    "apportion",
    "binomial_interval",
    "bootstrap_pass",
    "coordination_gap",
    "estimate_pipeline",
    "expected_attempts",
    "fit_beta_binomial",
    "gate_posterior",
    "horizon_fits",
    "horizon_ratio",
    "interval_by_trials",
    "k_out_of_n",
    "law_of",
    "load_pipeline",
    "paired_change_interval",
    "pass_at_k",
    "pass_hat_k",
    "pipeline_from_yaml",
    "pipeline_to_yaml",
    "read_traces",
    "remedy_options",
    "required_step_success",
    "retry_amplification",
    "runs_to_claim",
    "save_pipeline",
    "series",
    "steps_until",
    "success_ceiling",
    "success_with_attempts",
    "system_interval",
    "system_runs_to_claim",
]
