"""The quality of earnings, and return on equity taken apart."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap import company
from coordination_gap.company.dupont import attribute_change, dupont
from coordination_gap.company.quality import QUALITY

FACTOR = st.floats(0.01, 100)
FACTORS = st.fixed_dictionaries(dict.fromkeys("abcde", FACTOR))


def test_five_factors_by_hand() -> None:
    factors = dupont(
        net_income=12, operating_income=16, other_income=4, revenue=80, average_assets=160, average_equity=64
    )
    assert list(factors.values()) == pytest.approx([0.6, 1.25, 0.2, 0.5, 2.5])
    assert math.prod(factors.values()) == pytest.approx(12 / 64)


def test_negative_equity_is_refused() -> None:
    with pytest.raises(ValueError, match="average_equity is -1"):
        dupont(net_income=1, operating_income=1, other_income=0, revenue=1, average_assets=1, average_equity=-1)


def test_split_by_hand() -> None:
    pieces = attribute_change({"a": 1, "b": 2}, {"a": 2, "b": 4})
    assert list(pieces.values()) == pytest.approx([3, 3])  # 2 to 8, each factor doubled


@given(FACTORS, FACTORS)
def test_pieces_sum_to_the_change(before: dict[str, float], after: dict[str, float]) -> None:
    start, end = math.prod(before.values()), math.prod(after.values())
    pieces = attribute_change(before, after)
    assert sum(pieces.values()) == pytest.approx(end - start, rel=1e-9, abs=1e-9 * max(start, end))


@given(FACTORS, FACTORS, st.floats(0.1, 10))
def test_pieces_scale_with_the_product(before: dict[str, float], after: dict[str, float], scale: float) -> None:
    pieces = attribute_change(before, after)
    larger = attribute_change({**before, "unit": scale}, {**after, "unit": scale})
    size = max(math.prod(before.values()), math.prod(after.values()))
    assert [larger[name] for name in before] == pytest.approx(
        [scale * pieces[name] for name in before], rel=1e-9, abs=1e-9 * size * scale
    )


@pytest.mark.parametrize("after", [{"a": 1.0}, {"a": 0.0, "b": 1.0}])
def test_split_refuses_what_it_cannot_take_apart(after: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"factors|must be above 0"):
        attribute_change({"a": 1.0, "b": 1.0}, after)


def test_quality_against_sums_of_the_rows(alphabet: pd.DataFrame) -> None:
    last = company.last_period(alphabet)
    assert last is not None
    four, opening = alphabet.loc[last - 3 : last], alphabet.loc[[last - 4]].iloc[0]
    net, cash = four["net_income_usd"].sum(), four["operating_cash_flow_usd"].sum()
    plain = (
        four["net_income_usd"]
        * four["operating_income_usd"]
        / (four["operating_income_usd"] + four["other_income_net_usd"])
    ).sum()
    before, bought = alphabet.loc[last - 7 : last - 4], four["capital_expenditure_usd"].sum()
    assets = (four["total_assets_usd"].iloc[-1] + opening["total_assets_usd"]) / 2
    expected = {
        "cash_conversion_trailing": cash / net,
        "accruals_ratio_trailing": (net - cash) / assets,
        "stock_compensation_share_trailing": four["stock_compensation_usd"].sum() / four["revenue_usd"].sum(),
        "repurchases_net_trailing": four["share_repurchases_usd"].sum() - four["stock_compensation_usd"].sum(),
        "capital_expenditure_over_depreciation": four["capital_expenditure_usd"].sum() / four["depreciation_usd"].sum(),
        "cash_conversion_without_other_income_trailing": cash / plain,
        "accruals_ratio_without_other_income_trailing": (plain - cash) / assets,
        "free_cash_flow_conversion_trailing": (cash - bought) / net,
        "free_cash_flow_less_stock_compensation_trailing": cash - bought - four["stock_compensation_usd"].sum(),
        "depreciation_growth": four["depreciation_usd"].iloc[-1] / opening["depreciation_usd"] - 1,
        "depreciation_growth_trailing": four["depreciation_usd"].sum() / before["depreciation_usd"].sum() - 1,
        "capital_expenditure_growth_trailing": bought / before["capital_expenditure_usd"].sum() - 1,
        "repurchases": 0.0,
        "long_term_debt": 77_501e6,
    }
    for name, value in expected.items():
        assert company.read(alphabet, QUALITY[name], last).number == pytest.approx(value), name
    # The same once more from the filings' figures in billions, so that the sums above are not the only witness.
    printed = {
        "cash_conversion_without_other_income_trailing": 1.52,
        "accruals_ratio_without_other_income_trailing": -0.101,
        "free_cash_flow_conversion_trailing": 0.40,
        "free_cash_flow_less_stock_compensation_trailing": 38.2e9,
        "depreciation_growth": 6.482 / 4.487 - 1,
        "depreciation_growth_trailing": 0.412,
        "capital_expenditure_growth_trailing": 0.90,
    }
    for name, value in printed.items():
        assert company.read(alphabet, QUALITY[name], last).number == pytest.approx(value, rel=0.01), name


def test_what_of_the_growth_in_earnings_came_from_other_income(alphabet: pd.DataFrame) -> None:
    measure = company.QUARTERLY["eps_growth_from_other_income"]
    # 5.11 and 2.81 as reported; without other income 5.11 × 39.696 / 77.412 and 2.81 × 30.606 / 41.789.
    rise, plain = 5.11 - 2.81, 5.11 * 39.696 / 77.412 - 2.81 * 30.606 / 41.789
    found = company.read(alphabet, measure, company.parse_quarter("2026Q1"))
    assert found.number == pytest.approx(1 - plain / rise)
    fallen = alphabet.assign(
        eps_diluted_usd=alphabet["eps_diluted_usd"].mask(alphabet.index == alphabet.index[-1], 1.0)
    )
    assert company.read(fallen, measure, alphabet.index[-1]).meaningless
