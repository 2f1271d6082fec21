"""The quality of earnings: how much of them is cash, and what the cash went to.

Measures over four quarters in a row, added to those of :data:`~coordination_gap.company.QUARTERLY`.
"""

from types import MappingProxyType

from coordination_gap.company.measures import Measure
from coordination_gap.company.periods import QUARTERS_PER_YEAR
from coordination_gap.company.shapes import (
    CAPEX,
    CASH_FLOW,
    FOUR,
    NET,
    NO_REVENUE,
    REVENUE,
    YEAR_AGO,
    over,
    trailing,
)

ASSETS = "total_assets_usd"
DEPRECIATION = "depreciation_usd"
STOCK_COMPENSATION = "stock_compensation_usd"
REPURCHASES = "share_repurchases_usd"

_QUALITY = (
    Measure(
        "cash_conversion_trailing",
        "Cash conversion, four quarters",
        "times",
        "net cash from operating activities of the last four quarters / net income of the last four quarters",
        {CASH_FLOW: FOUR, NET: FOUR},
        lambda frame: over(trailing(frame, CASH_FLOW), trailing(frame, NET)),
        "net income is zero or negative, so that a share of it means nothing",
        2,
    ),
    Measure(
        "accruals_ratio_trailing",
        "Accruals ratio, four quarters",
        "fraction",
        "(net income − net cash from operating activities, of the last four quarters) / "
        "mean of total assets at their end and at their beginning",
        {NET: FOUR, CASH_FLOW: FOUR, ASSETS: YEAR_AGO},
        lambda frame: over(
            trailing(frame, NET) - trailing(frame, CASH_FLOW),
            (frame[ASSETS].astype("float64") + frame[ASSETS].shift(QUARTERS_PER_YEAR).astype("float64")) / 2,
        ),
        "total assets are zero or negative, so that a share of them means nothing",
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
)

#: Measures of the quality of earnings, by name, over a frame from :func:`~coordination_gap.company.by_quarter`.
QUALITY = MappingProxyType({measure.name: measure for measure in _QUALITY})
