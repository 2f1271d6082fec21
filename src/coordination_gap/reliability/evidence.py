"""The frames and numbers of the page on evidence: measured agents beside the law of compounding."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coordination_gap import checks, facts
from coordination_gap.reliability.compounding import percent, two_digits
from coordination_gap.reliability.laws import series
from coordination_gap.reliability.measured import BetaBinomialFit, beta_power_mean, bootstrap_pass
from coordination_gap.reliability.uncertainty import Interval, binomial_interval

#: The two bins of task length between which the law is tested, by their lower edge in minutes.
SHORT_BIN, LONG_BIN = 1, 60

_HUMAN = "human"
_LAWS = ("constant hazard", "Weibull")


def task_successes(trials: pd.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return successes and tries of each task of ``taubench_trials``, in the order of their numbers."""
    by_task = trials.groupby("task_id")["success"]
    successes, tries = (by_task.agg(how).to_numpy(dtype=np.int64) for how in ("sum", "count"))
    return successes, tries


def repeated(
    successes: npt.NDArray[np.int64],
    tries: npt.NDArray[np.int64],
    fit: BetaBinomialFit,
    most: int,
    *,
    within: bool = False,
    confidence: float,
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Return the success of k tries of one task, as measured and under two laws.

    Parameters
    ----------
    successes, tries
        Of each task.
    fit
        The beta-binomial law fitted to them.
    most
        Tries to which the laws are carried on; at least as far as was measured.
    within
        False: all k tries succeed. True: at least one of them does.
    confidence, resamples, seed
        Of the bootstrap over tasks.

    Returns
    -------
    pandas.DataFrame
        ``tries``; ``measured``, ``low``, ``high``, missing beyond the tries that were made;
        ``independent``, from the measured success of one try; ``fitted``.
    """
    # At least one try succeeds where not all of them fail.
    counted = tries - successes if within else successes
    single = float((successes / tries).mean())
    rows = []
    for k in range(1, max(most, int(tries.min())) + 1):
        seen = (math.nan, math.nan, math.nan)
        if k <= tries.min():
            found = bootstrap_pass(counted, tries, k, confidence=confidence, resamples=resamples, seed=seed)
            low, high = found.pass_hat_k_interval
            seen = (1 - found.pass_hat_k, 1 - high, 1 - low) if within else (found.pass_hat_k, low, high)
        independent = 1 - (1 - single) ** k if within else single**k
        rows.append((k, *seen, independent, fit.pass_at(k) if within else fit.pass_hat(k)))
    return pd.DataFrame(rows, columns=["tries", "measured", "low", "high", "independent", "fitted"])


def success_after_failure(
    successes: npt.NDArray[np.int64],
    tries: npt.NDArray[np.int64],
    *,
    confidence: float,
    resamples: int,
    seed: int,
) -> tuple[float, Interval]:
    r"""Return how often a try succeeds after another try of the same task failed, with an interval over tasks.

    :math:`E[P(1-P)] / E[1-P]`, each expectation by its unbiased estimate from a task's
    counts; the interval is the bootstrap's percentiles over whole tasks.

    Raises
    ------
    ValueError
        If a task was tried only once, or no try failed.
    """
    confidence = checks.inner_probability(confidence, "confidence")
    s, n = successes, tries
    if n.min() < 2:
        raise ValueError(f"tries has a task with {n.min()}: give tasks tried at least twice")
    if (s == n).all():
        raise ValueError("successes has no failed try: nothing can follow a failure")
    terms = np.column_stack([s * (n - s) / (n * (n - 1)), (n - s) / n])
    drawn = np.random.default_rng(seed).multinomial(s.size, np.full(s.size, 1 / s.size), size=resamples) @ terms
    # A draw of tasks without any failure says nothing about what follows one.
    ratios = drawn[drawn[:, 1] > 0, 0] / drawn[drawn[:, 1] > 0, 1]
    low, high = np.quantile(ratios, [(1 - confidence) / 2, (1 + confidence) / 2])
    both, failed = terms.sum(axis=0)
    return float(both / failed), Interval(float(low), float(high))


def fitted_models(fits: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``horizons.horizon_fits`` that hold: of models, with half of success within the data."""
    return fits[(fits["model"] != _HUMAN) & (fits["unfitted"] == "") & ~fits["extrapolated"].fillna(True).astype(bool)]


def lengths(success_by_length: pd.DataFrame, fits: pd.DataFrame, unit: str, confidence: float) -> pd.DataFrame:
    """Return measured success by the length of the task beside both fitted laws.

    Parameters
    ----------
    success_by_length
        The table ``metr_success_by_length``.
    fits
        Rows of :func:`fitted_models`.
    unit
        What was fitted: ``"run"`` or ``"task"``.
    confidence
        Of the Wilson interval of a bin, which takes its runs as independent. A mean over tasks has none.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``kind`` (``"measured"`` or a law), ``human_minutes``, ``success``, ``low``, ``high``.
    """
    rows: list[tuple[object, ...]] = []
    counted = _with_share(success_by_length, unit)
    for model in fits["model"].unique().tolist():
        for point in counted[counted["model"] == model].itertuples():
            ends = (
                binomial_interval(int(point.n_success), int(point.n_runs), confidence, method="wilson")
                if unit == "run"
                else (math.nan, math.nan)
            )
            rows.append((model, "measured", point.median_human_minutes, point.share, *ends))
        for law in _LAWS:
            fitted = fits[(fits["model"] == model) & (fits["law"] == law)].iloc[0]
            for minutes in np.geomspace(1, 1500, 61):
                success = 0.5 ** ((minutes / fitted["t50_minutes"]) ** fitted["shape"])
                rows.append((model, law, minutes, success, math.nan, math.nan))
    return pd.DataFrame(rows, columns=["model", "kind", "human_minutes", "success", "low", "high"])


def _with_share(success_by_length: pd.DataFrame, unit: str) -> pd.DataFrame:
    # The table rounds its rates; a high power of one would show it.
    by_run = success_by_length["n_success"] / success_by_length["n_runs"]
    share = by_run if unit == "run" else success_by_length["task_mean_success_rate"]
    return success_by_length.assign(share=share.astype(float))


def short_to_long(success_by_length: pd.DataFrame, models: Sequence[str], unit: str) -> pd.DataFrame:
    """Return what the law makes of success on short tasks, beside success on long ones.

    A task of ``minutes_long`` is taken as ``minutes_long / minutes_short`` short ones in a row.

    Returns
    -------
    pandas.DataFrame
        Per model ``model``, ``minutes_short``, ``short``, ``minutes_long``, ``long`` (measured
        success), ``law_long`` (from the short tasks) and ``law_short`` (from the long ones).
    """
    counted = _with_share(success_by_length, unit)
    rows = []
    for model in models:
        bins = counted[counted["model"] == model].set_index("human_minutes_low")
        short, long = bins.loc[SHORT_BIN], bins.loc[LONG_BIN]
        times = long["median_human_minutes"] / short["median_human_minutes"]
        rows.append(
            {
                "model": model,
                "minutes_short": short["median_human_minutes"],
                "short": short["share"],
                "minutes_long": long["median_human_minutes"],
                "long": long["share"],
                "law_long": short["share"] ** times,
                "law_short": long["share"] ** (1 / times),
            }
        )
    return pd.DataFrame(rows)


def lengths_table(fits: pd.DataFrame, compared: pd.DataFrame) -> pd.DataFrame:
    """Return fitted shapes and the frame of :func:`short_to_long`, as text for the page."""
    shapes = fits[fits["law"] == "Weibull"].set_index("model").to_dict("index")
    ends = ("shape", "shape_dispersed_low", "shape_dispersed_high")
    return pd.DataFrame(
        {
            "model": row["model"],
            "fitted shape": "{} ({} to {})".format(*(two_digits(shapes[row["model"]][end]) for end in ends)),
            "short tasks": percent(row["short"]),
            "long tasks by the law": percent(row["law_long"]) if row["law_long"] >= 1e-6 else "<0.0001%",
            "long tasks": percent(row["long"]),
        }
        for row in compared.to_dict("records")
    )


def minutes_between(minutes: "pd.Series[float]") -> str:
    """Write the range of some lengths in minutes."""
    low, high = minutes.min(), minutes.max()
    return f"{low:g} minutes" if low == high else f"{low:g} to {high:g} minutes"


def record_names(page: facts.Page, name: str, names: "pd.Series[str]", *, formula: str, sources: Sequence[Any]) -> None:
    """Record the distinct `names` as one text, in their alphabetical order; a gap where there is none."""
    words = ", ".join(sorted({str(one).replace("_", " ") for one in names}))
    if words:
        page.record(name, words, unit="text", formula=formula, sources=sources)
    else:
        page.gap(name, "there is none", unit="text", formula=formula, sources=sources)


def record_fitted(
    page: facts.Page,
    name: str,
    fit: BetaBinomialFit | None,
    value: Callable[[float], float],
    *,
    formula: str,
    sources: Sequence[Any],
    **shown: Any,
) -> None:
    """Record a rising function of a fitted correlation with its interval; gaps where there is no fit.

    Parameters
    ----------
    page, name, formula, sources
        As of :meth:`coordination_gap.facts.Page.record_with_ends`.
    fit
        The fitted law, or None.
    value
        Takes a correlation.
    **shown
        ``unit`` and ``decimals``.
    """
    if fit is None:
        for end in ("", "_low", "_high"):
            reason = "no row is near the step success whose counts are known"
            page.gap(f"{name}{end}", reason, unit=shown["unit"], formula=formula, sources=sources)
        return
    low, high = (value(end) for end in fit.correlation_interval)
    page.record_with_ends(
        name, value(fit.correlation), (low, high), confidence=fit.confidence, formula=formula, sources=sources, **shown
    )


def dependence_bounds(steps: int, step_success: float) -> tuple[float, float]:
    """Return the least and the most success that steps in series can have, however they depend on each other.

    Fréchet's bounds: at worst no two steps fail in the same run, at best they all fail together.
    """
    steps, p = checks.count(steps, "steps"), checks.probability(step_success, "step_success")
    return max(0.0, 1 - steps * (1 - p)), p


def off_the_law(steps: int, step_success: float, correlation: float) -> dict[str, float]:
    """Return how far success can lie from the law, and how far it lies with a correlation of the steps of a run.

    Returns
    -------
    dict
        ``up`` and ``down``, the most by which the law can be too low and too high, and
        ``change``, by which success with the `correlation` exceeds it; probabilities.
    """
    law = series([step_success] * steps)
    least, most = dependence_bounds(steps, step_success)
    return {"up": most - law, "down": law - least, "change": beta_power_mean(step_success, correlation, steps) - law}


def success_by_correlation(steps: int, step_success: float, marks: Mapping[str, float]) -> pd.DataFrame:
    """Return the success of equal steps that share a run's luck, over the correlation of two steps of a run.

    Parameters
    ----------
    steps, step_success
        The series; each step keeps this success over all runs.
    marks
        Correlations to mark, by what they are of.

    Returns
    -------
    pandas.DataFrame
        ``correlation``, ``success`` (the mean of P to the power of the steps, P being beta
        distributed), ``law`` (at no correlation), ``least`` and ``most`` (under any
        dependence), and ``point``, the mark's name or empty.
    """
    least, most = dependence_bounds(steps, step_success)
    law = series([step_success] * steps)
    points = [(rho, "") for rho in np.linspace(0, 1, 101).tolist()] + [(rho, name) for name, rho in marks.items()]
    rows = [
        (rho, beta_power_mean(step_success, rho, steps), law, least, most, name)
        for rho, name in sorted(points, key=lambda point: point[0])
    ]
    return pd.DataFrame(rows, columns=["correlation", "success", "law", "least", "most", "point"])
