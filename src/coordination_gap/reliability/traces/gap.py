"""From runs to the coordination gap: what the steps predict against what happened.

Runs are resampled with replacement; steps, pipeline, product and observed ends are worked
out again for each sample of runs. So the interval of predicted minus observed knows how
uncertain both are, and that both come from the same runs. It is the difference plus and
minus a multiple of its standard error over the samples. Quantiles of the samples, which
serve for the prediction alone, held the true difference less often, because an estimated
correlation cannot be negative: intervals of 90 % held it in 85 to 91 % of simulated data
sets of 200 to 800 runs (150 sets each), against 80 to 91 %.

In a series in which every failure halts the run, the product of the steps' success equals
the observed success whatever the correlation: each step is then measured in just those
runs that reach it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from coordination_gap import checks
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.traces.codes import (
    HALTED,
    NONE,
    PASSED,
    REJECTED,
    SILENT_FAILURE,
    SUCCESS,
    Floats,
)
from coordination_gap.reliability.traces.data import Data, read_data
from coordination_gap.reliability.traces.estimate import EstimatedPipeline, estimated_from
from coordination_gap.reliability.traces.frame import RUN_OUTCOMES, TraceError, check_attempts
from coordination_gap.reliability.traces.pairs import pairs_of
from coordination_gap.reliability.traces.path import Rows
from coordination_gap.reliability.traces.rates import checked_confidence, ratio
from coordination_gap.reliability.traces.rows import quantiles
from coordination_gap.reliability.uncertainty import binomial_interval


class Measured(NamedTuple):
    """A number with the two ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Gap:
    """Predicted against observed ends of runs.

    Attributes
    ----------
    table
        A row an ``outcome`` and a ``prediction``: ``"pipeline"`` (the estimated pipeline,
        with its attempts, gates and fallbacks) or ``"product"`` (of the success of the
        steps' first attempts, without fallbacks; for success only). Columns ``predicted``,
        ``observed`` and ``gap`` (predicted minus observed), each with ``_low`` and ``_high``.
    pairs
        A row a pair of steps: over the ``runs`` that took both, how often the first attempt
        failed at ``both``, ``only_a``, ``only_b``, ``neither``; ``phi``, the correlation of
        the two failures, with a large-sample interval; ``excess``, the share of runs in
        which both failed beyond what independence gives, in the units of the gap; and
        ``gap``, why phi is unknown.
    ends
        Runs by their ``observed`` end and the end that their ``steps`` imply.
    estimated
        The steps and the pipeline.
    derived_ends, unknown_ends
        Runs whose end was not observed and follows from the steps; and those where it
        remains unknown.
    confidence, resamples, seed
        Of the intervals; how many samples of runs they rest on; of the random numbers.
    notes
        What has to be said beside the numbers, a sentence each.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    ends: pd.DataFrame
    estimated: EstimatedPipeline
    derived_ends: int
    unknown_ends: int
    confidence: float
    resamples: int
    seed: int
    notes: tuple[str, ...]

    def of(
        self,
        outcome: str = "success",
        prediction: Literal["pipeline", "product"] = "pipeline",
        what: Literal["gap", "predicted", "observed"] = "gap",
    ) -> Measured:
        """Return one entry of ``table`` with its interval.

        Raises
        ------
        ValueError
            If there is no such row or column.
        """
        row = self.table[(self.table["outcome"] == outcome) & (self.table["prediction"] == prediction)]
        if row.empty or what not in {"gap", "predicted", "observed"}:
            raise ValueError(f"there is no {what!r} of {outcome!r} by {prediction!r}: take a row and column of table")
        return Measured(*(float(row[column].iloc[0]) for column in (what, f"{what}_low", f"{what}_high")))


def coordination_gap(
    attempts: pd.DataFrame,
    template: Pipeline | None = None,
    confidence: float = 0.95,
    *,
    resamples: int = 1000,
    seed: int = 0,
    incomplete: str = "refuse",
) -> Gap:
    """Return what the steps predict for a run, what runs came to, and the difference.

    Parameters
    ----------
    attempts, template, confidence, incomplete
        As for :func:`estimate_pipeline`.
    resamples
        How many samples of runs the intervals rest on, at least 100 and at least
        2 / (1 - `confidence`), so that one is expected beyond each end.
    seed
        Of the random numbers, from 0 on.

    Raises
    ------
    TraceError
        As for :func:`estimate_pipeline`, and if no attempt at a step, or the end of no run,
        was judged.
    """
    confidence = checked_confidence(confidence)
    resamples = checks.count(resamples, "resamples", least=100)
    _need_samples(confidence, resamples)
    seed = checks.count(seed, "seed", least=0)
    data = read_data(attempts, template, incomplete)
    _need_success(data, attempts)
    weight = data.weight[None, :]
    ends = _shares_of_ends(weight @ data.ends)
    if np.isnan(ends).any():
        file = attempts.attrs.get("file", "attempts")
        raise TraceError(f"{file}: run_outcome is known of no run that reached its end: give that of some")
    now = data.now()
    estimated = estimated_from(data, now, confidence, (0.5, 0.5))

    # Drawing how often each kind of run is in a sample is the same as drawing run by run.
    drawn = np.random.default_rng(seed).multinomial(data.runs, data.weight / data.runs, size=resamples).astype(float)
    sampled = data.values(drawn).filled(now)
    predicted = np.array([_ends_of(data.pipeline(sampled, sample)) for sample in range(resamples)])
    seen = _shares_of_ends(drawn @ data.ends)
    seen = np.where(np.isnan(seen), ends, seen)
    unknown = int((weight @ data.ends)[0, NONE])
    expected = _ends_of(estimated.pipeline)
    rows = []
    for prediction, end, value, samples in (
        *(("pipeline", end, expected[end], predicted[:, end]) for end in (SUCCESS, SILENT_FAILURE, HALTED)),
        ("product", SUCCESS, float(data.product(now)[0]), data.product(sampled)),
    ):
        happened, times = float(ends[0, end]), round(ends[0, end] * data.runs)
        low, high = quantiles(samples, confidence)
        if unknown:
            seen_low, seen_high = quantiles(seen[:, end], confidence)
        else:
            seen_low, seen_high = binomial_interval(times, data.runs, confidence)
        width = stats.norm.ppf((1.0 + confidence) / 2.0) * float((samples - seen[:, end]).std(ddof=1))
        gap_low, gap_high = value - happened - width, value - happened + width
        if times in {0, data.runs}:
            # Where all runs ended alike, so do all samples of them, which shows no uncertainty of what was observed.
            gap_low, gap_high = min(gap_low, low - seen_high), max(gap_high, high - seen_low)
        numbers = [value, low, high, happened, seen_low, seen_high, value - happened, gap_low, gap_high]
        rows.append([prediction, RUN_OUTCOMES[end], *numbers])
    columns = [f"{name}{edge}" for name in ("predicted", "observed", "gap") for edge in ("", "_low", "_high")]
    derived = int(data.weight[(data.observed == NONE) & (data.derived != NONE)].sum())
    return Gap(
        table=pd.DataFrame(rows, columns=["prediction", "outcome", *columns]),
        pairs=pairs_of(data, confidence),
        ends=_ends_by_steps(data),
        estimated=estimated,
        derived_ends=derived,
        unknown_ends=unknown,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        notes=tuple(_notes(data, derived, unknown)),
    )


def _ends_of(pipeline: Pipeline) -> tuple[float, float, float]:
    outcome = pipeline.evaluate()
    return outcome.success, outcome.silent_failure, outcome.halted


def _shares_of_ends(runs: Floats) -> Floats:
    """Return the shares of the three ends from counts with a fourth, of runs that ended nobody knows how.

    Such runs were not halted, and are shared out like the others that were not.
    """
    reached = runs.sum(axis=1) - runs[:, HALTED]
    judged = runs[:, SUCCESS] + runs[:, SILENT_FAILURE]
    found = np.empty((len(runs), len(RUN_OUTCOMES)))
    for end in (SUCCESS, SILENT_FAILURE):
        found[:, end] = np.where(reached > 0, ratio(reached * runs[:, end], judged), 0.0) / runs.sum(axis=1)
    found[:, HALTED] = runs[:, HALTED] / runs.sum(axis=1)
    return found


def _need_samples(confidence: float, resamples: int) -> None:
    """Raise where no sample of runs is expected beyond the ends of an interval."""
    if resamples * (1.0 - confidence) < 2.0 - 1e-9:
        most, least = 1.0 - 2.0 / resamples, math.ceil(2.0 / (1.0 - confidence) - 1e-9)
        raise ValueError(
            f"confidence is {confidence!r}, and resamples is {resamples}, so that no sample of runs lies beyond the "
            f"interval: give a confidence of at most {most:.6g}, or resamples of at least {least}"
        )


def _need_success(data: Data, attempts: pd.DataFrame) -> None:
    """Raise where a step that was taken has no success to predict with."""
    success = data.values(data.weight[None, :]).rates[0, :, 0]
    taken = (data.weight @ data.first.sum(axis=2)) > 0
    for place in np.flatnonzero(np.isnan(success) & taken):
        name, rows = data.steps[place].name, Rows(check_attempts(attempts))
        unjudged = rows.of_step(name) & (rows.attempt == 1) & np.isin(rows.outcome, (PASSED, REJECTED))
        raise TraceError(
            f"{rows.first(unjudged)}: step {name!r}: success is unknown, as too few first attempts were judged, such "
            "as this: give some of the outputs passed on the outcome good or silent, and some of those rejected "
            "rejected_good or rejected_bad"
        )


def _ends_by_steps(data: Data) -> pd.DataFrame:
    """Return runs by their observed end and the end that their steps imply."""
    names = (*RUN_OUTCOMES, "unknown")
    rows = [
        (names[observed], names[derived], int(runs))
        for observed in range(len(RUN_OUTCOMES))
        for derived in (*range(len(RUN_OUTCOMES)), NONE)
        if (runs := data.weight[(data.observed == observed) & (data.derived == derived)].sum())
    ]
    return pd.DataFrame(rows, columns=["observed", "steps", "runs"])


def _notes(data: Data, derived: int, unknown: int) -> Iterator[str]:
    if derived:
        yield (
            f"{derived} of {data.runs} runs do not say how they ended; their end follows from the outcomes of their "
            "steps, so that what goes wrong between steps does not show in it."
        )
    if unknown:
        yield (
            f"Nobody judged the end of {unknown} of {data.runs} runs; they are shared out like the others that were "
            "not halted, and the interval of the observed shares comes from samples of runs."
        )
    differ = (data.observed != NONE) & (data.derived != NONE) & (data.observed != data.derived)
    if differ.any():
        yield (
            f"{int(data.weight[differ].sum())} of {data.runs} runs did not end as the outcomes of their steps imply; "
            "in Python, the attribute ends of the gap counts them by kind."
        )
    if data.dropped:
        yield f"{data.dropped} runs whose trace is cut short were left out; they are seldom like the others."
