"""Returns against published figures, and gaps that stay gaps."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from coordination_gap import tables
from coordination_gap.market import price_panel, rebase, shift_session, simple_returns

CASES = Path(__file__).parents[1] / "cases" / "market_cases.csv"

prices_with_gaps = hnp.arrays(float, (12, 2), elements=st.one_of(st.floats(0.01, 1e4), st.just(float("nan"))))


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["topic"] != "trading calendar"]


def googl() -> "pd.Series[float]":
    windows = tables.load("event_windows", "2026-09-10")
    closes: pd.Series[float] = windows[windows["event_id"] == "shazeer-2026"].set_index("session")["googl"]
    return closes


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_published_figures(case: dict[str, str]) -> None:
    closes = googl().loc[case["first"] : case["last"]]
    measured = {
        "close": closes.iloc[-1],
        "return": closes.iloc[-1] / closes.iloc[0] - 1,
        "sessions below 350": (closes < 350).sum(),
    }
    assert measured[case["measure"]] == pytest.approx(float(case["expected"]), abs=float(case["tolerance"]))


def test_every_window_of_the_table_runs_session_by_session() -> None:
    windows = tables.load("event_windows", "2026-09-10")
    departures = tables.load("departures", "2026-09-10").set_index("event_id")
    assert set(windows["event_id"]) == set(departures.index)
    for event, rows in windows.groupby("event_id"):
        ordered = rows.sort_values("offset")
        first = departures.loc[str(event), "first_session"]
        assert ordered.loc[ordered["offset"] == 0, "session"].to_list() == [first]
        assert (np.diff(ordered["offset"].astype(int)) == 1).all()
        expected = [shift_session(pd.Timestamp(str(first)).date(), int(offset)) for offset in ordered["offset"]]
        assert [day.date() for day in ordered["session"]] == expected


def test_simple_returns_by_hand() -> None:
    returns = simple_returns(pd.DataFrame({"a": [100.0, 110.0, np.nan, 121.0, 60.5]}))
    np.testing.assert_allclose(returns["a"], [np.nan, 0.1, np.nan, np.nan, -0.5])


@settings(max_examples=50, deadline=None)
@given(prices_with_gaps)
def test_simple_returns_agree_with_pandas_and_never_bridge_a_gap(
    values: "np.ndarray[tuple[int, int], np.dtype[np.float64]]",
) -> None:
    prices = pd.DataFrame(values, columns=["a", "b"])
    returns = simple_returns(prices)
    pd.testing.assert_frame_equal(returns, prices.pct_change(fill_method=None))
    known = prices.notna() & prices.shift().notna()
    assert (returns.notna() == known).all(axis=None)


@settings(max_examples=50, deadline=None)
@given(prices_with_gaps, st.floats(0.01, 100))
def test_scaling_prices_changes_no_return(
    values: "np.ndarray[tuple[int, int], np.dtype[np.float64]]", factor: float
) -> None:
    plain, scaled = (simple_returns(pd.DataFrame(numbers)) for numbers in (values, values * factor))
    np.testing.assert_allclose(scaled, plain, rtol=1e-9, atol=1e-9)


def test_panel_marks_a_missing_session_and_keeps_the_order_of_events() -> None:
    windows = pd.DataFrame(
        {"event_id": ["b", "b", "b", "a", "a"], "offset": [1, -1, 0, -1, 1], "googl": [3.0, 1.0, 2.0, 7.0, 9.0]}
    )
    panel = price_panel(windows, "googl")
    assert list(panel.columns) == ["b", "a"]
    assert list(panel.index) == [-1, 0, 1]
    np.testing.assert_array_equal(panel["b"], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(panel["a"], [7.0, np.nan, 9.0])


def test_rebase() -> None:
    prices = pd.DataFrame({"a": [50.0, 100.0], "b": [4.0, 3.0]}, index=[-1, 0])
    np.testing.assert_allclose(rebase(prices, at=-1), [[100, 100], [200, 75]])


def test_bad_arguments_are_named() -> None:
    windows = pd.DataFrame({"event_id": ["a", "a"], "offset": [0, 0], "googl": [1.0, 2.0]})
    with pytest.raises(ValueError, match="windows has offset 0 of a twice"):
        price_panel(windows, "googl")
    with pytest.raises(ValueError, match="market is 'spx': windows has prices of googl"):
        price_panel(windows, "spx", "market")
    with pytest.raises(ValueError, match="windows lacks the column offset"):
        price_panel(windows.drop(columns="offset"), "googl")
    with pytest.raises(ValueError, match="windows has no rows"):
        price_panel(windows.iloc[:0], "googl")
    for bad in (0.0, -1.0, np.inf):
        with pytest.raises(ValueError, match="in column a at 1: a price must be positive"):
            simple_returns(pd.DataFrame({"a": [1.0, bad]}))
    with pytest.raises(ValueError, match="at is 5"):
        rebase(pd.DataFrame({"a": [1.0]}), at=5)
    with pytest.raises(ValueError, match="a has no price there"):
        rebase(pd.DataFrame({"a": [np.nan]}), at=0)
