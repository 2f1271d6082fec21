"""Questions: rows that cannot be resolved are refused, and each rule is decided as it says."""

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coordination_gap import tables
from coordination_gap.scorecard import (
    Outcome,
    outcome,
    read_questions,
    so_far,
)
from tests.scorecard.cases import (
    ARENA,
    BOARD,
    arena,
    evidence,
    fall_question,
    gap_question,
    index,
    order_question,
    question,
    row,
)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"rule_kind": "price below"}, "rule_kind is 'price below': write one of price above"),
        ({"baseline_kind": "guess"}, "baseline_kind is 'guess': write one of"),
        ({"resolves_on": pd.NaT}, "has no resolves_on: write the day"),
        ({"resolves_on": pd.Timestamp("2026-06-18")}, "before published_on, 2026-06-20"),
        ({"probability": 1.2}, "probability is 1.2: give a probability"),
        ({"probability": -0.1}, "probability is -0.1: give a probability"),
        ({"threshold": np.nan, "threshold_unit": None}, "has no threshold, which this rule needs"),
        (
            {"threshold": np.nan, "rule_kind": "gap wider", "measured_by": ARENA, "threshold_unit": "rating points"},
            "but no threshold: leave both blank",
        ),
        ({"threshold_unit": "rating points"}, "the measured column is in usd_per_share"),
        ({"threshold_unit": None}, "the measured column is in usd_per_share"),
        ({"rule_kind": "abnormal fall"}, "which this rule has no use for"),
        ({"measured_by": "the close"}, "write table.column"),
        ({"measured_by": ARENA}, "this rule measures a column of event_windows"),
        ({"measured_by": "event_windows.googl and event_windows.spy"}, "this rule measures a column of event_windows"),
        ({"rule_kind": "gap wider", "measured_by": "arena_weekly.rating_points"}, "name a board"),
        ({"rule_kind": "none", "threshold": np.nan, "threshold_unit": None}, "write 'none:' and what would be needed"),
        ({"rule_kind": "gap wider", "measured_by": ARENA}, "the measured column is in rating points"),
        (
            {"baseline_kind": "share of past snapshots"},
            "not go with this rule: write lognormal without drift or none",
        ),
        ({"baseline_kind": "even"}, "baseline_kind is 'even': write one of"),
        (
            {
                "rule_kind": "gap wider",
                "measured_by": ARENA,
                "threshold": np.nan,
                "threshold_unit": None,
                "baseline_kind": "share of past snapshots",
            },
            "needs past snapshots of a board, and the threshold",
        ),
        (
            {
                "rule_kind": "gap below zero",
                "measured_by": "epoch_index.eci_index_points",
                "threshold": np.nan,
                "threshold_unit": None,
                "baseline_kind": "share of past snapshots",
            },
            "needs past snapshots of a board",
        ),
    ],
)
def test_malformed_rows_are_refused_with_row_and_mend(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=rf"forecasts, row 7 \(q\).*{words}"):
        read_questions(row(**changed))


def test_the_tables_own_rows_can_be_read() -> None:
    questions = read_questions(tables.load("forecasts", "2026-09-10"))
    assert 12 <= len(questions) <= 19
    assert [each.probability for each in questions if each.probability is not None] == [0.8]
    assert read_questions(tables.load("forecasts", "2026-06-19")) == []


@pytest.mark.parametrize(("close", "status"), [(350.01, "yes"), (350.0, "no"), (349.0, "no")])
def test_price_above(close: float, status: str) -> None:
    known = evidence()
    known.closes.loc["2026-06-30", "googl"] = close
    found = outcome(question(), known)
    assert (found.status, found.decided_on) == (status, dt.date(2026, 6, 30))
    assert found.happened is (status == "yes")


def test_open_until_its_day_and_then_by_the_close_of_that_day() -> None:
    before = outcome(question(), evidence("2026-06-29"))
    assert (before.status, before.decided_on, before.happened) == ("open", None, None)
    assert outcome(question(), evidence("2026-06-30")).status == "yes"


def test_a_weekend_takes_the_last_session() -> None:
    found = outcome(question(resolves_on=pd.Timestamp("2026-06-28")), evidence())
    assert found.decided_on == dt.date(2026, 6, 26)


def test_no_close_no_answer() -> None:
    known = evidence()
    found = outcome(question(), replace(known, closes=known.closes[known.closes.index < "2026-06-30"]))
    assert (found.status, found.happened) == ("no data", None)
    assert "GOOGL on 30\xa0June\xa02026" in found.why


def test_calendar_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="sessions do not reach 2026-06-30"):
        outcome(question(), replace(evidence(), sessions=[dt.date(2026, 6, 1)]))


@pytest.mark.parametrize(("googl", "spy", "status"), [(378, 728, "yes"), (370, 728, "no"), (360, 700, "no")])
def test_return_above_compares_returns_from_the_last_close_before(googl: float, spy: float, status: str) -> None:
    asked = question(
        rule_kind="return above", measured_by="event_windows.googl and event_windows.spy", threshold=np.nan,
        threshold_unit=None,
    )  # fmt: skip
    known = evidence()
    known.closes.loc["2026-06-30"] = [googl, spy]
    assert outcome(asked, known).status == status


@pytest.mark.parametrize(("gap", "status"), [(-1, "yes"), (0, "no"), (5, "no")])
def test_gap_below_zero(gap: float, status: str) -> None:
    assert outcome(gap_question(), evidence(arena=arena(("2026-06-28", gap)))).status == status


@pytest.mark.parametrize(
    ("gap", "status", "why"),
    [
        (-11, "yes", "behind the weaker rival by 1\xa0point"),
        (-10, "no", "level with the weaker rival"),
        (-5, "no", "ahead of the weaker rival by 5\xa0points"),
    ],
)
def test_gap_below_each(gap: float, status: str, why: str) -> None:
    asked = gap_question(measured_by=f"arena_weekly.rating_points of Google against each on {BOARD}")
    found = outcome(asked, evidence(arena=arena(("2026-06-28", gap))))
    assert (found.status, found.why) == (status, why)


@pytest.mark.parametrize(("gap", "status"), [(-22.5, "yes"), (-22, "no"), (3, "no")])
def test_gap_wider_than_the_threshold(gap: float, status: str) -> None:
    asked = gap_question(rule_kind="gap wider", threshold=22.0, threshold_unit="rating points")
    assert outcome(asked, evidence(arena=arena(("2026-06-28", gap)))).status == status


def test_a_later_snapshot_does_not_decide_and_an_old_one_does_not_speak() -> None:
    late = arena(("2026-06-28", -3), ("2026-07-05", 9))
    assert outcome(gap_question(), evidence(arena=late)).status == "yes"
    old = outcome(gap_question(), evidence(arena=arena(("2026-05-29", -3))))
    assert old.status == "no data"
    assert outcome(gap_question(), evidence(arena=arena(("2026-05-30", -3)))).status == "yes"


@pytest.mark.parametrize(("rival", "status"), [(157, "yes"), (155, "no")])
def test_index_compares_with_the_start_of_the_same_estimate(rival: float, status: str) -> None:
    asked = gap_question(rule_kind="gap wider", measured_by="epoch_index.eci_index_points of Google")
    models = [("Google", "2026-01-01", 150.0), ("OpenAI", "2026-01-01", 155.0), ("OpenAI", "2026-06-25", rival)]
    assert outcome(asked, evidence(index=index("2026-07-01", *models))).status == status
    assert outcome(asked, evidence(index=index("2026-06-29", *models))).status == "no data"


@pytest.mark.parametrize(
    ("ends", "status"),
    [((-0.1, -0.01), "yes"), ((-0.1, 0.01), "no"), ((0.01, 0.1), "no"), ((np.nan, np.nan), "no data")],
)
def test_abnormal_fall(ends: tuple[float, float], status: str) -> None:
    assert outcome(fall_question(), evidence(summed={dt.date(2026, 6, 30): ends})).status == status
    assert outcome(fall_question(), evidence()).status == "no data"


@pytest.mark.parametrize(
    ("wider", "fell", "status", "day"),
    [
        ("2026-06-21", "2026-06-22", "yes", "2026-06-21"),
        ("2026-06-22", "2026-06-22", "no", "2026-06-22"),
        ("2026-06-25", "2026-06-22", "no", "2026-06-22"),
        (None, "2026-06-22", "no", "2026-06-22"),
        ("2026-06-25", None, "yes", "2026-06-25"),
        (None, None, "no", "2026-07-10"),
        ("2026-07-12", "2026-07-13", "no", "2026-07-10"),
    ],
)
def test_order_of_days(wider: str | None, fell: str | None, status: str, day: str) -> None:
    known = evidence(arena=arena(("2026-06-14", -30), ("2026-06-17", -22), *([(wider, -24)] if wider else [])))
    if fell:
        known.abnormal.loc[fell, ["low", "high"]] = [-0.08, -0.01]
    found = outcome(order_question(), known)
    assert (found.status, str(found.decided_on)) == (status, day)


def test_order_of_days_waits_and_decides_early() -> None:
    assert outcome(order_question(), evidence("2026-06-20")).status == "open"
    early = evidence("2026-06-23")
    early.abnormal.loc["2026-06-22", ["low", "high"]] = [-0.08, -0.01]
    assert outcome(order_question(), early).status == "no"


def test_none_has_no_data() -> None:
    asked = question(rule_kind="none", measured_by="none: a count", threshold=np.nan, threshold_unit=None)
    assert outcome(asked, evidence()) == Outcome("no data", None, "a count")


def test_so_far_is_what_the_last_data_make_of_it() -> None:
    now = so_far(gap_question(resolves_on=pd.Timestamp("2026-12-31")), evidence(arena=arena(("2026-07-01", -4))))
    assert now is not None
    assert (now.status, now.decided_on) == ("yes", dt.date(2026, 7, 1))
    assert so_far(gap_question(), evidence(arena=arena(("2026-07-01", -4)))) is None
    # A snapshot from before the forecast says nothing of what came after it.
    assert so_far(gap_question(resolves_on=pd.Timestamp("2026-12-31")), evidence()) is None
