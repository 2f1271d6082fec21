"""Attempts of runs to estimate pipelines from: given by kind, or of a pipeline followed run by run."""

import math
import random
from collections.abc import Callable, Sequence
from typing import Any, Literal

import pandas as pd

from coordination_gap.reliability.parts import Branch, Part, Step
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.traces import EstimatedPipeline

BOTH: tuple[Literal["pipeline", "product"], ...] = ("pipeline", "product")
Row = tuple[str, str, int, str]
GOOD = {"a": "good", "b": "good"}


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return attempts of which neither time nor cost is known."""
    return pd.DataFrame(rows, columns=["run", "step", "attempt", "outcome"]).assign(seconds=math.nan, cost=math.nan)


def runs_of(*kinds: tuple[int, dict[str, str]]) -> pd.DataFrame:
    """Return runs of some kinds: how many, and the outcomes of each step, such as ``{"find": "loud good"}``."""
    rows = [
        (f"{place}.{number}", step, attempt, outcome)
        for place, (times, steps) in enumerate(kinds)
        for number in range(times)
        for step, outcomes in steps.items()
        for attempt, outcome in enumerate(outcomes.split(), start=1)
    ]
    return frame(rows)


def simulated(
    pipeline: Pipeline, runs: int, seed: int, luck: Callable[[random.Random], float] = lambda _: 0.0
) -> pd.DataFrame:
    """Return the attempts of runs, followed one by one; `luck` is added to the success of all steps of a run."""
    rng = random.Random(seed)  # noqa: S311 # no secret
    rows: list[tuple[str, str, int, str, float, float]] = []

    def passes(step: Step, run: str, luck: float) -> bool:
        success = min(max(step.success + luck, 0.0), 1.0)
        if step.correlation:
            scale = (1 - step.correlation) / step.correlation
            success = rng.betavariate(success * scale, (1 - success) * scale)
        for attempt in range(1, step.attempts + 1):
            good = rng.random() < success
            outcome = "good" if good else "silent"
            if not good and rng.random() < step.loud:
                outcome = "loud"
            elif step.gate and rng.random() < (step.gate.false_alarm if good else step.gate.detection):
                outcome = "rejected_good" if good else "rejected_bad"
            rows.append((run, step.name, attempt, outcome, rng.gammavariate(4.0, 0.5), 0.01 * rng.random()))
            if outcome in {"good", "silent"}:
                return True
        return isinstance(step.fallback, Step) and passes(step.fallback, run, luck)

    def goes_on(parts: Sequence[Part], run: str, luck: float) -> bool:
        for part in parts:
            if isinstance(part, Branch):
                way = rng.choices(part.ways, [each.probability for each in part.ways])[0]
                if not goes_on(way.steps, run, luck):
                    return False
            elif isinstance(part, Step) and not passes(part, run, luck):
                return False
        return True

    for run in range(runs):
        goes_on(pipeline.steps, f"run {run}", luck(rng))
    return pd.DataFrame(rows, columns=["run", "step", "attempt", "outcome", "seconds", "cost"])


def parameter(estimated: EstimatedPipeline, step: str, name: str) -> Any:
    rows = estimated.steps[(estimated.steps["step"] == step) & (estimated.steps["parameter"] == name)]
    assert len(rows) == 1
    return rows.iloc[0]
