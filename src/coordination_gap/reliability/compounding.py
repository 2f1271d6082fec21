"""The frames and numbers of the page on compounding: what it draws, tabulates and says."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coordination_gap.facts import format_number
from coordination_gap.reliability import checks
from coordination_gap.reliability.laws import required_step_success, series, steps_until
from coordination_gap.reliability.parts import Gate, Step
from coordination_gap.reliability.pipeline import Pipeline

OUTCOMES = {"success": "success", "silent_failure": "silent failure", "halted": "halted"}
_MOST_DECIMALS = 8


def exact_decimals(share: float) -> int:
    """Return the decimals that write a share out in per cent as it was given: 1 for 0.975."""
    return len(f"{100 * share:.{_MOST_DECIMALS}f}".rstrip("0").partition(".")[2])


def telling_decimals(share: float, least: int = 1) -> int:
    """Return the decimals that keep a share in per cent apart from 0 % and from 100 %.

    Two digits of the share, or of what it lacks to 1, are shown; `least` decimals where
    eight would not be enough.
    """
    tail = 100 * min(share, 1 - share)
    decimals = 1 - math.floor(math.log10(tail)) if tail > 0 else least
    return max(least, decimals) if decimals <= _MOST_DECIMALS else least


def percent(share: float) -> str:
    """Write a share in per cent with :func:`telling_decimals`."""
    return format_number(share, "probability", telling_decimals(share))


def one_in_decimals(number: float) -> int:
    """Return the decimals for "one in …": 2 below ten, 1 below a hundred, none above."""
    return 2 if number < 10 else 1 if number < 100 else 0


def _step_axis(most_steps: int, *also: int) -> list[int]:
    even = np.linspace(1, most_steps, min(most_steps, 120)).round().astype(int)
    return sorted({*even.tolist(), *also})


def success_by_steps(
    step_successes: Sequence[float], steps: int, step_success: float, article: tuple[int, float] | None = None
) -> pd.DataFrame:
    """Return end-to-end success over the number of steps, a curve for each step success.

    Parameters
    ----------
    step_successes
        Success probabilities of one step; `step_success` and the article's are added.
    steps, step_success
        The page's setting. Curves run from 1 to 30 steps, or to `steps` or the article's
        if that is more.
    article
        The article's example, as its steps and their success; None where it is not public.

    Returns
    -------
    pandas.DataFrame
        ``step_success``, ``steps``, ``success``, and ``point``: ``"article"`` or
        ``"setting"`` on the row that is the article's example or the page's setting.
    """
    # An example that is also the setting is marked as the article's.
    points = {(steps, step_success): "setting"} | ({} if article is None else {article: "article"})
    marked = [n for n, _ in points]
    rows = [
        {"step_success": p, "steps": n, "success": series([p] * n), "point": points.get((n, p), "")}
        for p in sorted({*step_successes, *(p for _, p in points)})
        for n in _step_axis(max(30, *marked), *marked)
    ]
    return pd.DataFrame(rows)


def allowance_by_steps(targets: Sequence[float], steps: int, target: float) -> pd.DataFrame:
    """Return what each step may fail, and has to succeed, for end-to-end targets.

    Parameters
    ----------
    targets
        End-to-end targets; `target` is added if it lies between 0 and 1.
    steps, target
        The page's setting. Curves run from 1 to 30 steps, or to `steps` if that is more.

    Returns
    -------
    pandas.DataFrame
        ``target``, ``steps``, ``required_step_success``, ``failures_per_1000`` (of a
        thousand attempts of one step), and ``point``, ``"setting"`` on the setting's row.
    """
    shown = sorted({*targets, *([target] if 0.0 < target < 1.0 else [])})
    rows = []
    for goal in shown:
        for n in _step_axis(max(30, steps), steps):
            required = required_step_success(goal, n)
            point = "setting" if (n, goal) == (steps, target) else ""
            rows.append((goal, n, required, 1000 * -math.expm1(math.log(goal) / n), point))
    return pd.DataFrame(rows, columns=["target", "steps", "required_step_success", "failures_per_1000", "point"])


def longest_series(step_successes: Sequence[float], targets: Sequence[float]) -> pd.DataFrame:
    """Return the most steps that keep each target, as formatted text: a row per step success, a column per target."""
    rows = []
    for p in sorted(step_successes):
        row = {"one step succeeds": format_number(p, "probability", exact_decimals(p))}
        for target in targets:
            first_below = steps_until(target, p)
            heading = f"steps for {format_number(target, 'probability', exact_decimals(target))}"
            row[heading] = "no limit" if first_below is None else format_number(first_below - 1, "count")
        rows.append(row)
    return pd.DataFrame(rows)


def remedies(step: Step, steps: int, attempts: int, gate: Gate) -> dict[str, Pipeline]:
    """Return the same pipeline bare, with retries, with a gate, and with both.

    Parameters
    ----------
    step
        One attempt and no gate: what every step is without remedy.
    steps
        How many such steps.
    attempts, gate
        What the remedies add to every step.
    """
    kinds: dict[str, tuple[int, Gate | None]] = {
        "bare": (1, None),
        "retries": (attempts, None),
        "gate": (1, gate),
        "gate and retries": (attempts, gate),
    }
    return {
        name: Pipeline.repeat(Step(step.name, step.success, tries, check, step.loud, step.cost, step.seconds), steps)
        for name, (tries, check) in kinds.items()
    }


def compare(pipelines: Mapping[str, Pipeline]) -> pd.DataFrame:
    """Return the exact outcomes of pipelines side by side, the first one being the measure of effort.

    Returns
    -------
    pandas.DataFrame
        ``pipeline``, ``success``, ``silent_failure``, ``halted``, ``attempts`` (expected
        in a run), ``effort`` (attempts over those of the first pipeline) and
        ``attempts_per_success`` (NaN where no run succeeds).
    """
    outcomes = {name: pipeline.evaluate() for name, pipeline in pipelines.items()}
    measure = next(iter(outcomes.values())).attempts
    rows = [
        {
            "pipeline": name,
            "success": outcome.success,
            "silent_failure": outcome.silent_failure,
            "halted": outcome.halted,
            "attempts": outcome.attempts,
            "effort": outcome.attempts / measure,
            "attempts_per_success": outcome.attempts / outcome.success if outcome.success > 0 else math.nan,
        }
        for name, outcome in outcomes.items()
    ]
    return pd.DataFrame(rows)


def comparison_table(compared: pd.DataFrame) -> pd.DataFrame:
    """Return the frame of :func:`compare` as text for the page."""
    per_success = compared["attempts_per_success"]
    return pd.DataFrame(
        {
            "pipeline": compared["pipeline"],
            **{heading: compared[outcome].map(percent) for outcome, heading in OUTCOMES.items()},
            "attempts per run": compared["attempts"].map(lambda value: format_number(value, "ratio", 2)),
            "attempts against bare": compared["effort"].map(lambda value: format_number(value, "times", 2)),
            "attempts per success": [
                format_number(value, "ratio", 2) if value < 1e6 else "over a million" if value > 0 else "no success"
                for value in per_success
            ],
        }
    )


def simulation_table(pipelines: Mapping[str, Pipeline], runs: int, seed: int) -> pd.DataFrame:
    """Return exact and simulated outcomes side by side, as text; the pipelines take the seeds from `seed` on."""
    rows = []
    for offset, (name, pipeline) in enumerate(pipelines.items()):
        exact, simulated = pipeline.evaluate(), pipeline.simulate(runs, seed + offset)
        for outcome, words in OUTCOMES.items():
            error = getattr(simulated.standard_error, outcome)
            gap = getattr(simulated, outcome) - getattr(exact, outcome)
            rows.append(
                {
                    "pipeline": f"{name}, {words}",
                    "exact": format_number(getattr(exact, outcome), "probability", 3),
                    "simulated": format_number(getattr(simulated, outcome), "probability", 3),
                    "standard error": format_number(error, "percentage_points", 3),
                    "off by": f"{abs(gap) / error:.1f} standard errors" if error > 0 else "none to measure by",
                }
            )
    return pd.DataFrame(rows)


def outcomes_by_loud(step: Step, steps: int, points: int = 51) -> pd.DataFrame:
    """Return the outcomes of the bare pipeline over the share of failures that are seen.

    Returns
    -------
    pandas.DataFrame
        ``loud``, ``success``, ``silent_failure``, ``halted``, and ``point``, ``"setting"``
        on the row of ``step.loud``.
    """
    rows = []
    for loud in sorted({*np.linspace(0, 1, points).round(6).tolist(), step.loud}):
        outcome = Pipeline.repeat(Step(step.name, step.success, loud=loud), steps).evaluate()
        point = "setting" if loud == step.loud else ""
        rows.append((loud, outcome.success, outcome.silent_failure, outcome.halted, point))
    return pd.DataFrame(rows, columns=["loud", "success", "silent_failure", "halted", "point"])


def loud_share_allowed(steps: int, step_success: float) -> float | None:
    r"""Return the largest loud share at which "one in N runs fails silently" still holds, rounded.

    N is the number of runs per failing run, rounded.
    The sentence still rounds to N while one silent failure comes in at most N + 1/2 runs.
    With loud share *l* and step success *p*, the silent share of *n* bare steps is
    :math:`(1 - (1 - p) l)^n - p^n`, which is solved for *l*.

    Returns
    -------
    float or None
        In [0, 1); None if no run fails.
    """
    steps = checks.count(steps, "steps")
    p = checks.probability(step_success, "step_success")
    if p == 1.0:
        return None
    failing = 1.0 if p == 0.0 else -math.expm1(steps * math.log(p))
    silent = 1 / (round(1 / failing) + 0.5)
    # A sentence that has just been rounded down may leave nothing, but for a rounding error.
    seen_per_step = -math.expm1(math.log1p(-max(0.0, failing - silent)) / steps)
    return seen_per_step / (1 - p)
