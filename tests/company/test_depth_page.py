"""The depth of the page on fundamentals: read from the data, with gaps where a return has no meaning."""

import pandas as pd
import pytest

from coordination_gap import company, facts, tables
from tests.reliability.drawn import check

LAST_DAY = "2026-09-10"


@pytest.fixture(name="filed", scope="module")
def _filed() -> pd.DataFrame:
    return tables.load("alphabet_quarterly", LAST_DAY)


@pytest.fixture(name="quarters", scope="module")
def _quarters(filed: pd.DataFrame) -> pd.DataFrame:
    return company.by_quarter(filed)


def last_of(quarters: pd.DataFrame) -> pd.Period:
    last = company.last_period(quarters)
    assert last is not None
    return last


def test_the_parts_sum_to_the_change_of_the_return(quarters: pd.DataFrame, filed: pd.DataFrame) -> None:
    last = last_of(quarters)
    found = company.equity_return(quarters, last)
    now, then = (company.read(quarters, company.QUARTERLY["roe_average"], last - back).number for back in (0, 4))
    assert found.table["after"].prod() == pytest.approx(now)
    assert found.table["before"].prod() == pytest.approx(then)
    assert found.table["points"].sum() == pytest.approx(now - then)
    page = facts.Page("test", as_of=LAST_DAY)
    company.record_equity_return(page, found, filed)
    assert page.facts["test.roe_change"].display.startswith("+4.1\N{NO-BREAK SPACE}percentage points")
    assert page.facts["test.roe_points_non_operating"].value == pytest.approx(0.0795, abs=5e-5)
    shown = company.equity_return_table(found)
    assert list(shown.columns) == ["Factor", "to 2025Q1", "to 2026Q1", "Part of the change"]
    assert len(shown) == 5


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("equity_usd", -1e9, "average_equity is .*: it must be above 0, or the return has no meaning"),
        ("net_income_usd", -1e12, "net_income is .*: it must be above 0, or the return has no meaning"),
        ("total_assets_usd", None, "no figure for total_assets_usd in 2026Q1 or the quarters before it"),
    ],
)
def test_a_return_without_meaning_is_a_gap(
    quarters: pd.DataFrame, filed: pd.DataFrame, column: str, value: float | None, reason: str
) -> None:
    last = last_of(quarters)
    recent = quarters.index >= last if value is None else quarters.index >= last - 8
    spoilt = quarters.assign(**{column: quarters[column].mask(recent, value)})
    found = company.equity_return(spoilt, last)
    assert found.table.empty
    assert found.gap is not None
    assert pd.Series([found.gap]).str.contains(reason).all()
    page = facts.Page("test", as_of=LAST_DAY)
    company.record_equity_return(page, found, filed)
    assert page.facts["test.roe_change"].gap == found.gap
    assert len(page.facts) == 6


def test_depreciation_is_held_against_what_was_reported() -> None:
    years = company.by_year(tables.load("alphabet_annual", LAST_DAY))
    errors = company.depreciation_errors(years, (5, 10))
    bought = years["capital_expenditure_usd"].astype(float).to_numpy()
    # Half a year's charge of the first and the last purchases, a whole one of those between.
    implied = (bought[-6:].sum() - (bought[-6] + bought[-1]) / 2) / 5
    reported = float(years["depreciation_usd"].iloc[-1])
    assert errors[5].iloc[-1] == pytest.approx(implied / reported - 1)
    assert errors[10].notna().sum() == 1


def test_years_as_a_table() -> None:
    years = company.by_year(tables.load("alphabet_annual", LAST_DAY))
    shown = company.years_table(years, 3)
    assert shown["Fiscal year"].to_list() == ["2023", "2024", "2025"]
    assert (
        shown["Operating margin"].iloc[-1]
        == company.read(years, company.ANNUAL["operating_margin"], years.index[-1]).shown()
    )
    with pytest.raises(ValueError, match="count is 0: it must be 1 or more"):
        company.years_table(years, 0)
    with pytest.raises(ValueError, match="quarters_back is 0: it must be 1 or more"):
        company.equity_return(years, years.index[-1], 0)


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_every_figure(quarters: pd.DataFrame, size: str) -> None:
    rows = company.last_quarters(
        quarters, last_of(quarters), 8, ["net_income_trailing", "operating_cash_flow_trailing"]
    )
    assert "net income: $" in company.describe_earnings_and_cash(rows).lower()
    parts = pd.DataFrame({"factor": ["after tax", "leverage"], "percentage_points": [-0.4, 1.2]})
    assert company.describe_equity_return(parts).startswith("Bars, one for each factor")
    check(company.draw_equity_return, parts, size)
