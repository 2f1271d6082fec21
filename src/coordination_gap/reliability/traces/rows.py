"""Rows of the frames of an estimated pipeline: each estimate with its interval, or with the reason for a gap."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from coordination_gap.reliability.parts import Branch, walk
from coordination_gap.reliability.traces.amounts import Amount
from coordination_gap.reliability.traces.codes import GOOD, LOUD, NONE, REJECTED_BAD, REJECTED_GOOD, SILENT, Floats
from coordination_gap.reliability.traces.data import Data
from coordination_gap.reliability.traces.frame import OUTCOMES
from coordination_gap.reliability.traces.rates import (
    FEWEST_RETRIED_RUNS,
    RATES,
    correlation_interval,
    rates_of,
    retried_runs,
)
from coordination_gap.reliability.uncertainty import Interval, binomial_interval

_POSTERIOR_DRAWS = 4000


def frame_of_steps(data: Data, confidence: float, prior: tuple[float, float]) -> pd.DataFrame:
    """Return a row a parameter of a step; the columns are those of ``EstimatedPipeline.steps``."""
    weight = data.weight[None, :]
    values = data.values(weight)
    rows: list[dict[str, object]] = []
    for place, step in enumerate(data.steps):
        rates = dict(zip(RATES, values.rates[0, place], strict=True))
        if step.gate is None:
            del rates["detection"], rates["false_alarm"]
        more = (weight @ data.urn(place))[0]
        if step.attempts == 1:
            del rates["correlation"]
        for rate, estimate in rates.items():
            counts = data.weight @ (data.first if rate == "success" else data.tries)[:, place]
            row = (
                _row_of_correlation(more, rates["success"], float(estimate), confidence)
                if rate == "correlation"
                else _row_of_rate(rate, counts, float(estimate), confidence, prior)
            )
            rows.append({"step": step.name, "parameter": rate, **row})
        rows += [{"step": step.name, **row} for row in _rows_of_amounts(data.amounts[step.name], confidence)]
    return pd.DataFrame(rows).astype({"successes": "Int64", "trials": "Int64"})


def frame_of_ways(data: Data, confidence: float) -> pd.DataFrame:
    """Return a row a way of a branch; the columns are those of ``EstimatedPipeline.ways``."""
    rows = []
    for name, way in data.way.items():
        branch = next(part for part in walk(data.template.steps) if part.name == name)
        came = int(data.weight[way != NONE].sum())
        for number, _ in enumerate(branch.ways if isinstance(branch, Branch) else ()):
            took = int(data.weight[way == number].sum())
            low, high = binomial_interval(took, came, confidence) if came else (0.0, 1.0)
            rows.append((name, number + 1, took / came if came else math.nan, low, high, took, came))
    return pd.DataFrame(rows, columns=["branch", "way", "estimate", "low", "high", "successes", "trials"])


def quantiles(samples: Floats, confidence: float) -> Interval:
    """Return the equal-tailed interval of samples."""
    low, high = np.quantile(samples, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    return Interval(float(low), float(high))


def _row_of_rate(
    rate: str, counts: Floats, estimate: float, confidence: float, prior: tuple[float, float]
) -> dict[str, object]:
    """Return estimate and interval of a rate from counts of outcomes."""
    number = {name: int(counts[kind]) for kind, name in enumerate(OUTCOMES)}
    good, bad = number["good"] + number["rejected_good"], number["silent"] + number["rejected_bad"]
    successes, trials = {
        "success": (good, good + bad + number["loud"]),
        "loud": (number["loud"], number["loud"] + bad),
        "detection": (number["rejected_bad"], bad),
        "false_alarm": (number["rejected_good"], good),
    }[rate]
    unjudged = number["passed"] + number["rejected"]
    low, high, method, gap = 0.0, 1.0, "none", ""
    if math.isnan(estimate):
        gap = {
            "success": "the step was never taken",
            "loud": "no attempt was seen to fail, and none was judged wrong",
            "detection": "no wrong output came before the gate",
            "false_alarm": "no good output came before the gate",
        }[rate]
        if unjudged:
            gap = f"too few outputs were judged: {unjudged} were not"
            if rate == "success":
                every = int(counts.sum())
                low = binomial_interval(good, every, confidence).low
                high = binomial_interval(every - number["loud"] - bad, every, confidence).high
                method = "bounds: all unjudged outputs wrong, all of them good"
    elif unjudged == 0:
        low, high = binomial_interval(successes, trials, confidence)
        method = "exact binomial"
    else:
        low, high = _posterior(rate, counts, confidence, prior)
        method = "posterior of a judged sample"
    return {
        "estimate": estimate, "low": low, "high": high, "successes": successes, "trials": trials,
        "method": method, "gap": gap,
    }  # fmt: skip


def _posterior(rate: str, counts: Floats, confidence: float, prior: tuple[float, float]) -> Interval:
    """Return the interval of a rate where only some outputs were judged, by drawing each share from its posterior."""
    rng = np.random.default_rng(0)

    def share(of: float, rest: float) -> Floats:
        # A share that was never put to the test, as that of rejections without a gate, stays what it is.
        if of + rest == 0 or min(prior) == 0.0 == min(of, rest):
            return np.full(_POSTERIOR_DRAWS, 0.0 if of == 0 else 1.0)
        return rng.beta(of + prior[0], rest + prior[1], size=_POSTERIOR_DRAWS)

    good, silent, loud, false_alarm, caught, passed, rejected = counts
    let_through, stopped = good + silent + passed, false_alarm + caught + rejected
    seen = share(loud, let_through + stopped)
    on = share(let_through, stopped) if stopped else np.ones(_POSTERIOR_DRAWS)
    of_passed, of_rejected = share(good, silent), share(false_alarm, caught)
    drawn = np.zeros((_POSTERIOR_DRAWS, len(OUTCOMES)))
    drawn[:, GOOD], drawn[:, SILENT] = on * of_passed, on * (1 - of_passed)
    drawn[:, REJECTED_GOOD], drawn[:, REJECTED_BAD] = (1 - on) * of_rejected, (1 - on) * (1 - of_rejected)
    drawn *= (1 - seen)[:, None]
    drawn[:, LOUD] = seen
    return quantiles(rates_of(drawn)[RATES.index(rate)], confidence)


def _row_of_correlation(more: Floats, success: float, estimate: float, confidence: float) -> dict[str, object]:
    retried = int(retried_runs(more))
    low, high, gap, method = 0.0, 1.0, "", "none"
    if not math.isnan(estimate):
        low, high = correlation_interval(more, success, estimate, confidence)
        method = "profile likelihood"
    elif retried < FEWEST_RETRIED_RUNS:
        gap = f"{retried} runs have two judged attempts at the step, fewer than {FEWEST_RETRIED_RUNS}"
    else:
        gap = "its first attempts all came to the same, or were not judged"
    return {
        "estimate": estimate, "low": low, "high": high, "successes": None, "trials": retried,
        "method": method, "gap": gap,
    }  # fmt: skip


def _rows_of_amounts(amounts: dict[str, Amount], confidence: float) -> Iterator[dict[str, object]]:
    for parameter, amount, value, error in (
        ("cost", amounts["cost"], amounts["cost"].mean, amounts["cost"].mean_error),
        ("seconds", amounts["seconds"], amounts["seconds"].mean, amounts["seconds"].mean_error),
        ("seconds_cv", amounts["seconds"], amounts["seconds"].cv, amounts["seconds"].cv_error),
    ):
        low, high, method, gap = 0.0, math.inf, "none", ""
        if math.isnan(value):
            name = parameter.removesuffix("_cv")
            few = (
                "no attempt has"
                if amount.number == 0
                else "only one attempt has"
                if amount.number == 1
                else "all have 0"
            )
            gap = f"{few} {name}"
        elif value == 0.0:
            high, method = 0.0 if amount.number > 1 else math.inf, "all are the same"
        elif math.isfinite(error):
            # On the scale of logarithms, as an amount is never negative.
            width = stats.t.ppf((1.0 + confidence) / 2.0, amount.number - 1) * error
            low, high, method = value * math.exp(-width), value * math.exp(min(width, 700.0)), "large sample"
        yield {
            "parameter": parameter, "estimate": value, "low": low, "high": high, "successes": None,
            "trials": amount.number, "method": method, "gap": gap,
        }  # fmt: skip
