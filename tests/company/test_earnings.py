"""Earnings without other income, multiples, and the price they are computed at."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap import company, tables


def one(value: float) -> "pd.Series[float]":
    return pd.Series([value])


@settings(max_examples=50, deadline=None)
@given(st.floats(1.0, 1e6), st.floats(-0.9, 3.0), st.floats(0.0, 0.9))
def test_taking_out_other_income_at_the_effective_rate_is_operating_income_after_tax(
    operating: float, other_share: float, rate: float
) -> None:
    other = operating * other_share
    net = (operating + other) * (1 - rate)
    left = company.without_other_income(one(net), one(operating), one(other), one(net)).iloc[0]
    assert left == pytest.approx(operating * (1 - rate), rel=1e-9)
    assert company.effective_tax_rate(one(operating), one(other), one(net)).iloc[0] == pytest.approx(rate, abs=1e-9)


def test_no_other_income_changes_nothing_and_a_loss_is_put_back() -> None:
    assert company.without_other_income(one(2.0), one(100.0), one(0.0), one(80.0)).iloc[0] == 2.0
    assert company.without_other_income(one(2.0), one(100.0), one(-20.0), one(64.0)).iloc[0] == 2.5


@pytest.mark.parametrize(
    ("operating", "other", "net"), [(10.0, -10.0, 1.0), (10.0, -20.0, -5.0), (10.0, 5.0, 20.0), (10.0, 5.0, 0.0)]
)
def test_a_rate_of_tax_outside_nought_to_one_is_no_assumption(operating: float, other: float, net: float) -> None:
    assert np.isnan(company.without_other_income(one(2.0), one(operating), one(other), one(net)).iloc[0])


def earnings(value: float | None, gap: str | None = None) -> company.Reading:
    return company.Reading(company.QUARTERLY["eps_trailing"], "2026Q1", value, gap, ("2026Q1",))


def test_a_multiple_is_price_over_earnings() -> None:
    assert company.price_to_earnings(30.0, earnings(2.0)).number == 15.0


@pytest.mark.parametrize("loss", [0.0, -0.01, -3.0])
def test_a_multiple_of_a_loss_is_a_gap(loss: float) -> None:
    found = company.price_to_earnings(30.0, earnings(loss))
    assert found.value is None
    assert found.gap is not None
    assert "a multiple of a loss means nothing" in found.gap
    assert found.shown() == "no meaning"


def test_a_multiple_of_missing_earnings_keeps_their_reason() -> None:
    found = company.price_to_earnings(30.0, earnings(None, "no figure for eps_diluted_usd in 2025Q4"))
    assert found.gap == "no figure for eps_diluted_usd in 2025Q4"
    assert found.shown() == "not in the table"


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
def test_a_price_has_to_be_one(price: float) -> None:
    with pytest.raises(ValueError, match=r"price is .*it must be above 0"):
        company.price_to_earnings(price, earnings(2.0))
    with pytest.raises(ValueError, match=r"price is .*it must be above 0"):
        company.implied_earnings(price, 20.0)
    with pytest.raises(ValueError, match=r"multiple is .*it must be above 0"):
        company.implied_earnings(20.0, price)


def test_the_multiple_of_implied_earnings_is_the_stated_one() -> None:
    implied = earnings(company.implied_earnings(368.03, 26.0))
    assert company.price_to_earnings(368.03, implied).number == pytest.approx(26.0)


@pytest.mark.parametrize(
    ("as_of", "session", "usd"),
    [
        ("2026-06-17", dt.date(2026, 6, 17), 363.79),
        ("2026-06-21", dt.date(2026, 6, 18), 368.03),
        ("2026-06-22", dt.date(2026, 6, 22), 349.68),
        ("2026-09-10", dt.date(2026, 8, 21), 344.82),
    ],
)
def test_the_price_is_the_last_close_that_can_be_seen(as_of: str, session: dt.date, usd: float) -> None:
    windows = tables.load("event_windows", as_of)
    price = company.price_of_share(windows.sample(frac=1, random_state=3), "shazeer-2026", "googl")
    assert (price.session, price.usd) == (session, usd)
    assert price.sources[0].table == "event_windows"


def test_a_blank_close_is_passed_over() -> None:
    price = company.price_of_share(tables.load("event_windows", "2026-09-10"), "shazeer-2026", "spy")
    assert price.session == dt.date(2026, 8, 20)


def test_a_price_given_by_hand_has_no_session() -> None:
    price = company.price_of_share(tables.load("event_windows", "2026-09-10"), "shazeer-2026", "googl", given=12.5)
    assert (price.usd, price.session) == (12.5, None)
    assert price.sources == (tables.parameters(price=12.5),)


def test_no_visible_close_is_a_gap_and_a_bad_argument_an_error() -> None:
    windows = tables.load("event_windows", "2020-01-01")
    price = company.price_of_share(windows, "shazeer-2026", "googl")
    assert price.usd is None
    assert price.gap == "no close of googl around shazeer-2026 is visible as of this day"
    with pytest.raises(ValueError, match="asset is 'goog'"):
        company.price_of_share(windows, "shazeer-2026", "goog")
    with pytest.raises(ValueError, match="given is -1"):
        company.price_of_share(windows, "shazeer-2026", "googl", given=-1.0)
