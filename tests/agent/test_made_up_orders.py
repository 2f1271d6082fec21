"""The made-up orders are the ones in the table, and make sense."""

import pandas as pd
import pytest

from coordination_gap import tables
from coordination_gap.agent.made_up_orders import SHOP_DAY, draw_orders


def test_the_table_is_what_is_drawn() -> None:
    drawn = draw_orders().to_csv(index=False, lineterminator="\n").splitlines()
    kept = [",".join(row) for row in tables.cells("orders", "2026-06-20")]
    assert kept == drawn


def test_days_follow_each_other_and_none_lies_ahead() -> None:
    orders = draw_orders(count=2000, seed=1)
    days = orders[["ordered_on", "shipped_on", "delivered_on"]].apply(pd.to_datetime)
    assert (days["shipped_on"].dropna() > days["ordered_on"].loc[days["shipped_on"].dropna().index]).all()
    arrived = days.dropna()
    assert (arrived["delivered_on"] > arrived["shipped_on"]).all()
    assert days.max().max() <= pd.Timestamp(SHOP_DAY)
    assert set(orders["status"]) == {"processing", "shipped", "delivered", "cancelled"}


@pytest.mark.parametrize("count", [0, 3001])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"count is {count}"):
        draw_orders(count=count)
