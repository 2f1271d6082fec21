"""What the page on valuation reads from the data, and draws."""

import datetime as dt
import functools
from dataclasses import replace

import pandas as pd
import pytest

from coordination_gap import company, tables
from coordination_gap.company import valuation
from tests.reliability.drawn import check

LAST_DAY = "2026-09-10"


@pytest.fixture(name="quarters", scope="module")
def _quarters() -> pd.DataFrame:
    return company.by_quarter(tables.load("alphabet_quarterly", LAST_DAY))


ASSUMED = valuation.Assumed(growth=0.12, terminal_growth=0.03, years=10, discount_rate=0.09, return_on_new_capital=0.25)


def test_inputs_are_those_of_the_filings(quarters: pd.DataFrame) -> None:
    last = company.last_period(quarters)
    assert last is not None
    inputs = valuation.two_stage_inputs(quarters, last, ASSUMED)
    four = quarters.tail(4)
    assert inputs.revenue_usd == four["revenue_usd"].sum()
    assert inputs.operating_margin == pytest.approx(four["operating_income_usd"].sum() / four["revenue_usd"].sum())
    pretax = (four["operating_income_usd"] + four["other_income_net_usd"]).sum()
    assert inputs.tax_rate == pytest.approx(1 - four["net_income_usd"].sum() / pretax)
    assert inputs.net_assets_usd == 38_063e6 - 77_501e6
    assert inputs.shares == 12_238e6
    cloud = valuation.segment_inputs(quarters, last, inputs, 0.25)
    assert cloud.revenue_usd == four["cloud_revenue_usd"].sum()
    before = quarters["revenue_usd"].iloc[-44:-40].sum()
    assert valuation.past_growth(quarters, last, 10) == pytest.approx((inputs.revenue_usd / before) ** 0.1 - 1)
    # Operating income of the four quarters to March: 20.255 billion in 2016, 138.129 billion in 2026.
    assert valuation.past_multiple(quarters, last, 10, "operating_income_usd") == pytest.approx(138.129 / 20.255)
    assert valuation.past_growth(quarters, last, 10, "operating_income_usd") == pytest.approx(0.2116, abs=5e-5)


def test_the_day_of_the_value(quarters: pd.DataFrame) -> None:
    """Both conventions by hand, and the value where growth after the first stage only earns its cost."""
    last = company.last_period(quarters)
    assert last is not None
    elapsed = valuation.years_since(last, dt.date(2026, 8, 21))
    assert elapsed == 143 / 365
    assert valuation.years_since(last, dt.date(2026, 3, 31)) == 0
    plain = valuation.two_stage_inputs(quarters, last, ASSUMED)
    dated = valuation.two_stage_inputs(quarters, last, replace(ASSUMED, mid_year=True, years_elapsed=elapsed))
    assert plain.value_per_share() == pytest.approx(237.40, abs=0.005)
    more = 1.09 ** (143 / 365 + 0.5)
    assert dated.value_per_share() == pytest.approx((237.398 + 39.438 / 12.238) * more - 39.438 / 12.238, abs=0.005)
    assert valuation.reverse_dcf(plain, 344.82) == pytest.approx(0.1783, abs=5e-5)
    assert valuation.reverse_dcf(dated, 344.82) == pytest.approx(0.1663, abs=5e-5)
    later = replace(plain, terminal_return=0.09)
    assert later.value_per_share() == pytest.approx(192.72, abs=0.005)
    assert valuation.reverse_dcf(later, 344.82) == pytest.approx(0.2189, abs=5e-5)
    cloud = valuation.segment_inputs(
        quarters, last - 1, dated, 0.2, valuation.years_since(last - 1, dt.date(2026, 8, 21))
    )
    assert (cloud.mid_year, cloud.years_elapsed) == (True, 233 / 365)
    assert valuation.segment_inputs(quarters, last, dated, 0.2).years_elapsed == elapsed


def test_figures_that_lag_are_those_of_the_last_quarter_that_has_them(quarters: pd.DataFrame) -> None:
    """A fourth quarter has no diluted shares, and a new quarter has Google Cloud's figures later than its own."""
    last = company.last_period(quarters)
    assert last is not None
    fourth = valuation.two_stage_inputs(quarters, last - 1, ASSUMED)
    assert fourth.shares == quarters["diluted_shares"].iloc[-3]
    assert valuation.last_of_cloud(quarters) == last
    without = quarters.assign(
        cloud_operating_income_usd=quarters["cloud_operating_income_usd"].mask(quarters.index == last)
    )
    before = valuation.last_of_cloud(without)
    assert before == last - 1
    cloud = valuation.segment_inputs(without, before, fourth, 0.25)
    assert cloud.revenue_usd == quarters["cloud_revenue_usd"].iloc[-5:-1].sum()
    assert valuation.last_of_cloud(quarters.assign(cloud_revenue_usd=float("nan"))) is None


def test_given_inputs_take_the_place_of_the_filings(quarters: pd.DataFrame) -> None:
    last = company.last_period(quarters)
    assert last is not None
    other = valuation.Assumed(0.1, 0.02, 5, 0.08, 0.3, operating_margin=0.4, tax_rate=0.21, other_assets_usd=1e9)
    inputs = valuation.two_stage_inputs(quarters, last, other)
    assert (inputs.operating_margin, inputs.tax_rate, inputs.net_assets_usd) == (0.4, 0.21, 38_063e6 - 77_501e6 + 1e9)


def test_a_missing_figure_is_named(quarters: pd.DataFrame) -> None:
    last = company.last_period(quarters)
    assert last is not None
    none = quarters.assign(diluted_shares=float("nan"))
    with pytest.raises(ValueError, match="diluted_shares of the four quarters to 2026Q1 is not in the table"):
        valuation.two_stage_inputs(none, last, ASSUMED)
    hole = quarters.assign(cloud_revenue_usd=quarters["cloud_revenue_usd"].mask(quarters.index == last - 2))
    with pytest.raises(ValueError, match="cloud_revenue_usd of the four quarters to 2026Q1 is not all in the table"):
        valuation.segment_inputs(hole, last, valuation.two_stage_inputs(quarters, last, ASSUMED), 0.2)
    lost = quarters.assign(operating_income_usd=-quarters["operating_income_usd"])
    with pytest.raises(ValueError, match=r"operating_income_usd of the four quarters to 2016Q1 is -.*: it must be"):
        valuation.past_growth(lost, last, 10, "operating_income_usd")
    loss = quarters.assign(net_income_usd=-quarters["net_income_usd"])
    with pytest.raises(ValueError, match=r"tax_rate of the four quarters to 2026Q1 is .*: give one by hand"):
        valuation.two_stage_inputs(loss, last, ASSUMED)


def verdicts(as_of: str) -> dict[str, str]:
    figures = tables.load("article_figures", as_of)
    windows = tables.load("event_windows", as_of)
    windows = windows[windows["event_id"] == "shazeer-2026"]
    computed = valuation.computed_figures(figures, windows, tables.load("price_references", as_of))
    compared = valuation.compare_market(figures, computed, company.Tolerances())
    return dict(zip(compared["id"], compared["verdict"], strict=True))


@pytest.mark.parametrize("as_of", ["2026-06-20", LAST_DAY])
def test_the_articles_figures_on_prices(as_of: str) -> None:
    found = verdicts(as_of)
    assert {name for name, verdict in found.items() if verdict == "agrees"} == {
        "price",
        "return-year-to-date",
        "return-one-year",
        "target-model-upside",
        "peer-return-year-to-date",
    }
    assert "loosely" not in found.values()
    assert [name for name, verdict in found.items() if verdict == "differs by a later dividend"] == ["peer-price"]
    assert sum(verdict == "cannot be checked" for verdict in found.values()) == 9


def test_a_later_dividend_explains_no_more_than_it_can() -> None:
    """A stated price below the adjusted close, or far above it, is not put down to a dividend."""
    figures = tables.load("article_figures", LAST_DAY)
    windows = tables.load("event_windows", LAST_DAY)
    windows = windows[windows["event_id"] == "shazeer-2026"]
    computed = valuation.computed_figures(figures, windows, tables.load("price_references", LAST_DAY))
    assert computed["peer-price"].dividends_off
    assert not computed["price"].dividends_off
    assert [name for name, one in computed.items() if one.own] == ["target-model-upside"]
    for stated, expected in ((378.69, "agrees"), (378.0, "loosely"), (390.0, "differs")):
        moved = figures.assign(value=figures["value"].mask(figures["id"] == "peer-price", stated))
        compared = valuation.compare_market(moved, computed, company.Tolerances()).set_index("id")
        assert compared["verdict"]["peer-price"] == expected


def test_before_the_article_there_is_nothing_to_compare() -> None:
    assert verdicts("2026-06-19") == {}


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_every_figure(quarters: pd.DataFrame, size: str) -> None:
    last = company.last_period(quarters)
    assert last is not None
    inputs = valuation.two_stage_inputs(quarters, last, ASSUMED)
    grid = valuation.growth_grid(inputs, 344.82, [0.08, 0.09], [0.3, 0.35])
    check(functools.partial(valuation.draw_growth_grid, past=0.18), grid, size)
    check(functools.partial(valuation.draw_growth_grid, past=0.18, past_profit=0.21), grid, size)
    bars = pd.DataFrame({"value_from_usd": [100, 200], "value_to_usd": [200, 300], "share_of_draws": [0.4, 0.6]})
    check(functools.partial(valuation.draw_values, price=250.0), bars, size)
    owed = pd.DataFrame(
        {"input": ["growth", "tax"], "total": [0.6, 0.1], "total_low": [0.5, 0], "total_high": [0.7, 0.2]}
    )
    check(valuation.draw_sensitivity, owed, size)
