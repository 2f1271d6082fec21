"""The article's forecasts as questions, their scores, and the benchmark gaps that it says to watch."""

from coordination_gap.scorecard.baselines import baseline
from coordination_gap.scorecard.blocks import block_length, block_orders, lag_one
from coordination_gap.scorecard.card import count, scorecard
from coordination_gap.scorecard.change import (
    LEAST_SIDE,
    Change,
    known_date,
    pettitt_p,
    pettitt_path,
    placebo_dates,
    stretches,
    unknown_date,
)
from coordination_gap.scorecard.faults import forecast_faults
from coordination_gap.scorecard.gaps import arena_gaps, at_day, index_change, index_gaps, refreshed
from coordination_gap.scorecard.outcomes import NO, NO_DATA, OPEN, YES, Evidence, Outcome, outcome, so_far
from coordination_gap.scorecard.persistence import autoregression, difference_deviation, process_deviation
from coordination_gap.scorecard.plots import BOARDS, draw_board_gaps, draw_index_gap, draw_targets
from coordination_gap.scorecard.power import Power, any_date_power, known_date_power
from coordination_gap.scorecard.questions import BASELINES, RULES, Measure, Question, read_questions
from coordination_gap.scorecard.robustness import AtCorrelation, at_correlation
from coordination_gap.scorecard.rules_text import decided_by, question_anchor, resolution_table
from coordination_gap.scorecard.scores import brier_score, log_score, questions_needed, skill

__all__ = [
    "BASELINES",
    "BOARDS",
    "LEAST_SIDE",
    "NO",
    "NO_DATA",
    "OPEN",
    "RULES",
    "YES",
    "AtCorrelation",
    "Change",
    "Evidence",
    "Measure",
    "Outcome",
    "Power",
    "Question",
    "any_date_power",
    "arena_gaps",
    "at_correlation",
    "at_day",
    "autoregression",
    "baseline",
    "block_length",
    "block_orders",
    "brier_score",
    "count",
    "decided_by",
    "difference_deviation",
    "draw_board_gaps",
    "draw_index_gap",
    "draw_targets",
    "forecast_faults",
    "index_change",
    "index_gaps",
    "known_date",
    "known_date_power",
    "lag_one",
    "log_score",
    "outcome",
    "pettitt_p",
    "pettitt_path",
    "placebo_dates",
    "process_deviation",
    "question_anchor",
    "questions_needed",
    "read_questions",
    "refreshed",
    "resolution_table",
    "scorecard",
    "skill",
    "so_far",
    "stretches",
    "unknown_date",
]
