"""Questions and the evidence on them, made up for tests."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from coordination_gap.scorecard import (
    Evidence,
    Question,
    read_questions,
)

BOARD = "text-style-control-default"
ARENA = f"arena_weekly.rating_points of Google on {BOARD}"
DAYS = pd.bdate_range("2026-05-01", "2027-12-31")


def row(**changed: Any) -> pd.DataFrame:
    values: dict[str, Any] = {
        "forecast_id": "q",
        "claim_id": "c",
        "question": "Is it so?",
        "measured_by": "event_windows.googl",
        "resolves_on": pd.Timestamp("2026-06-30"),
        "resolves_on_basis": "stated",
        "rule_kind": "price above",
        "threshold": 350.0,
        "threshold_unit": "usd_per_share",
        "probability": 0.8,
        "probability_source": "a market",
        "baseline_kind": "none",
        "note": "none",
        "published_on": pd.Timestamp("2026-06-20"),
    }
    return pd.DataFrame([values | changed], index=[7])


def question(**changed: Any) -> Question:
    return read_questions(row(**changed))[0]


def arena(*snapshots: tuple[str, float]) -> pd.DataFrame:
    """Return snapshots in which Google is off its two rivals by so many points, of OpenAI by ten less."""
    rows = []
    for day, gap in snapshots:
        for lab, rating in (("Google", 1500 + gap), ("Anthropic", 1500), ("OpenAI", 1490)):
            rows.append((pd.Timestamp(day), BOARD, lab, "m", rating, np.nan, np.nan, pd.Timestamp(day)))
    columns = [
        "snapshot_date",
        "board_id",
        "lab",
        "model",
        "rating_points",
        "rating_points_low",
        "rating_points_high",
        "published_on",
    ]
    return pd.DataFrame(rows, columns=columns)


def index(estimated: str, *models: tuple[str, str, float]) -> pd.DataFrame:
    rows = [
        (f"m{number}", lab, pd.Timestamp(day), score, score - 1, score + 1, pd.Timestamp(estimated))
        for number, (lab, day, score) in enumerate(models)
    ]
    columns = ["model", "lab_group", "release_date",
               "eci_index_points", "eci_index_points_low", "eci_index_points_high", "published_on"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def evidence(as_of: str = "2026-07-15", **changed: Any) -> Evidence:
    known = DAYS[: DAYS.searchsorted(pd.Timestamp(as_of), side="right")]
    closes = pd.DataFrame({"googl": 360.0, "spy": 700.0}, index=known)
    given: dict[str, Any] = {
        "as_of": dt.date.fromisoformat(as_of),
        "closes": closes,
        "sessions": [day.date() for day in DAYS],
        "arena": arena(("2026-06-17", -22)),
        "index": index(as_of, ("Google", "2026-01-01", 150), ("OpenAI", "2026-01-01", 155)),
        "abnormal": pd.DataFrame(
            {"low": -0.01, "high": 0.01}, index=known[known.searchsorted(pd.Timestamp("2026-06-18")) :]
        ),
        "summed": {},
        "announced_on": dt.date(2026, 6, 17),
    }
    return Evidence(**(given | changed))


def gap_question(**changed: Any) -> Question:
    plain = {"rule_kind": "gap below zero", "measured_by": ARENA, "threshold": np.nan, "threshold_unit": None}
    return question(**(plain | changed))


def fall_question(**changed: Any) -> Question:
    plain = {"rule_kind": "abnormal fall", "threshold": np.nan, "threshold_unit": None, "baseline_kind": "chance alone"}
    return question(**(plain | changed))


def order_question() -> Question:
    return gap_question(
        rule_kind="order of days", measured_by=f"{ARENA} and event_windows.googl", threshold=23.0,
        threshold_unit="rating points", resolves_on=pd.Timestamp("2026-07-10"),
    )  # fmt: skip
