r"""Whole numbers of tasks behind a leaderboard's rows, and the beta-binomial law fitted to them.

A row states pass^1 to pass^4 of four tries a task, but no counts. With a share :math:`w_c` of
tasks of which *c* tries succeed, :math:`\mathrm{pass}^k = \sum_c w_c \binom{c}{k} / \binom{4}{k}`,
so the four figures determine the shares. They are those of a whole number of tasks, the same
for all rows of a domain; inferred is the smallest number that gives back the figures of half
of them or more, to the digits stated. A row whose figures it does not give back is left out.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from coordination_gap.facts import format_number
from coordination_gap.reliability.betabinomial_fit import BetaBinomialFit, fit_beta_binomial
from coordination_gap.reliability.compounding import percent, two_digits
from coordination_gap.reliability.leaderboard import ROW_TRIES, as_submitted, both_ends

Floats = npt.NDArray[np.float64]

_TRIES = range(1, ROW_TRIES + 1)
#: pass^k of a task of which c tries succeed, a row for each k and a column for each c from 1 on.
_PASS: Floats = np.array([[math.comb(c, k) / math.comb(ROW_TRIES, k) for c in _TRIES] for k in _TRIES])
#: Numbers of tasks that are tried, and the rows of a domain that one has to give back to be believed.
_TASKS, _LEAST_ROWS = range(10, 401), 3

#: Columns with the number of tasks of which so many tries succeeded.
COUNTS = [f"succeeded_{c}" for c in range(ROW_TRIES + 1)]


def rebuilt_counts(pass_k: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of tasks behind the rows whose figures are those of a whole number of tasks.

    Parameters
    ----------
    pass_k
        The table ``taubench_pass_k``.

    Returns
    -------
    pandas.DataFrame
        ``submission_id``, ``domain``, ``tasks`` (inferred) and :data:`COUNTS`. There is no row
        of a domain in which no number of tasks gives back half of the rows, three at least.
    """
    wide = both_ends(pass_k).pivot_table(index=["submission_id", "domain"], columns="k", values="pass_hat_k")
    wide = wide.reindex(columns=list(_TRIES)).dropna()
    found: list[tuple[object, ...]] = []
    for domain, rows in wide.groupby(level="domain"):
        figures = rows.to_numpy(dtype=float)
        needed = max(_LEAST_ROWS, len(rows) / 2)
        for tasks in _TASKS:
            given_back = [_counts(row, tasks) for row in figures]
            if len(figures) - given_back.count(None) >= needed:
                break
        else:
            continue
        found += [
            (submission, domain, tasks, *counts)
            for submission, counts in zip(rows.index.get_level_values("submission_id"), given_back, strict=True)
            if counts is not None
        ]
    return pd.DataFrame(found, columns=["submission_id", "domain", "tasks", *COUNTS])


def _counts(figures: Floats, tasks: int) -> tuple[int, ...] | None:
    """Return how many of so many tasks succeeded in 0, 1 … tries; None if no whole numbers give the figures."""
    succeeded = np.round(np.linalg.solve(_PASS, figures) * tasks)
    never = tasks - succeeded.sum()
    digits = max(len(repr(figure).partition(".")[2]) for figure in figures.tolist())
    is_given_back = np.abs(_PASS @ succeeded / tasks - figures).max() <= 0.5 * 10.0**-digits + 1e-9
    if never < 0 or (succeeded < 0).any() or not is_given_back:
        return None
    return int(never), *(int(count) for count in succeeded)


def fitted(counts: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return `counts` with the beta-binomial law fitted to each row.

    Returns
    -------
    pandas.DataFrame
        With ``correlation``, ``low``, ``high`` (profile likelihood) and ``p_independence``;
        missing where every try succeeded, or failed.
    """
    columns = ["correlation", "low", "high", "p_independence"]
    fits = []
    for row in counts[COUNTS].to_numpy(dtype=int):
        fit = _fit(row, confidence)
        fits.append(
            (math.nan,) * 4 if fit is None else (fit.correlation, *fit.correlation_interval, fit.p_independence)
        )
    return pd.concat([counts.reset_index(drop=True), pd.DataFrame(fits, columns=columns)], axis=1)


def fit_together(counts: pd.DataFrame, confidence: float) -> BetaBinomialFit | None:
    """Return one law fitted to all tasks of some rows; rows that state the same count once, as they may be copies."""
    distinct = counts.drop_duplicates(["domain", *COUNTS])[COUNTS].to_numpy(dtype=int)
    return _fit(distinct.sum(axis=0), confidence)


def _fit(row: Sequence[int] | npt.NDArray[np.int_], confidence: float) -> BetaBinomialFit | None:
    successes = np.repeat(np.arange(ROW_TRIES + 1), row)
    if successes.sum() in (0, ROW_TRIES * len(successes)):
        return None
    return fit_beta_binomial(successes, np.full(len(successes), ROW_TRIES), confidence)


def near_table(rows: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
    """Return rows of ``leaderboard.rows_with_ends`` beside what was fitted to their counts, as text for the page."""
    known = {(fit["submission_id"], fit["domain"]): fit for fit in fits.to_dict("records")}
    table = []
    for _, row in rows.iterrows():
        fit = known.get((row["submission_id"], row["domain"]))
        table.append(
            {
                "submission": as_submitted(row),
                "domain": str(row["domain"]).replace("_", " "),
                "tasks": "–" if fit is None else format_number(fit["tasks"], "count"),
                "one try": percent(row["pass_1"]),
                "all tries": percent(row["pass_4"]),
                "by the law": percent(row["law"]),
                "correlation": "–"
                if fit is None
                else f"{two_digits(fit['correlation'])} ({two_digits(fit['low'])} to {two_digits(fit['high'])})",
            }
        )
    return pd.DataFrame(
        table, columns=["submission", "domain", "tasks", "one try", "all tries", "by the law", "correlation"]
    )
