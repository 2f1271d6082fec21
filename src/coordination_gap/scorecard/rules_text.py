"""How each question is decided, in words for the page."""

from collections.abc import Sequence

import pandas as pd

from coordination_gap.facts import format_day, format_number
from coordination_gap.scorecard.questions import RULES, Measure, Question

#: How a threshold is shown, by its column's table.
_SHOWN = {"event_windows": ("usd_per_share", 2), "arena_weekly": ("points", 0), "epoch_index": ("points", 1)}


def decided_by(question: Question) -> str:
    """Return the rule of a question as a sentence, with its threshold and the columns that it reads."""
    if not question.measures:
        return f"Not decided here: {question.lacks}."
    rule = RULES[question.rule_kind]
    limit = ""
    if question.threshold is not None:
        unit, decimals = _SHOWN[question.measures[0].table]
        whole = float(question.threshold).is_integer()
        limit = f" Threshold: {format_number(question.threshold, unit, 0 if whole else decimals)}."
    return f"Yes if {rule.asks}.{limit} Read from {' and '.join(_column(each) for each in question.measures)}."


def _column(measure: Measure) -> str:
    name = f"{measure.table}.{measure.column}"
    if measure.table == "event_windows":
        return name
    board = "" if measure.board is None else f" on the board {measure.board}"
    rivals = "each rival" if measure.each else "the best rival"
    return f"{name}{board}, {measure.lab} against {rivals}"


def question_anchor(forecast_id: str) -> str:
    """Return the name under which a question's rule can be addressed."""
    return f"question-{forecast_id}"


def resolution_table(questions: Sequence[Question]) -> pd.DataFrame:
    """Return how each question is decided, in the order of the day it resolves on.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``forecast_id``, in the order of :func:`coordination_gap.scorecard.scorecard`: ``question``,
        ``decided_by``, ``day`` (with whether the article states it), ``chance`` (who stated one, or that nobody
        did), ``note`` and ``claim_id``.
    """
    ordered = sorted(questions, key=lambda each: (each.resolves_on, each.forecast_id))
    rows = [
        (
            each.forecast_id,
            each.question,
            decided_by(each),
            f"{format_day(each.resolves_on)}, "
            + ("stated by the article" if each.resolves_on_basis == "stated" else "proposed here"),
            f"A chance is stated by {each.probability_source}"
            if each.probability is not None
            else "No chance is stated",
            each.note,
            each.claim_id,
        )
        for each in ordered
    ]
    columns = ["forecast_id", "question", "decided_by", "day", "chance", "note", "claim_id"]
    return pd.DataFrame(rows, columns=columns).set_index("forecast_id")
