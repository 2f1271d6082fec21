"""How fast reliability is computed: exactly, by counts and run by run, and beside other ways.

``make bench`` runs it. All ways have to agree before any is timed. Then everything is timed
in turn, round after round, so that a busy moment of the machine meets all alike; what is
printed are medians over the rounds, and medians of the ratios within a round.
"""

import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from benchmarks import competitors
from coordination_gap.reliability import Gate, Pipeline, Simulated, Step
from coordination_gap.reliability.followed import follow
from coordination_gap.reliability.simulation import simulate

RESULTS = Path("_build/benchmarks/reliability.json")
ROUNDS = 9
#: A way whose estimate is further off than this many standard errors does not agree.
_MOST_ERRORS = 5.0

RETRIED = Step("step", 0.97, attempts=3, gate=Gate(0.9, 0.02), loud=0.6, cost=0.01, seconds=2.0)
SIX = Pipeline.repeat(RETRIED, 6)
RANDOM_TIMES = Pipeline.repeat(replace(RETRIED, seconds_cv=0.5), 6)
LUCK = Pipeline.repeat(RETRIED, 6, correlation=0.2)
LUCK_OF_UNLIKE_STEPS = Pipeline(
    [replace(RETRIED, name=f"step {place}", success=0.95 + 0.008 * place) for place in range(6)], correlation=0.2
)
FOLLOWED = {
    "constant times": SIX,
    "random times": RANDOM_TIMES,
    "constant times, correlation across like steps": LUCK,
    "constant times, correlation across unlike steps": LUCK_OF_UNLIKE_STEPS,
    "random times, correlation across unlike steps": Pipeline(
        [replace(step, seconds_cv=0.5) for step in LUCK_OF_UNLIKE_STEPS.all_steps()], correlation=0.2
    ),
}
WITH_FALLBACK = replace(RETRIED, fallback=Step("other", 0.9, attempts=2, loud=0.5, cost=0.05, seconds=5.0))
LENGTHS = (6, 100, 1_000, 10_000)
COUNTED_RUNS, FOLLOWED_RUNS = 10**8, 10**6
OTHERS: Mapping[str, tuple[Callable[..., competitors.Estimates], int]] = {
    "plain Python, run by run": (competitors.plain_python, 50_000),
    "naive NumPy, whole arrays": (competitors.naive_numpy, 1_000_000),
    "simpy, a process for each run": (competitors.simpy_processes, 5_000),
}


@dataclass(frozen=True)
class Row:
    """One line of the table: what was timed, its median, and what that comes to."""

    name: str
    seconds: float
    note: str = ""
    goal: str = ""


def main() -> int:
    """Check that all ways agree, time them, print the table and write it; return the exit status."""
    faults = disagreements()
    for fault in faults:
        print(f"bench: {fault}", file=sys.stderr)
    if faults:
        return 1
    rows = measured()
    machine = about_this_machine("numpy", "scipy", "simpy", "stormpy")
    print(machine)
    print()
    print(table(rows))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": machine, "rows": [vars(row) for row in rows]}, indent=1) + "\n")
    return 0


def disagreements() -> list[str]:
    """Return a sentence for each estimate that is off the exact value, with everything that is timed below."""
    found = []
    for name, (estimate, runs) in OTHERS.items():
        found += _off(name, SIX, estimate(SIX.steps, runs, 1))
    found += _off("counts", SIX, _as_estimates(simulate(SIX, COUNTED_RUNS, 1)))
    for name, pipeline in FOLLOWED.items():
        found += _off(f"followed, {name}", pipeline, _as_estimates(follow(pipeline, FOLLOWED_RUNS, 1)))
    if has_storm():
        exact = SIX.evaluate()
        for field, value in _storm().items():
            if abs(value - getattr(exact, field)) > 1e-9:
                found.append(f"stormpy: {field} is {value!r}, but evaluate() gives {getattr(exact, field)!r}")
    return found


def _off(name: str, pipeline: Pipeline, estimates: competitors.Estimates) -> list[str]:
    exact = pipeline.evaluate()
    return [
        f"{name}: {field} is {value:.6g} with standard error {error:.2g}, but exactly {getattr(exact, field):.6g}"
        for field, (value, error) in estimates.items()
        if not abs(value - getattr(exact, field)) <= _MOST_ERRORS * error
    ]


def _as_estimates(simulated: Simulated) -> competitors.Estimates:
    return {
        field: (getattr(simulated, field), getattr(simulated.standard_error, field)) for field in competitors.FIELDS
    }


def has_storm() -> bool:
    """Return whether the model checker is installed; it is published for Linux on x86-64 only."""
    return importlib.util.find_spec("stormpy") is not None


def _storm() -> dict[str, float]:
    from tests.reliability import storm_models

    return storm_models.outcome(SIX)


class Recorder:
    """A random generator that remembers what was drawn from it, to draw as much again."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._drawn: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def draw(*args: Any, **options: Any) -> Any:
            # An array that is drawn into is used again and again there, and so it is here.
            self._drawn.append((name, args, options))
            return getattr(self._rng, name)(*args, **options)

        return draw

    def draw_again(self) -> None:
        """Draw the same numbers, and do nothing else."""
        rng = np.random.default_rng(1)
        for name, args, options in self._drawn:
            getattr(rng, name)(*args, **options)


def _recorded(pipeline: Pipeline) -> Recorder:
    recorder = Recorder(1)
    with mock.patch.object(np.random, "default_rng", return_value=recorder):
        follow(pipeline, FOLLOWED_RUNS, 1)
    return recorder


def measured() -> list[Row]:
    """Return the table's rows."""
    long = {steps: Pipeline.repeat(WITH_FALLBACK, steps) for steps in LENGTHS}
    tasks: dict[str, Callable[[], object]] = {}
    repeated = dict.fromkeys((f"evaluate {steps}" for steps in LENGTHS), 1) | {"evaluate 6": 200, "evaluate 100": 10}
    for steps, pipeline in long.items():
        tasks[f"evaluate {steps}"] = pipeline.evaluate
    tasks["counts"] = partial(simulate, SIX, COUNTED_RUNS, 1)
    repeated["counts"] = 5
    for name, pipeline in FOLLOWED.items():
        tasks[f"follow {name}"] = partial(follow, pipeline, FOLLOWED_RUNS, 1)
        tasks[f"draw {name}"] = _recorded(pipeline).draw_again
    for name, (estimate, runs) in OTHERS.items():
        tasks[name] = partial(estimate, SIX.steps, runs, 1)
    if has_storm():
        tasks["storm"] = _storm
    times = _times(tasks, repeated)
    median = {name: statistics.median(seconds) for name, seconds in times.items()}

    rows = []
    for steps in LENGTHS:
        goal = {6: "< 1 ms", 10_000: "< 1 s"}.get(steps, "")
        note = f"{median[f'evaluate {steps}'] / steps * 1e6:.1f} µs a step"
        rows.append(Row(f"evaluate(), {steps:,} steps", median[f"evaluate {steps}"], note, goal))
    note = f"peak memory {_peak_kilobytes(tasks['counts']):,.0f} kB"
    rows.append(Row(f"simulate(), counts of {COUNTED_RUNS:.0e} runs", median["counts"], note, "< 10 ms"))
    for name in FOLLOWED:
        ratio = statistics.median(
            mine / drawn for mine, drawn in zip(times[f"follow {name}"], times[f"draw {name}"], strict=True)
        )
        note = (
            f"{ratio:.2f} × the {median[f'draw {name}'] * 1e3:.0f} ms of drawing the same numbers; "
            f"{FOLLOWED_RUNS / median[f'follow {name}'] / 1e6:.1f} M runs/s"
        )
        rows.append(Row(f"follow(), {FOLLOWED_RUNS:.0e} runs, {name}", median[f"follow {name}"], note, "< 3 ×"))
    note = f"peak memory {_peak_kilobytes(partial(follow, SIX, FOLLOWED_RUNS, 1)) / 1e3:,.0f} MB"
    rows[-len(FOLLOWED)] = replace(rows[-len(FOLLOWED)], note=f"{rows[-len(FOLLOWED)].note}; {note}")
    for name, (_, runs) in OTHERS.items():
        slower = median[name] / runs / (median[f"follow {next(iter(FOLLOWED))}"] / FOLLOWED_RUNS)
        note = f"{runs / median[name] / 1e6:.3g} M runs/s; {slower:.1f} × the time of follow() for a run"
        rows.append(Row(f"{name}, {runs:,} runs", median[name], note))
    if has_storm():
        note = "all six fields, exact, build and check; no quantiles"
        rows.append(Row("stormpy, the same pipeline as a Markov chain", median["storm"], note))
    return rows


def _times(tasks: Mapping[str, Callable[[], object]], repeated: Mapping[str, int]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for measured_round in range(ROUNDS + 1):
        for name, task in tasks.items():
            often = repeated.get(name, 1)
            start = time.perf_counter()
            for _ in range(often):
                task()
            if measured_round:  # the first round only warms up
                times[name].append((time.perf_counter() - start) / often)
    return times


def _peak_kilobytes(task: Callable[[], object]) -> float:
    tracemalloc.start()
    task()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e3


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | median | goal | |", "|---|---:|---|---|"]
    lines += [f"| {row.name} | {_shown(row.seconds)} | {row.goal} | {row.note} |" for row in rows]
    return "\n".join(lines)


def _shown(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1.0:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def about_this_machine(*packages: str) -> str:
    """Return what the numbers depend on, the versions of these packages among it as far as they are installed."""
    installed = {found.name.lower(): found.version for found in importlib.metadata.distributions()}
    versions = ", ".join(f"{name} {installed[name.lower()]}" for name in packages if name.lower() in installed)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}; load average at the end {load:.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
