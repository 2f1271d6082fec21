"""The scorecard: every question with its status, its chances and their scores."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coordination_gap.facts import format_day
from coordination_gap.scorecard import outcomes
from coordination_gap.scorecard.baselines import ChanceAbove, baseline
from coordination_gap.scorecard.outcomes import Evidence, Outcome, outcome, so_far
from coordination_gap.scorecard.questions import Question
from coordination_gap.scorecard.scores import brier_score, log_score


def scorecard(
    questions: Sequence[Question],
    evidence: Evidence,
    volatility: Mapping[str, float],
    chance_above: ChanceAbove,
    confidence: float,
) -> pd.DataFrame:
    """Return how every question stands, with the scores of the stated chance and of the naive one.

    Parameters
    ----------
    questions
        As :func:`coordination_gap.scorecard.read_questions` returns them.
    evidence, volatility, chance_above, confidence
        As of :func:`coordination_gap.scorecard.baseline`.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``forecast_id``, in the order of the day it resolves on: ``question``, ``resolves_on``, ``status``,
        ``decided_on``, ``why`` (of open questions what the last data would make of them), ``probability``,
        ``baseline``, ``brier``, ``log``, ``baseline_brier`` and ``baseline_log``. A number is missing where
        there is no chance, or nothing is decided.

    Raises
    ------
    ValueError
        As :func:`coordination_gap.scorecard.baseline` and :func:`coordination_gap.scorecard.outcome` do.
    """
    rows = []
    for question in sorted(questions, key=lambda each: (each.resolves_on, each.forecast_id)):
        stands = outcome(question, evidence)
        now = so_far(question, evidence)
        naive = baseline(question, evidence, volatility, chance_above, confidence)
        rows.append(
            {
                "forecast_id": question.forecast_id,
                "question": question.question,
                "resolves_on": question.resolves_on,
                "status": stands.status,
                "decided_on": stands.decided_on,
                "why": stands.why if now is None else _provisional(now),
                "probability": np.nan if question.probability is None else question.probability,
                "baseline": np.nan if naive is None else naive,
                **_scores("", question.probability, stands.happened),
                **_scores("baseline_", naive, stands.happened),
            }
        )
    columns = ["forecast_id", "question", "resolves_on", "status", "decided_on", "why", "probability", "baseline",
               "brier", "log", "baseline_brier", "baseline_log"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index("forecast_id")


def _provisional(now: Outcome) -> str:
    day = "" if now.decided_on is None else f" ({format_day(now.decided_on)})"
    return f"so far {now.status}: {now.why}{day}"


def _scores(prefix: str, chance: float | None, happened: bool | None) -> dict[str, float]:
    if chance is None or happened is None:
        return {f"{prefix}brier": np.nan, f"{prefix}log": np.nan}
    return {f"{prefix}brier": brier_score([chance], [happened]), f"{prefix}log": log_score([chance], [happened])}


def count(card: pd.DataFrame, status: str) -> int:
    """Return how many questions have a status.

    Raises
    ------
    ValueError
        If there is no such status.
    """
    known = (outcomes.OPEN, outcomes.YES, outcomes.NO, outcomes.NO_DATA)
    if status not in known:
        raise ValueError(f"status is {status!r}: it is one of {', '.join(known)}")
    return int((card["status"] == status).sum())
