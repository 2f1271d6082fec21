"""Rows of the tables of measurements, from what the probes gave: pure functions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

#: Lengths of the flows whose steps do nothing, in steps.
SHORT, LONG = 4, 12

Row = dict[str, Any]

STOPPED, PASSED_ON, RETRIED = "stopped", "passed on", "retried"
REFUSED, DROPPED, HANDED_ON = "refused", "dropped", "handed on"
RESUMED, RAN_AGAIN = "resumed at the killed step", "ran all again"
NOT_MEASURED = "not measured"


def summary(values: Sequence[float]) -> dict[str, float | int]:
    """Return the median, the quartiles and the number of repetitions.

    Raises
    ------
    ValueError
        If there is no value.
    """
    if len(values) == 0:
        raise ValueError("values is empty: give one value or more")
    low, middle, high = np.quantile(np.asarray(values, dtype=float), [0.25, 0.5, 0.75])
    return {"value": float(middle), "low": float(low), "high": float(high), "repetitions": len(values)}


def per_step(short: Sequence[float], long: Sequence[float], short_steps: int, long_steps: int) -> list[float]:
    """Return seconds per further step, one for each pair of a short and a long run.

    Parameters
    ----------
    short, long
        Seconds of runs, taken in turns.
    short_steps, long_steps
        How many steps each had.

    Raises
    ------
    ValueError
        If the runs do not pair up, or the long flow is not the longer one.
    """
    if len(short) != len(long):
        raise ValueError(f"short has {len(short)} runs and long has {len(long)}: give as many of each")
    if long_steps <= short_steps:
        raise ValueError(f"long_steps is {long_steps}: give more than short_steps, {short_steps}")
    return [(after - before) / (long_steps - short_steps) for before, after in zip(short, long, strict=True)]


def failure_outcome(result: Mapping[str, Any]) -> tuple[str, int, str]:
    """Return outcome, calls of the failing step, and what was seen, of a probe that lets a step fail once."""
    calls = int(result["calls"])
    if result.get("raised"):
        return STOPPED, calls, str(result["raised"])
    handed = ", ".join(str(text) for text in result.get("handed_on", []))
    if calls > 1:
        return RETRIED, calls, f"the next step got: {handed}"
    return PASSED_ON, calls, f"the caller got as text: {handed}"


def wrong_key_outcome(result: Mapping[str, Any], wrong: str = "decison") -> tuple[str, int, str]:
    """Return outcome, 1 if it was noticed, and what was seen, of a probe that writes a misspelt key."""
    if result.get("raised"):
        return REFUSED, 1, str(result["raised"])
    if result.get("is_error"):
        return REFUSED, 1, str(result["handed_on"][0])[:200]
    handed = result["handed_on"]
    if isinstance(handed, Mapping) and wrong in handed:
        return HANDED_ON, 0, f"the next step got the keys {', '.join(handed)}"
    keys = f"the keys {', '.join(handed)}" if isinstance(handed, Mapping) else "the answer"
    return DROPPED, 0, f"the next step got {keys}"


def kill_outcome(steps: Sequence[str], killed: str) -> tuple[str, int, str]:
    """Return outcome, how many finished steps ran again, and the path, of a run killed in a step and started again.

    Raises
    ------
    ValueError
        If the journal does not hold the killed step.
    """
    if killed not in steps:
        raise ValueError(f"steps has no {killed!r}: the journal of a run that was killed in it holds it")
    cut = list(steps).index(killed)
    finished, after = set(steps[:cut]), list(steps[cut + 1 :])
    again = sum(step in finished for step in after)
    outcome = RESUMED if again == 0 else RAN_AGAIN if again == len(finished) else f"ran {again} again"
    return outcome, again, " > ".join([*steps[: cut + 1], "killed", *after])


def trace_outcome(result: Mapping[str, Any], steps: Sequence[str]) -> tuple[str, int, str]:
    """Return outcome, number of spans, and their names, of a probe that traces one run."""
    spans = [str(name) for name in result["spans"]]
    if not spans:
        return "no spans", 0, "nothing reached the local SDK"
    named = [step for step in steps if any(step in span for span in spans)]
    by = "by itself" if result["package"] == "none" else f"by {result['package']}"
    kept = [span.split("_topic")[0][:48] for span in dict.fromkeys(spans)]
    return f"spans {by}", len(spans), f"steps named: {', '.join(named) or 'none'}; first spans: {', '.join(kept[:8])}"
