"""The margins of the Cloud figures, and how far growth and margins can move within them."""

from collections.abc import Callable

import pandas as pd
import pytest

from coordination_gap import company


@pytest.mark.parametrize(
    ("source", "usd"),
    [
        ("derived from a sum of four quarters (rounded $10M; +-10)", 10e6),
        ("year less three quarters (±10)", 10e6),
        ("segment table, rounded to $10M", 5e6),
        ("10-K segment table", 0.0),
        (None, 0.0),
    ],
)
def test_a_source_states_its_margin(source: str | None, usd: float) -> None:
    assert company.stated_margin(source) == usd


def test_the_project_s_inexact_cloud_quarters_are_the_ones_it_says(filed: pd.DataFrame) -> None:
    loose = filed[filed["cloud_revenue_plus_minus_usd"] > 0]
    assert dict(zip(loose["fiscal_quarter"], loose["cloud_revenue_plus_minus_usd"], strict=True)) == {
        "2025Q1": 10e6,
        "2025Q3": 10e6,
        "2025Q4": 10e6,
    }
    rounded = filed[filed["cloud_operating_income_plus_minus_usd"] > 0]["fiscal_quarter"].tolist()
    assert rounded == ["2024Q1", "2024Q2", "2024Q3", "2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4"]


def test_the_source_column_has_to_be_there(made_up: Callable[[int], pd.DataFrame]) -> None:
    with pytest.raises(ValueError, match="lacks the column cloud_revenue_source"):
        company.with_cloud_margins(made_up(2))


def test_margins_of_the_table_itself_are_kept(made_up: Callable[[int], pd.DataFrame]) -> None:
    frame = made_up(2).assign(cloud_revenue_plus_minus_usd=7.0, cloud_operating_income_source="rounded to $10M")
    marked = company.with_cloud_margins(frame)
    assert marked["cloud_revenue_plus_minus_usd"].tolist() == [7.0, 7.0]
    assert marked["cloud_operating_income_plus_minus_usd"].tolist() == [5e6, 5e6]


def test_the_bounds_of_cloud_growth_are_its_ends(alphabet: pd.DataFrame) -> None:
    growth = company.QUARTERLY["cloud_revenue_growth"]
    low, high = company.bounds(alphabet, growth, "2026Q1")
    assert low == pytest.approx(20_028 / 12_270 - 1, rel=1e-12)
    assert high == pytest.approx(20_028 / 12_250 - 1, rel=1e-12)
    reading = company.read(alphabet, growth, "2026Q1")
    assert low < reading.number < high
    assert reading.rounded


def test_the_bounds_of_a_margin_take_both_ends_of_both(alphabet: pd.DataFrame) -> None:
    low, high = company.bounds(alphabet, company.QUARTERLY["cloud_operating_margin"], "2025Q4")
    assert low == pytest.approx((5_310 - 5) / (17_660 + 10), rel=1e-12)
    assert high == pytest.approx((5_310 + 5) / (17_660 - 10), rel=1e-12)


def test_exact_figures_have_no_room(alphabet: pd.DataFrame) -> None:
    value = company.read(alphabet, company.QUARTERLY["operating_margin"], "2026Q1").number
    assert company.bounds(alphabet, company.QUARTERLY["operating_margin"], "2026Q1") == (value, value)


def test_a_gap_has_no_bounds(alphabet: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="cloud_revenue_growth of 2016Q1: no figure for cloud_revenue_usd"):
        company.bounds(alphabet, company.QUARTERLY["cloud_revenue_growth"], "2016Q1")
