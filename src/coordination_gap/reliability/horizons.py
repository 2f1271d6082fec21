r"""Success by the length of the task: constant hazard against a Weibull law.

If a task of length t is a long row of small steps, each of them as likely to fail as any
other, an agent's success falls exponentially with t: :math:`S(t) = 2^{-t/T_{50}}`, a constant
hazard, the law of compounding with time in place of steps. The Weibull law
:math:`S(t) = 2^{-(t/T_{50})^\kappa}` lets the hazard rise (:math:`\kappa > 1`) or fall
(:math:`\kappa < 1`) along a task; :math:`T_{50}` is the length at which half of the tasks
succeed. Lengths are minutes a skilled human takes.

What to keep in mind
--------------------
- Both laws start at S(0) = 1. An agent that fails many short tasks for reasons that have
  nothing to do with length has a ceiling below 1, which shows here as a shape below 1.
- A bin stands for one length, its median, though it may be four times as long at its end as
  at its start.
- Runs of one task are not independent. Each interval comes in two widths. The narrow one takes
  runs as independent trials. The dispersed one multiplies the variance by
  :math:`\hat\varphi`, Pearson's statistic of the Weibull fit over its degrees of freedom (at
  least 1), and takes the quantile of F with as many; whatever scatters the bins more than
  binomial counts would, from repeated tasks to a curve that does not fit, widens it (McCullagh
  and Nelder 1989, section 4.5). Six bins tell the scatter poorly, so this is a rough measure.
  :func:`horizon_fits` can also count every task once, however often it was run, which is
  cautious, as a task's mean success scatters no more than one run.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from coordination_gap import checks
from coordination_gap.reliability.horizon_fit import (
    HorizonComparison,
    HorizonFit,
    NoHorizonError,
    fit_horizons,
)
from coordination_gap.reliability.uncertainty import Interval

__all__ = [
    "HorizonComparison",
    "HorizonFit",
    "NoHorizonError",
    "fit_horizons",
    "horizon_fits",
    "horizon_ratio",
    "implied_shape",
    "implied_shapes",
]


def _positive(value: object, where: str) -> float:
    number = checks.amount(value, where, "no unit")
    if number == 0.0:
        raise ValueError(f"{where} is {value!r}: give a number above 0")
    return number


def _has(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"the frame lacks {', '.join(missing)}: pass rows of the table with these columns")


def horizon_ratio(target: float, shape: float = 1.0) -> float:
    r"""Return the length completed with probability `target`, over the length completed with 50 %.

    :math:`(\ln p / \ln \tfrac12)^{1/\kappa}`; shape 1 is constant hazard (Ord 2025, the
    half-life of an agent).

    Parameters
    ----------
    target
        Above 0 and below 1.
    shape
        The Weibull shape, above 0.

    Examples
    --------
    >>> round(horizon_ratio(0.8), 3), round(horizon_ratio(0.8, shape=0.6), 3)
    (0.322, 0.151)
    """
    target = checks.inner_probability(target, "target")
    return float((math.log(target) / math.log(0.5)) ** (1.0 / _positive(shape, "shape")))


def implied_shape(ratio: float, target: float = 0.8) -> float:
    r"""Return the Weibull shape that two horizons imply, :math:`\ln(\ln p/\ln\tfrac12) / \ln(T_p/T_{50})`.

    Parameters
    ----------
    ratio
        Length completed with probability `target` over the length completed with 50 %: below
        1 for a target above one half, above 1 for a target below it.
    target
        Above 0 and below 1, and not one half.

    Examples
    --------
    >>> round(implied_shape(15 / 59), 2)
    0.83
    """
    target = checks.inner_probability(target, "target")
    ratio = _positive(ratio, "ratio")
    if target == 0.5:
        raise ValueError("target is 0.5: give another one, as the length of 50 % is what it is compared with")
    if ratio == 1.0 or (ratio < 1.0) != (target > 0.5):
        side = "below" if target > 0.5 else "above"
        raise ValueError(
            f"ratio is {ratio!r}: with target={target!r} give a number {side} 1, as success falls with length"
        )
    return math.log(math.log(target) / math.log(0.5)) / math.log(ratio)


def implied_shapes(horizons: pd.DataFrame) -> pd.DataFrame:
    """Return the ratio of the 80 % and the 50 % horizon by model, and the Weibull shape it implies.

    METR fits a logistic curve in the logarithm of length, so a ratio restates that curve's
    slope; it shows how far the fitted curve is from constant hazard, whose ratio is
    ``horizon_ratio(0.8)``.

    Parameters
    ----------
    horizons
        Rows of the table ``metr_horizons``; rows without both horizons are left out.

    Returns
    -------
    pandas.DataFrame
        The rows' ``model_id``, ``results_version``, ``release_date``, ``p50_human_minutes``
        and ``p80_human_minutes``, with ``ratio`` and ``shape``; attributes and index kept.
    """
    columns = ["model_id", "results_version", "release_date", "p50_human_minutes", "p80_human_minutes"]
    _has(horizons, columns)
    frame = horizons[columns].dropna(subset=["p50_human_minutes", "p80_human_minutes"]).copy()
    frame["ratio"] = frame["p80_human_minutes"] / frame["p50_human_minutes"]
    frame["shape"] = [implied_shape(ratio) for ratio in frame["ratio"]]
    return frame


def horizon_fits(success_by_length: pd.DataFrame, confidence: float = 0.95, *, unit: str = "run") -> pd.DataFrame:
    """Fit both laws to each model of the table ``metr_success_by_length``.

    Parameters
    ----------
    success_by_length
        Rows of the table; a bin's length is its ``median_human_minutes``.
    confidence
        Above 0 and below 1.
    unit
        ``"run"``: every run is a trial. ``"task"``: every task is one trial, its success the
        mean of its runs; tasks that were run more often then weigh no more, and the plain
        intervals are cautious already.

    Returns
    -------
    pandas.DataFrame
        Two rows per model, in the order of the table: ``model``, ``law`` (``"constant hazard"``
        or ``"Weibull"``), ``t50_minutes``, ``t50_low``, ``t50_high``, ``t50_dispersed_low``,
        ``t50_dispersed_high``, ``t80_minutes``, ``shape`` with the same four ends (missing for
        constant hazard), ``extrapolated``, ``deviance``, ``degrees_of_freedom``,
        ``dispersion``, ``likelihood_ratio``, ``p_value``, ``p_dispersed`` (the Weibull law
        against constant hazard), and ``unfitted``: why there is no fit, else empty.
    """
    if unit not in ("run", "task"):
        raise ValueError(f"unit is {unit!r}: give 'run' or 'task'")
    needed = ["model", "median_human_minutes", "n_runs", "n_success", "n_tasks", "task_mean_success_rate"]
    _has(success_by_length, needed)
    rows: list[dict[str, Any]] = []
    for model, bins in success_by_length.groupby("model", sort=False):
        trials = bins["n_runs" if unit == "run" else "n_tasks"].to_numpy(dtype=np.float64)
        successes = (
            bins["n_success"].to_numpy(dtype=np.float64)
            if unit == "run"
            else trials * bins["task_mean_success_rate"].to_numpy(dtype=np.float64)
        )
        laws = ("constant hazard", "Weibull")
        try:
            fitted = fit_horizons(
                bins["median_human_minutes"].to_numpy(dtype=np.float64), successes, trials, confidence
            )
        except NoHorizonError as error:
            rows += [{"model": model, "law": law, "unfitted": str(error)} for law in laws]
            continue
        test = {name: getattr(fitted, name) for name in ("likelihood_ratio", "p_value", "p_dispersed")}
        for law, fit in zip(laws, (fitted.constant_hazard, fitted.weibull), strict=True):
            rows.append({"model": model, "law": law, **_columns(fit), **test, "unfitted": ""})
    return pd.DataFrame(rows, columns=_COLUMNS)


_ENDS = ("_low", "_high", "_dispersed_low", "_dispersed_high")
_COLUMNS = [
    *("model", "law", "t50_minutes", *(f"t50{end}" for end in _ENDS), "t80_minutes"),
    *("shape", *(f"shape{end}" for end in _ENDS), "extrapolated", "deviance", "degrees_of_freedom", "dispersion"),
    *("likelihood_ratio", "p_value", "p_dispersed", "unfitted"),
]


def _columns(fit: HorizonFit) -> dict[str, Any]:
    unknown = Interval(math.nan, math.nan)
    t50 = (*fit.t50_interval, *fit.t50_dispersed)
    shape = (*(fit.shape_interval or unknown), *(fit.shape_dispersed or unknown))
    return {
        "t50_minutes": fit.t50_minutes,
        **{f"t50{end}": value for end, value in zip(_ENDS, t50, strict=True)},
        "t80_minutes": fit.horizon(0.8),
        "shape": fit.shape,
        **{f"shape{end}": value for end, value in zip(_ENDS, shape, strict=True)},
        "extrapolated": fit.extrapolated,
        "deviance": fit.deviance,
        "degrees_of_freedom": fit.degrees_of_freedom,
        "dispersion": fit.dispersion,
    }
