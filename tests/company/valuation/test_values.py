"""Valuation against published cases, other libraries, sums written out, and what must always hold."""

import csv
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy_financial as npf
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from coordination_gap import company, paths, tables
from coordination_gap.company import valuation
from coordination_gap.company.valuation import TwoStage

CASES = {
    row["id"]: row
    for row in csv.DictReader((paths.root() / "tests/cases/finance_cases.csv").read_text(encoding="utf-8").splitlines())
}
PLAIN = TwoStage(
    revenue_usd=1000.0,
    operating_margin=0.3,
    tax_rate=0.2,
    growth=0.1,
    terminal_growth=0.03,
    years=5,
    discount_rate=0.09,
    return_on_new_capital=0.25,
    net_assets_usd=50.0,
    shares=10.0,
)


def named(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in (part.split("=") for part in text.split(";"))}


def numbers(text: str) -> list[float]:
    return [float(value) for value in text.replace("|", ";").split(";")]


def gordon(text: str) -> float:
    given = named(text)
    first = given["last_payment"] * (1 + given["growth"])
    return valuation.gordon_value(first, given["discount_rate"], given["growth"])


def plain_sum(text: str) -> float:
    rate, *flows = numbers(text)
    return sum(flow / (1 + rate) ** year for year, flow in enumerate(flows))


FUNCTIONS: dict[str, Callable[[str], float]] = {
    "gordon_value": gordon,
    "implied_growth": lambda text: valuation.implied_growth(**named(text)),
    "probability_above": lambda text: valuation.probability_above(**named(text)),
    "irr": lambda text: float(npf.irr(numbers(text))),
    "npv": plain_sum,
    "pmt": lambda text: float(npf.pmt(*numbers(text))),
    "pv": lambda text: float(npf.pv(*numbers(text))),
    "fv": lambda text: float(npf.fv(*numbers(text))),
    "nper": lambda text: float(npf.nper(*numbers(text))),
    "upside": lambda text: numbers(text)[0] / numbers(text)[1] - 1,
    "price_to_earnings": lambda text: numbers(text)[0] / numbers(text)[1],
    "implied_earnings": lambda text: company.implied_earnings(*numbers(text)),
}


@pytest.mark.parametrize("case", CASES)
def test_published_cases(case: str) -> None:
    row = CASES[case]
    assert FUNCTIONS[row["function"]](row["inputs"]) == pytest.approx(
        float(row["expected"]), abs=float(row["tolerance"])
    )


def test_the_articles_odds() -> None:
    found = company.implied_volatility(probability=0.80, spot=368.03, strike=350, sessions=7)
    assert found == pytest.approx(0.346, abs=5e-4)
    assert valuation.probability_above(368.03, 350, found, 7) == pytest.approx(0.80, abs=1e-12)
    assert valuation.brier_score(0.8, happened=True) == pytest.approx(0.04)
    assert valuation.brier_score(0.8, happened=False) == pytest.approx(0.64)


def test_realised_volatility_over_sixty_sessions() -> None:
    windows = tables.load("event_windows", "2026-06-20")
    closes = windows.loc[windows["event_id"] == "shazeer-2026", "googl"].tail(61)
    assert valuation.realised_volatility(closes) == pytest.approx(0.354, abs=5e-4)
    logs = np.diff(np.log(closes.to_numpy()))
    assert valuation.realised_volatility(closes) == pytest.approx(np.sqrt(252 * logs.var(ddof=1)))


def test_the_two_stages_written_out() -> None:
    profit, total = 1000 * 0.3 * 0.8, 0.0
    for year in range(1, 6):
        profit *= 1.1
        total += profit * (1 - 0.1 / 0.25) / 1.09**year
    later = profit * 1.03 * (1 - 0.03 / 0.25) / (0.09 - 0.03) / 1.09**5
    assert PLAIN.value_per_share() == pytest.approx((total + later + 50) / 10)
    assert PLAIN.terminal_share() == pytest.approx(later / (total + later))
    flows = [0.0, *PLAIN.cash_flows_usd()]
    flows[-1] += PLAIN.terminal_value_usd()
    assert PLAIN.operations_usd() == pytest.approx(float(npf.npv(0.09, flows)))


def test_one_rate_throughout_is_gordons_model() -> None:
    even = replace(PLAIN, growth=0.03, net_assets_usd=0.0)
    first = even.profit_usd * 1.03 * (1 - 0.03 / 0.25)
    assert even.operations_usd() == pytest.approx(valuation.gordon_value(first, 0.09, 0.03))


@pytest.mark.parametrize("growth", [-0.02, 0.0, 0.04])
def test_growth_that_only_earns_its_cost_adds_nothing(growth: float) -> None:
    even = replace(PLAIN, growth=growth, terminal_growth=growth, return_on_new_capital=0.09)
    # Next year's profit, paid for ever: what is put back earns just what it is discounted at.
    assert even.operations_usd() == pytest.approx(PLAIN.profit_usd * (1 + growth) / 0.09)


def test_mid_year_flows_and_a_later_day_written_out() -> None:
    dated = replace(PLAIN, mid_year=True, years_elapsed=0.4)
    profit, total = 1000 * 0.3 * 0.8, 0.0
    for year in range(1, 400):
        growth = 0.1 if year <= 5 else 0.03
        profit *= 1 + growth
        # Each flow counted from the day of the value: the middle of its year, less what has gone by.
        total += profit * (1 - growth / 0.25) / 1.09 ** (year - 0.5 - 0.4)
    assert dated.operations_usd() == pytest.approx(total, rel=1e-6)
    assert dated.value_per_share() == pytest.approx((total + 50) / 10, rel=1e-6)
    assert dated.terminal_share() == pytest.approx(PLAIN.terminal_share())
    assert replace(PLAIN, years_elapsed=1).operations_usd() == pytest.approx(1.09 * PLAIN.operations_usd())


@pytest.mark.parametrize("terminal_growth", [-0.01, 0.0, 0.03, 0.05])
def test_later_growth_that_only_earns_its_cost_adds_nothing(terminal_growth: float) -> None:
    even = replace(PLAIN, terminal_return=0.09, terminal_growth=terminal_growth)
    # The profit of the year after the first stage would be paid for ever, but for the growth into that year.
    paid = PLAIN.profit_usd * 1.1**5 * (1 + terminal_growth) / 0.09
    assert even.terminal_value_usd() == pytest.approx(paid)
    assert replace(PLAIN, terminal_return=0.25) == replace(PLAIN, terminal_return=PLAIN.return_on_new_capital)
    assert replace(PLAIN, terminal_return=0.25).value_per_share() == PLAIN.value_per_share()


INPUTS = st.builds(
    replace,
    st.just(PLAIN),
    growth=st.floats(-0.2, 0.3),
    terminal_growth=st.floats(-0.02, 0.04),
    years=st.integers(1, 12),
    discount_rate=st.floats(0.06, 0.14),
    return_on_new_capital=st.floats(0.2, 0.6),
    operating_margin=st.floats(0.1, 0.5),
    net_assets_usd=st.floats(-100, 500),
    mid_year=st.booleans(),
    years_elapsed=st.floats(-0.5, 1),
    terminal_return=st.none() | st.floats(0.2, 0.6),
)


@settings(deadline=None, max_examples=60)
@given(inputs=INPUTS)
def test_the_reverse_gives_back_the_growth(inputs: TwoStage) -> None:
    price = inputs.value_per_share()
    assume(price > 0.01)
    # Beyond the peak of the value over growth, a lower growth gives the same price, and that is the answer.
    assume(replace(inputs, growth=inputs.growth + 0.01).value_per_share() > price)
    assert valuation.reverse_dcf(inputs, price) == pytest.approx(inputs.growth, abs=1e-7)
    assert valuation.implied_terminal_growth(inputs, price) == pytest.approx(inputs.terminal_growth, abs=1e-7)


def test_the_lower_of_two_growths_is_the_answer() -> None:
    """In one year the value is a square in the growth: (1 + g)(1 - g / R + 1 / r) of the profit, with two roots."""
    short = replace(
        PLAIN, years=1, terminal_growth=0.0, discount_rate=0.125, return_on_new_capital=0.2, net_assets_usd=0.0
    )
    peak = (0.2 * 9 - 1) / 2
    at_half = replace(short, growth=peak - 0.15)
    assert replace(short, growth=peak + 0.15).value_per_share() == pytest.approx(at_half.value_per_share())
    assert valuation.reverse_dcf(short, at_half.value_per_share()) == pytest.approx(peak - 0.15)
    with pytest.raises(ValueError, match="a year gives it with these inputs"):
        valuation.reverse_dcf(short, 1.01 * replace(short, growth=peak).value_per_share())


@settings(deadline=None, max_examples=60)
@given(inputs=INPUTS, step=st.floats(0.001, 0.01))
def test_what_raises_the_value_and_what_lowers_it(inputs: TwoStage, step: float) -> None:
    value = inputs.value_per_share()
    assert replace(inputs, discount_rate=inputs.discount_rate + step).operations_usd() < inputs.operations_usd()
    assert replace(inputs, operating_margin=inputs.operating_margin + step).value_per_share() > value
    assert replace(inputs, growth=inputs.growth + step).value_per_share() > value
    assert replace(inputs, shares=2 * inputs.shares).value_per_share() == pytest.approx(value / 2)
    scaled = replace(inputs, revenue_usd=3 * inputs.revenue_usd, net_assets_usd=3 * inputs.net_assets_usd)
    assert scaled.value_per_share() == pytest.approx(3 * value)


@settings(deadline=None, max_examples=30)
@given(inputs=INPUTS)
def test_many_at_once_are_each_alone(inputs: TwoStage) -> None:
    from coordination_gap.company.valuation.spread import VARYING, values_per_share

    drawn = {name: np.array([getattr(PLAIN, name), getattr(inputs, name)]) for name in VARYING}
    expected = [
        replace(inputs, **{name: getattr(one, name) for name in VARYING}).value_per_share() for one in (PLAIN, inputs)
    ]
    np.testing.assert_allclose(values_per_share(inputs, drawn), expected, rtol=1e-9)


def test_simulated_values_lie_within_their_corners_and_know_their_mean() -> None:
    ranges = {"operating_margin": (0.2, 0.3, 0.4)}
    drawn = valuation.simulated_values(PLAIN, ranges, 20_000, seed=2)
    low, high = (replace(PLAIN, operating_margin=margin).value_per_share() for margin in (0.2, 0.4))
    assert drawn["value_per_share"].between(low, high).all()
    # The value is linear in the margin, and the triangle is even about its middle.
    spread = (high - low) * np.sqrt(1 / 24)
    assert drawn["value_per_share"].mean() == pytest.approx(PLAIN.value_per_share(), abs=5 * spread / np.sqrt(20_000))
    assert stats.kstest(drawn["operating_margin"], stats.triang(0.5, 0.2, 0.2).cdf).pvalue > 0.001
    again = valuation.simulated_values(PLAIN, ranges, 20_000, seed=2)
    pd.testing.assert_frame_equal(drawn, again)


def test_all_of_a_lone_inputs_variance_is_its_own() -> None:
    found = valuation.sensitivity(PLAIN, {"operating_margin": (0.2, 0.3, 0.4)}, samples=256, seed=1)
    assert found["total"].item() == pytest.approx(1, abs=0.02)


def test_the_price_of_a_fall() -> None:
    found = valuation.price_of_fall(PLAIN, 500.0, 0.05)
    assert found.fall_usd == pytest.approx(0.05 * 500 * 10)
    assert replace(PLAIN, growth=found.growth_before).value_per_share() == pytest.approx(500)
    assert replace(PLAIN, growth=found.growth_after).value_per_share() == pytest.approx(475)
    lower = replace(PLAIN, growth=found.growth_before, terminal_growth=found.terminal_after)
    assert lower.value_per_share() == pytest.approx(475)


@pytest.mark.parametrize("years", [0.5, 1, 3, 10])
def test_standing_still_for_some_years(years: float) -> None:
    rate, profit = 0.09, PLAIN.profit_usd
    whole = PLAIN.operations_usd()
    kept = (1 + rate) ** -years
    delayed = profit / rate * (1 - kept) + whole * kept
    assert valuation.years_of_standstill(PLAIN, whole - delayed) == pytest.approx(years)
    # Carried to another day, all are multiplied alike: the same loss in the same share of the value.
    dated = replace(PLAIN, mid_year=True, years_elapsed=0.4)
    assert valuation.years_of_standstill(dated, (whole - delayed) * 1.09**0.9) == pytest.approx(years)
    if years == 3:
        paid = sum(profit / (1 + rate) ** year for year in (1, 2, 3))
        assert delayed == pytest.approx(paid + whole / (1 + rate) ** 3)


@settings(deadline=None, max_examples=60)
@given(
    spot=st.floats(50, 500),
    below=st.floats(0.7, 0.99),
    sessions=st.integers(1, 250),
    volatility=st.floats(0.1, 1.5),
)
def test_odds_and_volatility_are_each_others_inverse(
    spot: float, below: float, sessions: int, volatility: float
) -> None:
    chance = valuation.probability_above(spot, spot * below, volatility, sessions)
    assume(1e-6 < chance < 1 - 1e-6)
    found = valuation.implied_volatility(chance, spot, spot * below, sessions)
    assert found == pytest.approx(volatility, rel=1e-6)


def test_where_a_realised_volatility_may_come_from() -> None:
    # Quantiles 3.247 and 20.483 of the chi-squared law with 10 degrees of freedom, from printed tables.
    low, high = valuation.realised_volatility_interval(0.3, 11)
    assert (low, high) == pytest.approx((0.3 * np.sqrt(10 / 20.483), 0.3 * np.sqrt(10 / 3.247)), rel=1e-4)
    random = np.random.default_rng(5)
    drawn = random.normal(0, 0.02, (4000, 60)).std(axis=1, ddof=1)
    ends = np.array([valuation.realised_volatility_interval(one, 60, 0.9) for one in drawn])
    assert ((ends[:, 0] <= 0.02) & (ends[:, 1] >= 0.02)).mean() == pytest.approx(0.9, abs=0.02)


def test_odds_against_simulated_prices() -> None:
    random = np.random.default_rng(4)
    spread = 0.35 * np.sqrt(7 / 252)
    ends = 368.03 * np.exp(random.normal(-(spread**2) / 2, spread, 200_000))
    chance = valuation.probability_above(368.03, 350, 0.35, 7)
    assert (ends > 350).mean() == pytest.approx(chance, abs=5 * np.sqrt(chance * (1 - chance) / 200_000))


@settings(deadline=None, max_examples=60)
@given(price=st.floats(1, 1e4), payment=st.floats(0.01, 50), rate=st.floats(0.02, 0.2))
def test_gordons_growth_gives_back_the_price(price: float, payment: float, rate: float) -> None:
    growth = valuation.implied_growth(price, payment, rate)
    assume(growth > -0.9)
    assert valuation.gordon_value(payment * (1 + growth), rate, growth) == pytest.approx(price, rel=1e-6)


def test_grids() -> None:
    growths = valuation.growth_grid(PLAIN, 500.0, [0.08, 0.3], [0.3])
    assert growths["growth"].notna().to_list() == [True, False]
    assert "new capital must earn more than the discount rate" in growths["gap"].iloc[1]
    values = valuation.value_grid(PLAIN, [0.04, 0.09], [0.03, 0.04])
    assert values.isna().to_numpy().tolist() == [[False, True], [False, False]]
    assert values.iloc[1, 0] == PLAIN.value_per_share()


def test_standstill_by_growth() -> None:
    loss = 100.0
    found = valuation.standstill_grid(PLAIN, [0.01, 0.1, 0.25], loss).set_index("growth")
    assert found["value_usd"][0.1] == PLAIN.operations_usd()
    assert found["years"][0.1] == valuation.years_of_standstill(PLAIN, loss)
    # At growth equal to the return on what is put in, nothing is paid out before the first stage ends.
    assert found["terminal_share"][0.25] == pytest.approx(1)
    assert found["years"][0.25] < found["years"][0.1]
    assert valuation.standstill_grid(PLAIN, [0.01], 1e6)["years"].isna().all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: valuation.gordon_value(1, 0.05, 0.05),
            "growth is 0.05 and discount_rate 0.05: growth for ever",
        ),
        (lambda: replace(PLAIN, terminal_growth=0.1), "terminal_growth is 0.1 and discount_rate 0.09: growth for ever"),
        (lambda: replace(PLAIN, operating_margin=0.0), "operating_margin is 0.0: it must be a finite number above 0"),
        (lambda: replace(PLAIN, tax_rate=1.0), "tax_rate is 1.0: it must be at least 0 and below 1"),
        (lambda: replace(PLAIN, years=0), "years is 0: it must be a whole number of at least 1"),
        (lambda: replace(PLAIN, growth=-1.5), "growth is -1.5: give a rate above -1"),
        (lambda: replace(PLAIN, net_assets_usd=float("nan")), "net_assets_usd is nan: it must be a finite number"),
        (lambda: replace(PLAIN, terminal_return=0.0), "terminal_return is 0.0: it must be a finite number above 0"),
        (lambda: replace(PLAIN, years_elapsed=-1.0), "years_elapsed is -1.0: give years above -1"),
        (lambda: valuation.standstill_grid(PLAIN, [0.1], -1.0), "loss_usd is -1.0: it must be a finite number above 0"),
        (lambda: valuation.realised_volatility_interval(0.3, 1), "returns is 1: at least 2 are needed"),
        (lambda: valuation.realised_volatility_interval(0.0, 9), "volatility is 0.0: it must be a finite number"),
        (lambda: valuation.realised_volatility_interval(0.3, 9, 1.0), "confidence is 1.0: it must lie between 0 and 1"),
        (lambda: valuation.reverse_dcf(PLAIN, 0.0), "price is 0.0: it must be a finite number above 0"),
        (lambda: valuation.reverse_dcf(PLAIN, 1e9), "no growth from -0.3 to 0.6 a year gives it with these inputs"),
        (
            lambda: valuation.reverse_dcf(replace(PLAIN, return_on_new_capital=0.05), 300),
            "new capital must earn more than the discount rate",
        ),
        (
            lambda: valuation.implied_terminal_growth(replace(PLAIN, terminal_return=0.09), 300),
            "terminal_return is 0.09 and discount_rate 0.09: new capital must earn more",
        ),
        (lambda: valuation.price_of_fall(PLAIN, 300, 1.0), "fall is 1.0: it must lie between 0 and 1"),
        (lambda: valuation.years_of_standstill(PLAIN, 1e9), "standing still for ever loses no more than"),
        (lambda: valuation.implied_volatility(0.8, 350, 368, 7), "the strike must be below the spot price"),
        (lambda: valuation.implied_volatility(1.0, 368, 350, 7), "probability is 1.0: it must lie between 0 and 1"),
        (
            lambda: valuation.probability_above(368, 350, 0.0, 7),
            "volatility is 0.0: it must be a finite number",
        ),
        (lambda: valuation.realised_volatility(pd.Series([1.0, 2.0])), "closes has 2 prices: at least 3 are needed"),
        (lambda: valuation.realised_volatility(pd.Series([1.0, np.nan, 2.0])), "closes has a price that is missing"),
        (lambda: valuation.brier_score(1.2, happened=True), "probability is 1.2: it must be from 0 to 1"),
        (
            lambda: valuation.simulated_values(PLAIN, {"beta": (0, 1, 2)}, 10, 1),
            "ranges holds 'beta': it may hold",
        ),
        (lambda: valuation.simulated_values(PLAIN, {"growth": (0.2, 0.1, 0.3)}, 10, 1), "give lowest, most likely"),
        (
            lambda: valuation.simulated_values(PLAIN, {"terminal_growth": (0.02, 0.03, 0.09)}, 10, 1),
            "growth for ever must be below the discount rate",
        ),
        (lambda: valuation.simulated_values(PLAIN, {"growth": (0.1, 0.1, 0.3)}, 1, 1), "draws is 1: at least 2"),
    ],
)
def test_bad_arguments_are_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
