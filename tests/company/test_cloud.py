"""The margins of the Cloud figures, and how far growth and margins can move within them."""

import re

import pandas as pd
import pytest

from coordination_gap import company

FIGURES = ("cloud_revenue", "cloud_operating_income")


def words_of_a_margin(source: str, usd: float) -> float:
    """Return the margin that a source states, in US dollars; a bare "rounded" by the digits that the figure has."""
    if stated := re.search(r"\+-(\d+)", source):
        return float(stated[1]) * 1e6
    if rounded := re.search(r"rounded to \$(\d+)M", source):
        return float(rounded[1]) * 1e6 / 2
    return 5e6 if "rounded" in source and usd % 10e6 == 0 else 0.0


@pytest.mark.parametrize("figure", FIGURES)
def test_the_margins_are_what_the_sources_say(figure: str, filed: pd.DataFrame) -> None:
    known = filed[filed[f"{figure}_usd"].notna()]
    said = [words_of_a_margin(*pair) for pair in zip(known[f"{figure}_source"], known[f"{figure}_usd"], strict=True)]
    assert known[f"{figure}_plus_minus_usd"].tolist() == said
    assert filed.loc[filed[f"{figure}_usd"].isna(), f"{figure}_plus_minus_usd"].isna().all()


def test_the_project_s_inexact_cloud_quarters_are_the_ones_found_by_eye(filed: pd.DataFrame) -> None:
    by_quarter = filed.set_index("fiscal_quarter")
    revenue, income = (by_quarter[f"{figure}_plus_minus_usd"] for figure in FIGURES)
    assert revenue[revenue > 0].to_dict() == {
        **dict.fromkeys(["2020Q1", "2021Q1"], 5e6),
        **dict.fromkeys(["2025Q1", "2025Q3", "2025Q4"], 10e6),
    }
    assert income[income > 0].to_dict() == dict.fromkeys(
        ["2020Q1", *(f"{year}Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4))], 5e6
    )


def test_the_bounds_of_cloud_growth_are_its_ends(alphabet: pd.DataFrame) -> None:
    growth = company.QUARTERLY["cloud_revenue_growth"]
    low, high = company.bounds(alphabet, growth, "2026Q1")
    assert low == pytest.approx(20_028 / 12_270 - 1, rel=1e-12)
    assert high == pytest.approx(20_028 / 12_250 - 1, rel=1e-12)
    reading = company.read(alphabet, growth, "2026Q1")
    assert low < reading.number < high
    assert reading.rounded
    assert company.widest_margin(alphabet, growth, "2026Q1") == 10e6


def test_the_bounds_of_a_margin_take_both_ends_of_both(alphabet: pd.DataFrame) -> None:
    low, high = company.bounds(alphabet, company.QUARTERLY["cloud_operating_margin"], "2025Q4")
    assert low == pytest.approx((5_310 - 5) / (17_660 + 10), rel=1e-12)
    assert high == pytest.approx((5_310 + 5) / (17_660 - 10), rel=1e-12)


def test_exact_figures_have_no_room(alphabet: pd.DataFrame) -> None:
    value = company.read(alphabet, company.QUARTERLY["operating_margin"], "2026Q1").number
    assert company.bounds(alphabet, company.QUARTERLY["operating_margin"], "2026Q1") == (value, value)
    assert company.widest_margin(alphabet, company.QUARTERLY["operating_margin"], "2026Q1") == 0
    # A quarter known exactly, on one known exactly, though others are not.
    assert company.widest_margin(alphabet, company.QUARTERLY["cloud_revenue_growth"], "2025Q2") == 0


def test_a_gap_has_no_bounds(alphabet: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="cloud_revenue_growth of 2016Q1: no figure for cloud_revenue_usd"):
        company.bounds(alphabet, company.QUARTERLY["cloud_revenue_growth"], "2016Q1")
