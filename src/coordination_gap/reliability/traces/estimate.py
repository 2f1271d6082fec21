"""From attempts to a pipeline with intervals.

How each rate is estimated, ``rates`` says, and ``rows`` gives it its interval. What the data
cannot say stays a gap with its reason. The pipeline needs a number all the same; which was
taken, ``assumed`` says.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.traces.codes import NONE
from coordination_gap.reliability.traces.data import INSTEAD, Data, Values, read_data
from coordination_gap.reliability.traces.rates import checked_confidence
from coordination_gap.reliability.traces.rows import frame_of_steps, frame_of_ways
from coordination_gap.reliability.uncertainty import beta_prior


@dataclass(frozen=True, eq=False)
class EstimatedPipeline:
    """A pipeline as its traces show it.

    Attributes
    ----------
    pipeline
        With the point estimates; see ``assumed`` for what had to be put in, and
        :meth:`remarks` for steps whose success is none.
    steps
        A row a parameter of a step: ``step``, ``parameter`` (success, loud, detection,
        false_alarm, correlation, cost, seconds, seconds_cv), ``estimate`` (NaN where
        unknown), ``low``, ``high``, ``successes`` and ``trials`` that it rests on (for cost
        and seconds the number of attempts with a value, for the correlation the number of
        runs with two attempts), ``method`` of the interval, and ``gap``, the reason why the
        estimate is unknown. Cost and seconds are means of an attempt, gate included.
    ways
        A row a way of a branch: ``branch``, ``way`` (from 1), ``estimate``, ``low``,
        ``high``, ``successes``, ``trials``.
    runs, dropped_runs
        How many runs this rests on, and how many were left out as cut short.
    confidence
        Of the intervals.
    assumed
        What the pipeline rests on beside the data, a sentence each.
    """

    pipeline: Pipeline
    steps: pd.DataFrame
    ways: pd.DataFrame
    runs: int
    dropped_runs: int
    confidence: float
    assumed: tuple[str, ...]

    def remarks(self) -> tuple[str, ...]:
        """Return what a file with the pipeline has to say at its head, a sentence of one line each.

        That is, for each step whose success is not known, so that its number in the
        pipeline is no estimate, why, and what stands in its place.
        """
        value, meaning = INSTEAD["success"]
        unknown = self.steps[(self.steps["parameter"] == "success") & self.steps["estimate"].isna()]
        return tuple(
            f"Step {row['step']!r}: its success is not known ({row['gap']}); success {value:g}, {meaning}, stands in "
            "its place."
            for row in unknown.to_dict("records")
        )


def estimate_pipeline(
    attempts: pd.DataFrame,
    template: Pipeline | None = None,
    confidence: float = 0.95,
    *,
    prior: tuple[float, float] = (0.5, 0.5),
    incomplete: str = "refuse",
) -> EstimatedPipeline:
    """Return the pipeline behind attempts, with intervals.

    Parameters
    ----------
    attempts
        From :func:`~coordination_gap.reliability.traces.read_traces`.
    template
        How the steps are joined: order, branches, fallbacks, gates, attempts, waits. Its
        probabilities, costs and seconds are not used. Without it, steps are taken in
        series, which the runs must agree with: all in the same order, none going on after
        an attempt that was seen to fail for good. Rows must then stand in the order in
        which the attempts happened in their run.
    confidence
        Of the intervals, at most 0.999. They are exact binomial ones where every output was judged, and
        posterior ones where only some were; a profile likelihood for the correlation;
        large-sample ones, attempts taken as independent, for cost and seconds.
    prior
        Of the posterior ones: the two parameters of the beta distribution of each share.
    incomplete
        What is done with runs that stop between two steps and say no end: ``"refuse"``
        raises, ``"drop"`` leaves them out.

    Raises
    ------
    TraceError
        If the attempts do not agree with the template, or without one with a series.
    """
    confidence = checked_confidence(confidence)
    data = read_data(attempts, template, incomplete)
    return estimated_from(data, data.now(), confidence, beta_prior(prior))


def estimated_from(data: Data, now: Values, confidence: float, prior: tuple[float, float]) -> EstimatedPipeline:
    """Return the pipeline with the values `now`, which have no gaps, and the frames that say what they rest on."""
    steps = frame_of_steps(data, confidence, prior)
    return EstimatedPipeline(
        pipeline=data.pipeline(now, 0),
        steps=steps,
        ways=frame_of_ways(data, confidence),
        runs=data.runs,
        dropped_runs=data.dropped,
        confidence=confidence,
        assumed=tuple(_assumed(data, steps)),
    )


def _assumed(data: Data, steps: pd.DataFrame) -> Iterator[str]:
    """Yield what the estimated pipeline rests on beside the data."""
    if data.inferred:
        yield (
            "The steps are taken in series, in the order in which they appear; a step has as many attempts as the most "
            "that were seen, and waits for nothing between them."
        )
    yield "Costs and seconds of gates are in those of the attempts; steps share no luck and no common cause."
    for row in steps[steps["gap"] != ""].to_dict("records"):
        value, meaning = INSTEAD.get(row["parameter"], (0.0, "so it is not counted"))
        what = f"Step {row['step']!r}: {row['parameter']} is unknown ({row['gap']})"
        yield f"{what}; the pipeline takes {value:g}, {meaning}."
    for name in dict.fromkeys(steps.loc[steps["method"] == "posterior of a judged sample", "step"]):
        yield f"Step {name!r}: the judged outputs are a random sample of those passed on, and of those rejected."
    for name, number in data.given_up.items():
        yield (
            f"Step {name!r}: in {number} runs no attempt followed one that was seen to fail, though more are allowed; "
            "the pipeline uses up all attempts."
        )
    for name, way in data.way.items():
        if not (way != NONE).any():
            yield f"Branch {name!r}: no run came to it; the pipeline takes the probabilities of the template."
