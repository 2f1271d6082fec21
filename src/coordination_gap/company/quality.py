"""The quality of earnings: how much of them is cash, and what the cash went to.

Measures over four quarters in a row, added to those of :data:`~coordination_gap.company.QUARTERLY`.
"""

from types import MappingProxyType

import pandas as pd

from coordination_gap.company.measures import Measure
from coordination_gap.company.periods import QUARTERS_PER_YEAR, trailing_sum
from coordination_gap.company.shapes import (
    CAPEX,
    CASH_FLOW,
    FOUR,
    NET,
    NO_REVENUE,
    NO_TAX_RATE,
    OPERATING,
    OTHER,
    REVENUE,
    YEAR_AGO,
    amount,
    growth_of,
    over,
    plain,
    trailing,
    trailing_growth_of,
)

ASSETS = "total_assets_usd"
DEPRECIATION = "depreciation_usd"
STOCK_COMPENSATION = "stock_compensation_usd"
REPURCHASES = "share_repurchases_usd"
LONG_TERM_DEBT = "long_term_debt_noncurrent_usd"

NO_INCOME = "net income is zero or negative, so that a share of it means nothing"
NO_ASSETS = "total assets are zero or negative, so that a share of them means nothing"
_PLAIN_INCOME = dict.fromkeys((OPERATING, OTHER, NET), FOUR)


def _average_assets(frame: pd.DataFrame) -> "pd.Series[float]":
    assets = frame[ASSETS].astype("float64")
    return (assets + assets.shift(QUARTERS_PER_YEAR)) / 2


_QUALITY = (
    Measure(
        "cash_conversion_trailing",
        "Cash conversion, four quarters",
        "times",
        "net cash from operating activities of the last four quarters / net income of the last four quarters",
        {CASH_FLOW: FOUR, NET: FOUR},
        lambda frame: over(trailing(frame, CASH_FLOW), trailing(frame, NET)),
        NO_INCOME,
        2,
    ),
    Measure(
        "cash_conversion_without_other_income_trailing",
        "Cash conversion without other income, four quarters",
        "times",
        "net cash from operating activities of the last four quarters / "
        "their net income without other income, each at its own effective tax rate",
        {CASH_FLOW: FOUR, **_PLAIN_INCOME},
        lambda frame: over(trailing(frame, CASH_FLOW), trailing_sum(plain(frame, NET))),
        f"{NO_INCOME}; or {NO_TAX_RATE}",
        2,
    ),
    Measure(
        "free_cash_flow_conversion_trailing",
        "Free cash flow over net income, four quarters",
        "times",
        "(net cash from operating activities − purchases of property and equipment) / net income, "
        "of the last four quarters",
        {CASH_FLOW: FOUR, CAPEX: FOUR, NET: FOUR},
        lambda frame: over(trailing(frame, CASH_FLOW) - trailing(frame, CAPEX), trailing(frame, NET)),
        NO_INCOME,
        2,
    ),
    Measure(
        "free_cash_flow_less_stock_compensation_trailing",
        "Free cash flow less stock compensation, four quarters",
        "usd",
        "net cash from operating activities − purchases of property and equipment − stock-based compensation, "
        "of the last four quarters",
        {CASH_FLOW: FOUR, CAPEX: FOUR, STOCK_COMPENSATION: FOUR},
        lambda frame: trailing(frame, CASH_FLOW) - trailing(frame, CAPEX) - trailing(frame, STOCK_COMPENSATION),
        scale="billion",
    ),
    Measure(
        "accruals_ratio_trailing",
        "Accruals ratio, four quarters",
        "fraction",
        "(net income − net cash from operating activities, of the last four quarters) / "
        "mean of total assets at their end and at their beginning",
        {NET: FOUR, CASH_FLOW: FOUR, ASSETS: YEAR_AGO},
        lambda frame: over(trailing(frame, NET) - trailing(frame, CASH_FLOW), _average_assets(frame)),
        NO_ASSETS,
    ),
    Measure(
        "accruals_ratio_without_other_income_trailing",
        "Accruals ratio without other income, four quarters",
        "fraction",
        "(net income without other income, each quarter's at its own effective tax rate − "
        "net cash from operating activities, of the last four quarters) / "
        "mean of total assets at their end and at their beginning",
        {CASH_FLOW: FOUR, **_PLAIN_INCOME, ASSETS: YEAR_AGO},
        lambda frame: over(trailing_sum(plain(frame, NET)) - trailing(frame, CASH_FLOW), _average_assets(frame)),
        f"{NO_ASSETS}; or {NO_TAX_RATE}",
    ),
    Measure(
        "stock_compensation_share_trailing",
        "Stock compensation, share of revenue, four quarters",
        "fraction",
        "stock-based compensation of the last four quarters / revenue of the last four quarters",
        {STOCK_COMPENSATION: FOUR, REVENUE: FOUR},
        lambda frame: over(trailing(frame, STOCK_COMPENSATION), trailing(frame, REVENUE)),
        NO_REVENUE,
    ),
    Measure(
        "repurchases_net_trailing",
        "Repurchases less stock compensation, four quarters",
        "usd",
        "share repurchases − stock-based compensation, of the last four quarters",
        {REPURCHASES: FOUR, STOCK_COMPENSATION: FOUR},
        lambda frame: trailing(frame, REPURCHASES) - trailing(frame, STOCK_COMPENSATION),
        scale="billion",
    ),
    Measure(
        "capital_expenditure_over_depreciation",
        "Capital expenditure over depreciation, four quarters",
        "times",
        "purchases of property and equipment / depreciation, of the last four quarters",
        {CAPEX: FOUR, DEPRECIATION: FOUR},
        lambda frame: over(trailing(frame, CAPEX), trailing(frame, DEPRECIATION)),
        "depreciation is zero or negative, so that a multiple of it means nothing",
        2,
    ),
    growth_of(
        "depreciation_growth",
        "Depreciation, growth",
        DEPRECIATION,
        "depreciation of the quarter / that of the same quarter a year earlier − 1",
    ),
    trailing_growth_of(
        "depreciation_growth_trailing",
        "Depreciation, growth of four quarters",
        DEPRECIATION,
        "depreciation of the last four quarters / that of the four before them − 1",
    ),
    trailing_growth_of(
        "capital_expenditure_growth_trailing",
        "Capital expenditure, growth of four quarters",
        CAPEX,
        "purchases of property and equipment of the last four quarters / those of the four before them − 1",
    ),
    amount("repurchases", "Share repurchases", REPURCHASES, "share repurchases of the quarter"),
    amount(
        "long_term_debt",
        "Long-term debt",
        LONG_TERM_DEBT,
        "long-term debt that falls due after more than a year, at the end of the quarter",
    ),
)

#: Measures of the quality of earnings, by name, over a frame from :func:`~coordination_gap.company.by_quarter`.
QUALITY = MappingProxyType({measure.name: measure for measure in _QUALITY})
