"""Forecasts of the article as questions that a rule resolves, read from the table ``forecasts``.

What resolves a question is written in its row: ``measured_by`` names columns in the form
``table.column [of LAB] [against each] [on board]``, two of them joined by ``and``, and ``rule_kind``
says what is asked of them (:data:`RULES`).
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coordination_gap import checks

#: What a threshold counts, by table of the first measured column.
UNITS = {"event_windows": "usd_per_share", "arena_weekly": "rating points", "epoch_index": "index points"}
#: Before what would be needed, where no table measures it.
NEEDED = "none:"
NO_BASELINE = "none"
LOGNORMAL, PAST_SHARE, BY_CHANCE = "lognormal without drift", "share of past snapshots", "chance alone"
BASELINES = (LOGNORMAL, PAST_SHARE, BY_CHANCE, NO_BASELINE)


@dataclass(frozen=True)
class Rule:
    """What a kind of rule asks.

    Attributes
    ----------
    tables
        For each measured column, the tables it may come from.
    threshold
        Whether it is ``"needed"``, ``"allowed"`` or ``"none"``.
    asks
        When the answer is yes.
    baseline
        The kind of baseline that goes with it, apart from none.
    """

    tables: tuple[tuple[str, ...], ...]
    threshold: str
    asks: str
    baseline: str = NO_BASELINE


_BOARDS = ("arena_weekly", "epoch_index")
_SHARE = ("event_windows",)
RULES = {
    "price above": Rule(
        (_SHARE,), "needed", "the close of the last session by the day is above the threshold", LOGNORMAL
    ),
    "return above": Rule((_SHARE, _SHARE), "none", "the first returns more than the second until the day", LOGNORMAL),
    "gap wider": Rule(
        (_BOARDS,), "allowed", "the distance to the best rival exceeds the threshold, or that of the start", PAST_SHARE
    ),
    "gap below zero": Rule(
        (_BOARDS,), "none", "the lab's best is below the best rival, or below each where so named", PAST_SHARE
    ),
    "abnormal fall": Rule((_SHARE,), "none", "the interval of the summed abnormal return lies below zero", BY_CHANCE),
    "order of days": Rule((_BOARDS, _SHARE), "needed", "the distance exceeds the threshold before the share falls"),
    "none": Rule((), "none", "no table here measures it"),
}


@dataclass(frozen=True)
class Measure:
    """A measured column: of which lab, against each rival or the best one, and on which board."""

    table: str
    column: str
    lab: str = "Google"
    each: bool = False
    board: str | None = None


@dataclass(frozen=True)
class Question:
    """One row of ``forecasts``, checked.

    Its attributes are the columns, with what is measured taken apart; ``lacks`` is what would be needed
    where no table measures it, and empty elsewhere.
    """

    forecast_id: str
    claim_id: str
    question: str
    measures: tuple[Measure, ...]
    resolves_on: dt.date
    resolves_on_basis: str
    published_on: dt.date
    rule_kind: str
    threshold: float | None
    probability: float | None
    probability_source: str
    baseline_kind: str
    note: str
    lacks: str


_MEASURE = re.compile(
    r"(?P<table>\w+)\.(?P<column>\w+)(?: of (?P<lab>\w+))?(?P<each> against each)?(?: on (?P<board>[\w-]+))?"
)


def read_questions(forecasts: pd.DataFrame) -> list[Question]:
    """Return the questions of the table ``forecasts``, in its order.

    Parameters
    ----------
    forecasts
        Rows of the table, with its columns.

    Raises
    ------
    ValueError
        If a row cannot be resolved as it is written: an unknown kind of rule or baseline, no day to
        resolve on or one before the forecast, a chance outside 0 to 1, a measured column that the rule has
        no use for, a baseline that does not go with the rule, or a threshold that is missing, useless or in a unit
        other than the column's. The message names the row, and what to write instead.
    """
    return [_question(row) for _, row in forecasts.iterrows()]


def _question(row: "pd.Series[Any]") -> Question:
    where = f"forecasts, row {row.name} ({row['forecast_id']})"
    rule = RULES.get(row["rule_kind"])
    if rule is None:
        raise ValueError(f"{where}: rule_kind is {row['rule_kind']!r}: write one of {', '.join(RULES)}")
    if row["baseline_kind"] not in BASELINES:
        raise ValueError(f"{where}: baseline_kind is {row['baseline_kind']!r}: write one of {', '.join(BASELINES)}")
    if pd.isna(row["resolves_on"]):
        raise ValueError(f"{where} has no resolves_on: write the day on which it is decided")
    due, published = row["resolves_on"].date(), row["published_on"].date()
    if due < published:
        raise ValueError(
            f"{where}: resolves_on is {due}, before published_on, {published}: what is past is no forecast"
        )
    measures = _measures(str(row["measured_by"]), rule, where)
    threshold = _threshold(row, rule, measures, where)
    _check_baseline(str(row["baseline_kind"]), rule, measures, threshold, where)
    return Question(
        forecast_id=str(row["forecast_id"]),
        claim_id=str(row["claim_id"]),
        question=str(row["question"]),
        measures=measures,
        resolves_on=due,
        resolves_on_basis=str(row["resolves_on_basis"]),
        published_on=published,
        rule_kind=str(row["rule_kind"]),
        threshold=threshold,
        probability=None if pd.isna(row["probability"]) else checks.probability(
            float(row["probability"]), f"{where}: probability"
        ),
        probability_source="" if pd.isna(row["probability_source"]) else str(row["probability_source"]),
        baseline_kind=str(row["baseline_kind"]),
        note="" if pd.isna(row["note"]) else str(row["note"]),
        lacks="" if rule.tables else _lacks(str(row["measured_by"]), where),
    )  # fmt: skip


def _measures(text: str, rule: Rule, where: str) -> tuple[Measure, ...]:
    if not rule.tables:
        return ()
    form = "write table.column [of LAB] [against each] [on board], two of them joined by 'and'"
    parts = [_MEASURE.fullmatch(part.strip()) for part in text.split(" and ")]
    measures = [
        Measure(part["table"], part["column"], part["lab"] or "Google", bool(part["each"]), part["board"])
        for part in parts
        if part is not None
    ]
    if len(measures) != len(parts):
        raise ValueError(f"{where}: measured_by is {text!r}: {form}")
    if len(measures) != len(rule.tables) or any(
        measure.table not in allowed for measure, allowed in zip(measures, rule.tables, strict=True)
    ):
        wanted = " and ".join(" or ".join(allowed) for allowed in rule.tables)
        raise ValueError(f"{where}: measured_by is {text!r}: this rule measures a column of {wanted}")
    for measure in measures:
        if (measure.table == "arena_weekly") != (measure.board is not None):
            raise ValueError(
                f"{where}: measured_by is {text!r}: name a board with 'on' for arena_weekly, and only there"
            )
    return tuple(measures)


def _check_baseline(kind: str, rule: Rule, measures: tuple[Measure, ...], threshold: float | None, where: str) -> None:
    if kind not in (NO_BASELINE, rule.baseline):
        wanted = " or ".join(dict.fromkeys((rule.baseline, NO_BASELINE)))
        raise ValueError(f"{where}: baseline_kind is {kind!r}, which does not go with this rule: write {wanted}")
    if kind == PAST_SHARE and (measures[0].board is None or (rule.threshold == "allowed" and threshold is None)):
        raise ValueError(
            f"{where}: baseline_kind is {kind!r}, which needs past snapshots of a board, and the threshold that they "
            f"are held to: write {NO_BASELINE}"
        )


def _lacks(text: str, where: str) -> str:
    if not text.startswith(NEEDED):
        raise ValueError(f"{where}: measured_by is {text!r}: write {NEEDED!r} and what would be needed")
    return text.removeprefix(NEEDED).strip()


def _threshold(row: "pd.Series[Any]", rule: Rule, measures: tuple[Measure, ...], where: str) -> float | None:
    value, unit = row["threshold"], row["threshold_unit"]
    if pd.isna(value):
        if rule.threshold == "needed":
            raise ValueError(f"{where} has no threshold, which this rule needs: write the number")
        if not pd.isna(unit):
            raise ValueError(
                f"{where} has the threshold_unit {unit!r} but no threshold: leave both blank or write both"
            )
        return None
    if rule.threshold == "none":
        raise ValueError(f"{where} has the threshold {value}, which this rule has no use for: leave it blank")
    wanted = UNITS[measures[0].table]
    if unit != wanted:
        raise ValueError(
            f"{where}: threshold_unit is {unit!r} where the measured column is in {wanted}: write it in {wanted}"
        )
    return float(value)
