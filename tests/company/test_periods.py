"""Quarters and years in order, with their holes kept."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap import company


@pytest.mark.parametrize(
    ("label", "last_day", "words"),
    [
        ("2026Q1", dt.date(2026, 3, 31), "first quarter of 2026"),
        ("2015Q4", dt.date(2015, 12, 31), "fourth quarter of 2015"),
        ("FY26Q3", dt.date(2026, 3, 31), "third quarter of fiscal 2026"),
        ("FY16Q1", dt.date(2015, 9, 30), "first quarter of fiscal 2016"),
    ],
)
def test_a_label_names_its_quarter(label: str, last_day: dt.date, words: str) -> None:
    period = company.parse_quarter(label)
    assert period.end_time.date() == last_day
    assert company.period_words(period) == words
    assert company.period_label(period) == label


@pytest.mark.parametrize("label", ["2026Q5", "26Q1", "Q1 2026", "FY2026Q1", "2026q1", ""])
def test_another_label_is_refused_by_name(label: str) -> None:
    with pytest.raises(ValueError, match=r"quarter is .*write it like"):
        company.parse_quarter(label)


def quarters(*labels: str, revenue: float = 1.0) -> pd.DataFrame:
    ends = [pd.Timestamp(company.parse_quarter(label).end_time.date()) for label in labels]
    return pd.DataFrame({"fiscal_quarter": labels, "period_end": ends, "revenue_usd": revenue})


def test_a_missing_quarter_becomes_an_empty_row() -> None:
    frame = company.by_quarter(quarters("2025Q4", "2025Q1", "2025Q2"))
    assert [company.period_label(period) for period in frame.index] == ["2025Q1", "2025Q2", "2025Q3", "2025Q4"]
    assert frame["revenue_usd"].isna().tolist() == [False, False, True, False]


def test_three_quarters_are_never_a_year() -> None:
    frame = company.by_quarter(quarters("2025Q1", "2025Q2", "2025Q4", "2026Q1"))
    assert company.trailing_sum(frame["revenue_usd"]).isna().all()


def test_a_small_year_after_a_large_one_keeps_its_digits() -> None:
    values = pd.Series([1e18, 1e18, 1e18, 1e18, 0.1, 0.1, 0.1, 0.1])
    assert company.trailing_sum(values).iloc[-1] == pytest.approx(0.4, rel=1e-15)


@settings(max_examples=25, deadline=None)
@given(st.floats(-1e12, 1e12), st.integers(4, 12))
def test_equal_quarters_sum_to_four_times_one(amount: float, count: int) -> None:
    total = company.trailing_sum(pd.Series([amount] * count))
    assert total.iloc[3:].tolist() == [amount * 4] * (count - 3)
    assert total.iloc[:3].isna().all()


def test_growth_from_zero_or_a_loss_is_no_number() -> None:
    found = company.growth(pd.Series([0.0, -1.0, 2.0, np.nan, 4.0, 4.0, 3.0, 5.0]))
    assert found.iloc[:6].isna().all()
    assert found.iloc[6] == 0.5
    assert np.isnan(found.iloc[7])


def test_growth_needs_a_step_back() -> None:
    with pytest.raises(ValueError, match="periods is 0"):
        company.growth(pd.Series([1.0]), 0)


def test_faulty_rows_are_named() -> None:
    with pytest.raises(ValueError, match="2025Q1 stands twice"):
        company.by_quarter(quarters("2025Q1", "2025Q1"))
    with pytest.raises(ValueError, match="lacks the column period_end"):
        company.by_quarter(pd.DataFrame({"fiscal_quarter": ["2025Q1"]}))
    with pytest.raises(ValueError, match="mixes labels of two fiscal calendars"):
        company.by_quarter(quarters("2025Q1", "FY25Q2"))
    late = quarters("2025Q1").assign(period_end=pd.Timestamp("2025-04-30"))
    with pytest.raises(ValueError, match="2025Q1, column period_end: 2025-04-30 is not its last day, 2025-03-31"):
        company.by_quarter(late)
    with pytest.raises(ValueError, match="2025Q1, column revenue_usd: the figure is infinite"):
        company.by_quarter(quarters("2025Q1", revenue=float("inf")))
    with pytest.raises(ValueError, match="last_month is 3"):
        company.by_year(pd.DataFrame({"fiscal_year": [2025]}), 3)


def test_no_rows_give_no_quarters() -> None:
    frame = company.by_quarter(quarters("2025Q1").head(0))
    assert len(frame) == 0
    assert company.last_period(frame) is None


def test_the_same_months_are_found_in_another_fiscal_year() -> None:
    peer = company.by_quarter(quarters("FY26Q2", "FY26Q3"))
    found = company.period_ending(peer, dt.date(2026, 3, 31))
    assert found is not None
    assert company.period_label(found) == "FY26Q3"
    assert company.period_ending(peer, dt.date(2026, 6, 30)) is None


def test_a_fiscal_year_that_ends_in_june_ends_in_june() -> None:
    frame = company.by_year(pd.DataFrame({"fiscal_year": [2025, 2023], "equity_usd": [1.0, 2.0]}), 6)
    assert [period.end_time.date() for period in frame.index] == [dt.date(year, 6, 30) for year in (2023, 2024, 2025)]
    assert frame["equity_usd"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("as_of", "due"),
    [
        ("2026-03-31", []),
        ("2026-05-09", []),
        ("2026-05-10", ["2026Q1"]),
        ("2026-09-10", ["2026Q1", "2026Q2"]),
        ("2027-02-28", ["2026Q1", "2026Q2", "2026Q3"]),
        ("2027-03-01", ["2026Q1", "2026Q2", "2026Q3", "2026Q4"]),
    ],
)
def test_a_quarter_is_due_forty_days_after_its_end_and_the_year_sixty(as_of: str, due: list[str]) -> None:
    assert company.quarters_due(company.parse_quarter("2025Q4"), as_of) == due
