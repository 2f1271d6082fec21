"""The frames and numbers of the page on compounding: what it draws, tabulates and says."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coordination_gap import checks
from coordination_gap.facts import format_number
from coordination_gap.reliability.laws import required_step_success, series, steps_until
from coordination_gap.reliability.parts import Step
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.uncertainty import SystemInterval, interval_by_trials, series_prior, system_interval

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


def two_digits(number: float) -> str:
    """Write a ratio with two digits after the point; "none" where it is missing."""
    return "none" if math.isnan(number) else format_number(number, "ratio", 2)


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
                    "standard error, points": format_number(100 * error, "ratio", 3),
                    "off by, standard errors": format_number(abs(gap) / error, "ratio", 1) if error > 0 else "–",
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


def small_test(steps: int, successes: int, test_runs: int, confidence: float) -> SystemInterval:
    """Return what `successes` of `test_runs` of each of `steps` steps say about the whole series."""
    return system_interval([(successes, test_runs)] * steps, confidence, prior=series_prior(steps))


def small_tests(steps: int, step_success: float, test_runs: int, confidence: float) -> pd.DataFrame:
    """Return the interval of end-to-end success over the test runs of each step.

    Returns
    -------
    pandas.DataFrame
        ``trials`` (10 to 10,000), ``point``, ``low``, ``high``, and ``setting``. The last row,
        whose setting is ``"setting"``, is :func:`small_test` of `test_runs`, whose successes
        are a whole number and so not quite the share of the others.
    """
    trials = np.unique(np.geomspace(10, 10_000, 31).round().astype(int)).tolist()
    frame = interval_by_trials(steps, step_success, trials, confidence).assign(setting="")
    tested = small_test(steps, round(test_runs * step_success), test_runs, confidence)
    row = pd.DataFrame([(test_runs, tested.point, tested.low, tested.high, "setting")], columns=frame.columns)
    return pd.concat([frame, row], ignore_index=True)


def importance_table(importance: pd.DataFrame, most: int = 8) -> pd.DataFrame:
    """Return the `most` important steps of :meth:`Pipeline.importance`, as text."""
    shown = importance.head(most)
    per_dollar = [
        "–" if pd.isna(value) else f"{format_number(float(value), 'ratio', 3)}" for value in shown["success_per_dollar"]
    ]
    return pd.DataFrame(
        {
            "step": shown["step"],
            "one attempt succeeds": shown["success"].map(percent),
            "success gained per point": shown["derivative"].map(lambda value: format_number(value, "ratio", 3)),
            "points gained if it never failed": shown["improvement"].map(
                lambda value: format_number(100 * value, "ratio", 2, signed=True)
            ),
            "success per dollar of one more attempt": per_dollar,
        }
    )
