"""The naive chance that each question is compared with, from nothing later than the forecast."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from coordination_gap.scorecard.outcomes import Evidence
from coordination_gap.scorecard.questions import Question

#: Chance of a price to end above a level: spot, level, volatility a year, sessions to go.
ChanceAbove = Callable[[float, float, float, int], float]


def baseline(
    question: Question, evidence: Evidence, volatility: float, chance_above: ChanceAbove, confidence: float
) -> float | None:
    r"""Return the naive chance of yes.

    By the question's ``baseline_kind``:

    - ``lognormal without drift``: that of a price whose expectation is its last close before the forecast;
    - ``share of past snapshots``: :math:`(k + 1) / (n + 2)`, with *k* of the *n* snapshots before the forecast having
      it so; Laplace's rule of succession, which takes snapshots as independent;
    - ``chance alone``: half of 1 less the confidence, for an interval that lies below zero by chance;
    - ``even``: 0.5;
    - ``none``: None.

    Parameters
    ----------
    question
        The question.
    evidence
        As of any day from the forecast on; only what was visible at the forecast is used.
    volatility
        Of the share over the sessions before the forecast, a year's standard deviation of log returns.
    chance_above
        Gives the chance that a price ends above a level.
    confidence
        Of the intervals that decide about abnormal returns.

    Raises
    ------
    ValueError
        If the rule does not go with the kind of baseline, or no close precedes the forecast.
    """
    kind, rule = question.baseline_kind, question.rule_kind
    if kind == "none":
        return None
    if kind == "even":
        return 0.5
    if kind == "chance alone":
        return (1 - confidence) / 2
    if kind == "lognormal without drift":
        if rule != "price above" or question.threshold is None:
            raise ValueError(
                f"{question.forecast_id}: a lognormal baseline goes with the rule 'price above', not {rule!r}"
            )
        start, end = evidence.last_session(question.published_on), evidence.last_session(question.resolves_on)
        spot = evidence.closes.loc[evidence.closes.index <= pd.Timestamp(start), question.measures[0].column].dropna()
        if spot.empty:
            raise ValueError(f"{question.forecast_id}: there is no close up to {start} to start from")
        to_go = sum(start < session <= end for session in evidence.sessions)
        return chance_above(float(spot.iloc[-1]), question.threshold, volatility, to_go)
    if rule != "gap below zero":
        raise ValueError(f"{question.forecast_id}: past snapshots go with the rule 'gap below zero', not {rule!r}")
    seen = replace(
        evidence, arena=evidence.arena[evidence.arena["published_on"] <= pd.Timestamp(question.published_on)]
    )
    gaps = seen.gaps(question.measures[0])["gap"]
    return (int((gaps < 0).sum()) + 1) / (len(gaps) + 2)
