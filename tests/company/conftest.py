"""Frames to test on: the project's own tables, and made-up quarters of a sound company."""

from collections.abc import Callable

import pandas as pd
import pytest

from coordination_gap import company, tables

AMOUNTS = {
    "revenue_usd": 100e9,
    "operating_income_usd": 30e9,
    "other_income_net_usd": 5e9,
    "net_income_usd": 28e9,
    "capital_expenditure_usd": 20e9,
    "capital_expenditure_with_finance_leases_usd": 22e9,
    "operating_cash_flow_usd": 40e9,
    "equity_usd": 300e9,
    "total_assets_usd": 450e9,
    "depreciation_usd": 6e9,
    "stock_compensation_usd": 5e9,
    "share_repurchases_usd": 12e9,
    "long_term_debt_noncurrent_usd": 40e9,
    "cloud_revenue_usd": 15e9,
    "cloud_operating_income_usd": 4e9,
    "remaining_performance_obligation_usd": 120e9,
    "eps_diluted_usd": 2.3,
}


@pytest.fixture(scope="session")
def filed() -> pd.DataFrame:
    return tables.load("alphabet_quarterly", "2026-09-10")


@pytest.fixture(scope="session")
def alphabet(filed: pd.DataFrame) -> pd.DataFrame:
    return company.by_quarter(filed)


@pytest.fixture(scope="session")
def made_up() -> Callable[[int], pd.DataFrame]:
    """Return a function that makes `count` quarters, each figure two per cent above the quarter before."""

    def make(count: int) -> pd.DataFrame:
        periods = pd.period_range("2023Q1", periods=count, freq="Q-DEC")
        rows = [
            {
                "fiscal_quarter": company.period_label(period),
                "period_end": pd.Timestamp(period.end_time.date()),
                **{column: amount * 1.02**place for column, amount in AMOUNTS.items()},
            }
            for place, period in enumerate(periods)
        ]
        return pd.DataFrame(rows)

    return make
