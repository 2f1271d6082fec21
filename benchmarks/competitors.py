"""The six-step pipeline as one would write it without this package; each returns what it estimates of a run.

Every function takes steps with constant times and independent attempts, how many runs to
make and a seed, and returns, for each field of an outcome, the mean and its standard error.
"""

import math
import random
from collections.abc import Generator, Iterable

import numpy as np
import simpy

from coordination_gap.reliability import Gate, Step

FIELDS = ("success", "silent_failure", "halted", "attempts", "cost", "seconds")
Estimates = dict[str, tuple[float, float]]


def thresholds(step: Step) -> tuple[float, float]:
    """Return the shares of attempts that pass a good output, and that pass any."""
    gate = step.gate or Gate(0.0, 0.0)
    good = step.success * (1 - gate.false_alarm)
    return good, good + (1 - step.success) * (1 - step.loud) * (1 - gate.detection)


def plain_python(steps: Iterable[Step], runs: int, seed: int) -> Estimates:
    """One run after the other, one random number an attempt."""
    draw = random.Random(seed).random  # noqa: S311 - a simulation
    plan = [(*thresholds(step), step.attempts, step.cost, step.seconds) for step in steps]
    counts = [0, 0, 0]
    sums, squares = [0.0] * 3, [0.0] * 3
    for _ in range(runs):
        end = attempts = 0
        cost = seconds = 0.0
        for good, passed, most, attempt_cost, attempt_seconds in plan:
            for _attempt in range(most):
                attempts += 1
                cost += attempt_cost
                seconds += attempt_seconds
                number = draw()
                if number < good:
                    break
                if number < passed:
                    end = 1
                    break
            else:
                end = 2
                break
        counts[end] += 1
        sums[0] += attempts
        sums[1] += cost
        sums[2] += seconds
        squares[0] += attempts * attempts
        squares[1] += cost * cost
        squares[2] += seconds * seconds
    return _estimates(runs, [*counts, *sums], [*counts, *squares])


def naive_numpy(steps: Iterable[Step], runs: int, seed: int) -> Estimates:
    """All runs at once: whole arrays for each attempt, whether or not a run still needs it."""
    rng = np.random.default_rng(seed)
    going, carrying = np.ones(runs, dtype=bool), np.zeros(runs, dtype=bool)
    attempts, cost, seconds = np.zeros(runs), np.zeros(runs), np.zeros(runs)
    for step in steps:
        good, passed = thresholds(step)
        trying = going.copy()
        for _ in range(step.attempts):
            number = rng.random(runs)
            attempts += trying
            cost += step.cost * trying
            seconds += step.seconds * trying
            carrying |= trying & (number >= good) & (number < passed)
            trying &= number >= passed
        going &= ~trying
    rows = [going & ~carrying, going & carrying, ~going, attempts, cost, seconds]
    return _estimates(runs, [row.sum() for row in rows], [np.square(row, dtype=float).sum() for row in rows])


def simpy_processes(steps: Iterable[Step], runs: int, seed: int) -> Estimates:
    """Each run a process of a discrete-event simulator, which waits for each attempt."""
    environment, draw = simpy.Environment(), random.Random(seed).random  # noqa: S311 - a simulation
    plan = [(*thresholds(step), step.attempts, step.cost, step.seconds) for step in steps]
    ended: list[tuple[float, ...]] = []

    def run() -> Generator[simpy.Event, None, None]:
        end = attempts = 0
        cost = 0.0
        for good, passed, most, attempt_cost, attempt_seconds in plan:
            for _attempt in range(most):
                attempts += 1
                cost += attempt_cost
                yield environment.timeout(attempt_seconds)
                number = draw()
                if number < passed:
                    end = end if number < good else 1
                    break
            else:
                end = 2
                break
        ended.append((end == 0, end == 1, end == 2, attempts, cost, environment.now))

    for _ in range(runs):
        environment.process(run())
    environment.run()
    rows = np.array(ended, dtype=float)
    return _estimates(runs, rows.sum(axis=0).tolist(), np.square(rows).sum(axis=0).tolist())


def _estimates(runs: int, sums: Iterable[float], squares: Iterable[float]) -> Estimates:
    return {
        field: (total / runs, math.sqrt(max(square / runs - (total / runs) ** 2, 0.0) / runs))
        for field, total, square in zip(FIELDS, sums, squares, strict=True)
    }
