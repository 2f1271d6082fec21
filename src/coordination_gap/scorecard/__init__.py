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
from coordination_gap.scorecard.gaps import arena_gaps, at_day, index_gaps
from coordination_gap.scorecard.outcomes import NO, NO_DATA, OPEN, YES, Evidence, Outcome, outcome, so_far
from coordination_gap.scorecard.plots import BOARDS, draw_board_gaps, draw_index_gap, draw_targets
from coordination_gap.scorecard.power import Power, autoregression, known_date_power
from coordination_gap.scorecard.questions import BASELINES, RULES, Measure, Question, read_questions
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
    "Change",
    "Evidence",
    "Measure",
    "Outcome",
    "Power",
    "Question",
    "arena_gaps",
    "at_day",
    "autoregression",
    "baseline",
    "block_length",
    "block_orders",
    "brier_score",
    "count",
    "draw_board_gaps",
    "draw_index_gap",
    "draw_targets",
    "index_gaps",
    "known_date",
    "known_date_power",
    "lag_one",
    "log_score",
    "outcome",
    "pettitt_p",
    "pettitt_path",
    "placebo_dates",
    "questions_needed",
    "read_questions",
    "scorecard",
    "skill",
    "so_far",
    "stretches",
    "unknown_date",
]
