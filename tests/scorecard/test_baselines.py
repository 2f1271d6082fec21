"""What a naive forecast would have said, the scores, and the tables of both."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from coordination_gap import tables
from coordination_gap.company import valuation
from coordination_gap.press import audit
from coordination_gap.scorecard import (
    Evidence,
    Question,
    baseline,
    count,
    decided_by,
    forecast_faults,
    outcome,
    question_anchor,
    read_questions,
    resolution_table,
    scorecard,
    so_far,
)
from tests.scorecard.cases import (
    BOARD,
    arena,
    evidence,
    fall_question,
    gap_question,
    order_question,
    question,
    row,
)

VOLATILITY = {"googl": 0.3, "googl/spy": 0.2}


def naive(asked: Question, known: Evidence | None = None) -> float | None:
    return baseline(
        asked, known or evidence(), VOLATILITY, lambda spot, level, sd, days: spot + level + sd + days, 0.95
    )


def test_baselines() -> None:
    assert naive(question()) is None
    assert naive(fall_question()) == pytest.approx(0.025)
    # From the close of Friday 19 June: seven weekdays to Tuesday 30 June, and no later close is used.
    known = evidence()
    known.closes.loc["2026-06-22":, "googl"] = 1.0
    assert naive(question(baseline_kind="lognormal without drift"), known) == pytest.approx(360 + 350 + 0.3 + 7)


def return_question() -> Question:
    return question(
        rule_kind="return above", measured_by="event_windows.googl and event_windows.spy", threshold=np.nan,
        threshold_unit=None, baseline_kind="lognormal without drift",
    )  # fmt: skip


def test_two_shares_are_one_price_that_has_to_end_above_where_it_is() -> None:
    assert naive(return_question()) == pytest.approx(1 + 1 + 0.2 + 7)
    # In units of the market the price has no drift; its median lies below its mean, so the chance is below a half.
    chance = baseline(return_question(), evidence(), VOLATILITY, valuation.probability_above, 0.95)
    assert chance == pytest.approx(stats.norm.cdf(-0.2 / 2 * np.sqrt(7 / 252)))
    with pytest.raises(ValueError, match="volatility has no 'googl/spy', which q needs"):
        baseline(return_question(), evidence(), {"googl": 0.3}, lambda *_: 0.5, 0.95)


def test_without_a_close_before_it_there_is_no_price_to_start_from() -> None:
    known = evidence()
    late = replace(known, closes=known.closes[known.closes.index > "2026-06-20"])
    with pytest.raises(ValueError, match="no close up to 2026-06-19"):
        naive(question(baseline_kind="lognormal without drift"), late)


def test_wider_than_a_level_counts_past_snapshots_beyond_it() -> None:
    known = evidence(arena=arena(("2026-06-01", -3), ("2026-06-08", -22), ("2026-06-15", -23), ("2026-06-22", -30)))
    asked = gap_question(
        rule_kind="gap wider", threshold=22.0, threshold_unit="rating points", baseline_kind="share of past snapshots"
    )
    assert naive(asked, known) == pytest.approx(2 / 5)


def test_share_of_past_snapshots_sees_none_that_came_later() -> None:
    known = evidence(arena=arena(("2026-06-01", -3), ("2026-06-08", 2), ("2026-06-15", -1), ("2026-06-22", -1)))
    assert naive(gap_question(baseline_kind="share of past snapshots"), known) == pytest.approx(3 / 5)


def test_a_repeated_snapshot_is_no_news() -> None:
    # Four snapshots before the forecast, two of them new: one behind, one ahead.
    days = (("2026-06-01", -3), ("2026-06-02", -3), ("2026-06-03", -3), ("2026-06-08", 2))
    assert naive(gap_question(baseline_kind="share of past snapshots"), evidence(arena=arena(*days))) == 2 / 4
    # The board of 21 June shows the rating of the 17th once more: nothing has come since the forecast.
    known = evidence(arena=arena(("2026-06-17", -24), ("2026-06-21", -24)))
    assert so_far(gap_question(resolves_on=pd.Timestamp("2026-12-31")), known) is None
    known.abnormal.loc["2026-06-22", ["low", "high"]] = [-0.08, -0.01]
    found = outcome(order_question(), known)
    assert (found.status, found.why) == ("no", "the share fell before any new rating")


def test_scorecard_by_hand() -> None:
    asked = [
        gap_question(forecast_id="later", resolves_on=pd.Timestamp("2026-12-31"), probability=np.nan),
        question(baseline_kind="lognormal without drift"),
    ]
    card = scorecard(asked, evidence(), VOLATILITY, lambda *_: 0.5, 0.95)
    assert card.index.tolist() == ["q", "later"]
    assert card["status"]["q"] == "yes"
    assert card[["brier", "baseline_brier"]].to_numpy()[0] == pytest.approx([0.04, 0.25])
    assert card.loc["q", "log"] == pytest.approx(-np.log(0.8))
    assert card.loc[["later"], ["brier", "log", "baseline_brier", "probability"]].isna().all(axis=None)
    assert [count(card, status) for status in ("yes", "no", "open", "no data")] == [1, 0, 1, 0]
    with pytest.raises(ValueError, match="status is 'maybe'"):
        count(card, "maybe")
    assert scorecard([], evidence(), VOLATILITY, lambda *_: 0.5, 0.95).empty


def test_rules_in_words() -> None:
    assert decided_by(question()) == (
        "Yes if the close of the last session by the day is above the threshold. Threshold: $350. "
        "Read from event_windows.googl."
    )
    each = gap_question(measured_by=f"arena_weekly.rating_points of OpenAI against each on {BOARD}")
    assert decided_by(each).endswith(f"arena_weekly.rating_points on the board {BOARD}, OpenAI against each rival.")
    none = question(rule_kind="none", measured_by="none: a count", threshold=np.nan, threshold_unit=None)
    assert decided_by(none) == "Not decided here: a count."


def test_resolution_table_follows_the_scorecard() -> None:
    asked = read_questions(tables.load("forecasts", "2026-09-10"))
    shown = resolution_table(asked)
    assert len(shown) == len(asked)
    assert shown["day"]["googl-above-350-june"] == "30\xa0June\xa02026, stated by the article"
    assert shown["chance"]["googl-above-350-june"].startswith("A chance is stated by a prediction market")
    assert shown["day"]["hold-beats-market"].endswith("proposed here")
    assert (shown["chance"].drop("googl-above-350-june") == "No chance is stated").all()
    assert question_anchor("mcp-default") == "question-mcp-default"
    assert resolution_table([]).empty


def test_faults_of_forecasts_are_sentences() -> None:
    claims = pd.DataFrame({"claim_id": ["c", "d", "e"], "kind": ["forecast", "forecast", "fact"]})
    assert forecast_faults(row()) == []
    assert forecast_faults(row(), claims.iloc[[0, 2]]) == []
    broken = pd.concat([row(rule_kind="guess"), row(probability=2.0), row(claim_id="x")])
    found = forecast_faults(broken, claims)
    assert len(found) == 4
    assert "rule_kind is 'guess'" in found[0]
    assert "probability is 2.0" in found[1]
    assert "claim_id is 'x', which claims lacks" in found[2]
    assert found[3].startswith("claims, row 1 (d) is a forecast without a question: add a row to forecasts")


def test_every_forecast_among_the_claims_has_a_question() -> None:
    assert forecast_faults(tables.load("forecasts", "2026-09-10"), tables.load("claims", "2026-09-10")) == []


def test_the_check_of_claims_looks_at_forecasts(monkeypatch: pytest.MonkeyPatch) -> None:
    real = tables.load

    def without_one(name: str, as_of: str) -> pd.DataFrame:
        found = real(name, as_of)
        return found[found["forecast_id"] != "thesis-until-benchmarks"] if name == "forecasts" else found

    monkeypatch.setattr(tables, "load", without_one)
    assert any("(thesis-until-benchmarks) is a forecast without a question" in fault for fault in audit.faults())
