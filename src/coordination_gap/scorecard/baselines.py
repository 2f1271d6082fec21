"""The naive chance that each question is compared with, from nothing later than the forecast."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from coordination_gap.scorecard.outcomes import Evidence
from coordination_gap.scorecard.questions import BY_CHANCE, LOGNORMAL, NO_BASELINE, Question

#: Chance of a price to end above a level: spot, level, volatility a year, sessions to go.
ChanceAbove = Callable[[float, float, float, int], float]


def baseline(
    question: Question,
    evidence: Evidence,
    volatility: Mapping[str, float],
    chance_above: ChanceAbove,
    confidence: float,
) -> float | None:
    r"""Return the naive chance of yes.

    By the question's ``baseline_kind``:

    - ``lognormal without drift``: that of a price whose expectation is its last close before the forecast. Where two
      shares are compared, the price is that of the first in units of the second, and has to end above where it is;
    - ``share of past snapshots``: :math:`(k + 1) / (n + 2)`, with *k* of the *n* refreshed snapshots before the
      forecast having it so; Laplace's rule of succession, which takes snapshots as independent;
    - ``chance alone``: half of 1 less the confidence, for an interval that lies below zero by chance;
    - ``none``: None.

    Parameters
    ----------
    question
        The question.
    evidence
        As of any day from the forecast on; only what was visible at the forecast is used.
    volatility
        A year's standard deviation of log returns over the sessions before the forecast, by column of the closes, or
        by two of them joined by ``/`` for the price of the first in units of the second.
    chance_above
        Gives the chance that a price ends above a level.
    confidence
        Of the intervals that decide about abnormal returns.

    Raises
    ------
    ValueError
        If no close precedes the forecast, or a volatility is missing.
    """
    kind = question.baseline_kind
    if kind == NO_BASELINE:
        return None
    if kind == BY_CHANCE:
        return (1 - confidence) / 2
    if kind == LOGNORMAL:
        return _lognormal(question, evidence, volatility, chance_above)
    seen = replace(
        evidence, arena=evidence.arena[evidence.arena["published_on"] <= pd.Timestamp(question.published_on)]
    )
    gaps = seen.gaps(question.measures[0])["gap"]
    level = 0.0 if question.threshold is None else -question.threshold
    return (int((gaps < level).sum()) + 1) / (len(gaps) + 2)


def _lognormal(
    question: Question, evidence: Evidence, volatility: Mapping[str, float], chance_above: ChanceAbove
) -> float:
    start, end = evidence.last_session(question.published_on), evidence.last_session(question.resolves_on)
    to_go = sum(start < session <= end for session in evidence.sessions)
    columns = [measure.column for measure in question.measures]
    name = "/".join(columns)
    if name not in volatility:
        raise ValueError(f"volatility has no {name!r}, which {question.forecast_id} needs: give it beside the others")
    closes = evidence.closes.loc[evidence.closes.index <= pd.Timestamp(start), columns].dropna()
    if closes.empty:
        raise ValueError(f"{question.forecast_id}: there is no close up to {start} to start from")
    spot = float(closes[columns[0]].iloc[-1]) if question.threshold is not None else 1.0
    level = spot if question.threshold is None else question.threshold
    return chance_above(spot, level, volatility[name], to_go)
