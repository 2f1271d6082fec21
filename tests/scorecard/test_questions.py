"""Questions: rows that cannot be resolved are refused, and each rule is decided as it says."""

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from coordination_gap import tables
from coordination_gap.company import valuation
from coordination_gap.press import audit
from coordination_gap.scorecard import (
    Evidence,
    Outcome,
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


def gap_question(**changed: Any) -> Question:
    plain = {"rule_kind": "gap below zero", "measured_by": ARENA, "threshold": np.nan, "threshold_unit": None}
    return question(**(plain | changed))


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


def fall_question(**changed: Any) -> Question:
    plain = {"rule_kind": "abnormal fall", "threshold": np.nan, "threshold_unit": None, "baseline_kind": "chance alone"}
    return question(**(plain | changed))


@pytest.mark.parametrize(
    ("ends", "status"),
    [((-0.1, -0.01), "yes"), ((-0.1, 0.01), "no"), ((0.01, 0.1), "no"), ((np.nan, np.nan), "no data")],
)
def test_abnormal_fall(ends: tuple[float, float], status: str) -> None:
    assert outcome(fall_question(), evidence(summed={dt.date(2026, 6, 30): ends})).status == status
    assert outcome(fall_question(), evidence()).status == "no data"


def order_question() -> Question:
    return gap_question(
        rule_kind="order of days", measured_by=f"{ARENA} and event_windows.googl", threshold=23.0,
        threshold_unit="rating points", resolves_on=pd.Timestamp("2026-07-10"),
    )  # fmt: skip


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
