"""Straight-line depreciation implied by purchases."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap.company.depreciation import back_test, implied_depreciation


def test_by_hand_with_half_years() -> None:
    charge = implied_depreciation(pd.Series({2019: 0.0, 2020: 0.0, 2021: 100.0}), 2)
    assert charge.loc[2021:].to_list() == [25.0, 50.0, 25.0]
    assert charge.loc[[2019, 2020]].isna().all()  # what was bought before the series is not known


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=8), st.integers(1, 6))
def test_all_that_was_bought_is_charged(amounts: list[float], life: int) -> None:
    bought = pd.Series([0.0] * life + amounts, index=range(2000, 2000 + life + len(amounts)))
    assert implied_depreciation(bought, life).sum() == pytest.approx(sum(amounts))


def test_back_test_and_refusals() -> None:
    assert back_test(pd.Series({1: 9.0, 2: 5.0}), pd.Series({1: 10.0})).to_list() == pytest.approx([-0.1])
    with pytest.raises(ValueError, match="useful_life_years is 0"):
        implied_depreciation(pd.Series({2020: 1.0}), 0)
    with pytest.raises(ValueError, match="consecutive"):
        implied_depreciation(pd.Series({2020: 1.0, 2022: 1.0}), 3)
    with pytest.raises(ValueError, match="above 0"):
        back_test(pd.Series({1: 9.0}), pd.Series({1: 0.0}))
