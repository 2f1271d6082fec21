"""The measures of a company's quarters, each with its definition.

Income-statement and cash-flow items are of one quarter unless the name says
``_trailing``: then they are sums of four quarters in a row. Equity and backlog are as
they stand at the end of the quarter. Growth is against the same quarter a year earlier
unless the name says otherwise.
"""

from types import MappingProxyType

import pandas as pd

from coordination_gap.company.cloud import CLOUD_MEASURES
from coordination_gap.company.earnings import effective_tax_rate
from coordination_gap.company.measures import Measure
from coordination_gap.company.periods import QUARTERS_PER_YEAR, growth, trailing_sum
from coordination_gap.company.quality import QUALITY
from coordination_gap.company.shapes import (
    CAPEX,
    CAPEX_WITH_LEASES,
    CASH_FLOW,
    EIGHT,
    EPS,
    EQUITY,
    FOUR,
    FROM_LOSS,
    NET,
    NO_EQUITY,
    NO_REVENUE,
    NO_TAX_RATE,
    NOW,
    OPERATING,
    OTHER,
    REVENUE,
    YEAR_AGO,
    amount,
    average_equity,
    growth_of,
    over,
    plain,
    share,
    trailing,
    trailing_amount,
    trailing_growth_of,
)

_EARNINGS_CELLS = (OPERATING, OTHER, NET)


def _rise(figures: "pd.Series[float]") -> "pd.Series[float]":
    return figures - figures.shift(QUARTERS_PER_YEAR)


_QUARTERLY = (
    amount("revenue", "Revenue", REVENUE, "revenue of the quarter"),
    growth_of("revenue_growth", "Revenue, growth", REVENUE, "revenue / revenue of the same quarter a year earlier − 1"),
    trailing_amount("revenue_trailing", "Revenue, four quarters", REVENUE, "sum of revenue of the last four quarters"),
    trailing_growth_of(
        "revenue_growth_trailing",
        "Revenue, growth of four quarters",
        REVENUE,
        "revenue of the last four quarters / revenue of the four before them − 1",
    ),
    amount("operating_income", "Operating income", OPERATING, "operating income of the quarter"),
    growth_of(
        "operating_income_growth",
        "Operating income, growth",
        OPERATING,
        "operating income / operating income of the same quarter a year earlier − 1",
    ),
    share(
        "operating_margin",
        "Operating margin",
        OPERATING,
        REVENUE,
        "operating income / revenue, of the quarter",
    ),
    Measure(
        "operating_margin_trailing",
        "Operating margin, four quarters",
        "fraction",
        "operating income of the last four quarters / revenue of the last four quarters",
        {OPERATING: FOUR, REVENUE: FOUR},
        lambda frame: over(trailing(frame, OPERATING), trailing(frame, REVENUE)),
        NO_REVENUE,
    ),
    share("net_margin", "Net margin", NET, REVENUE, "net income of the quarter / revenue of the quarter"),
    Measure(
        "net_margin_trailing",
        "Net margin, four quarters",
        "fraction",
        "net income of the last four quarters / revenue of the last four quarters",
        {NET: FOUR, REVENUE: FOUR},
        lambda frame: over(trailing(frame, NET), trailing(frame, REVENUE)),
        NO_REVENUE,
    ),
    amount("net_income", "Net income", NET, "net income of the quarter"),
    trailing_amount(
        "net_income_trailing", "Net income, four quarters", NET, "sum of net income of the last four quarters"
    ),
    amount("other_income", "Other income, net", OTHER, "other income less other expense of the quarter"),
    Measure(
        "other_income_share",
        "Other income, share of pre-tax income",
        "fraction",
        "other income, net / (operating income + other income, net)",
        {OTHER: NOW, OPERATING: NOW},
        lambda frame: over(frame[OTHER], frame[OPERATING] + frame[OTHER]),
        "pre-tax income is zero or negative, so that a share of it means nothing",
    ),
    Measure(
        "effective_tax_rate",
        "Effective tax rate",
        "fraction",
        "1 − net income / (operating income + other income, net)",
        dict.fromkeys(_EARNINGS_CELLS, NOW),
        lambda frame: effective_tax_rate(frame[OPERATING], frame[OTHER], frame[NET]),
        "pre-tax income is zero or negative, so that a rate of tax on it means nothing",
    ),
    Measure(
        "eps",
        "Earnings per share",
        "usd_per_share",
        "diluted earnings per share of the quarter, as reported",
        {EPS: NOW},
        lambda frame: frame[EPS].astype("float64"),
        decimals=2,
    ),
    growth_of(
        "eps_growth",
        "Earnings per share, growth",
        EPS,
        "diluted earnings per share / those of the same quarter a year earlier − 1",
    ),
    Measure(
        "eps_trailing",
        "Earnings per share, four quarters",
        "usd_per_share",
        "sum of diluted earnings per share of the last four quarters, as reported",
        {EPS: FOUR},
        lambda frame: trailing(frame, EPS),
        decimals=2,
    ),
    Measure(
        "eps_without_other_income",
        "Earnings per share without other income",
        "usd_per_share",
        "diluted earnings per share × operating income / (operating income + other income, net): "
        "all other income taken out at the quarter's effective tax rate",
        {EPS: NOW, **dict.fromkeys(_EARNINGS_CELLS, NOW)},
        lambda frame: plain(frame, EPS),
        NO_TAX_RATE,
        2,
    ),
    Measure(
        "eps_without_other_income_growth",
        "Earnings per share without other income, growth",
        "fraction",
        "earnings per share without other income / those of the same quarter a year earlier − 1",
        {EPS: YEAR_AGO, **dict.fromkeys(_EARNINGS_CELLS, YEAR_AGO)},
        lambda frame: growth(plain(frame, EPS)),
        NO_TAX_RATE,
    ),
    Measure(
        "eps_growth_from_other_income",
        "Earnings per share, share of growth from other income",
        "fraction",
        "1 − rise on a year earlier of earnings per share without other income / that of those reported",
        {EPS: YEAR_AGO, **dict.fromkeys(_EARNINGS_CELLS, YEAR_AGO)},
        lambda frame: 1 - over(_rise(plain(frame, EPS)), _rise(frame[EPS].astype("float64"))),
        f"earnings per share did not rise, so that a share of the rise means nothing; or {NO_TAX_RATE}",
        0,
    ),
    Measure(
        "eps_without_other_income_trailing",
        "Earnings per share without other income, four quarters",
        "usd_per_share",
        "sum over the last four quarters of earnings per share without other income, "
        "each quarter at its own effective tax rate",
        {EPS: FOUR, **dict.fromkeys(_EARNINGS_CELLS, FOUR)},
        lambda frame: trailing_sum(plain(frame, EPS)),
        NO_TAX_RATE,
        2,
    ),
    Measure(
        "roe_closing",
        "Return on equity, closing",
        "fraction",
        "net income of the last four quarters / equity at the end of the last",
        {NET: FOUR, EQUITY: NOW},
        lambda frame: over(trailing(frame, NET), frame[EQUITY]),
        NO_EQUITY,
    ),
    Measure(
        "roe_average",
        "Return on equity, average",
        "fraction",
        "net income of the last four quarters / mean of equity at their end and at their beginning",
        {NET: FOUR, EQUITY: YEAR_AGO},
        lambda frame: over(trailing(frame, NET), average_equity(frame, QUARTERS_PER_YEAR)),
        NO_EQUITY,
    ),
    Measure(
        "roe_average_without_other_income",
        "Return on equity, average, without other income",
        "fraction",
        "net income of the last four quarters without other income, each at its own effective tax rate / "
        "mean of equity at their end and at their beginning",
        {**dict.fromkeys(_EARNINGS_CELLS, FOUR), EQUITY: YEAR_AGO},
        lambda frame: over(trailing_sum(plain(frame, NET)), average_equity(frame, QUARTERS_PER_YEAR)),
        f"{NO_EQUITY}; or {NO_TAX_RATE}",
    ),
    amount("capital_expenditure", "Capital expenditure", CAPEX, "purchases of property and equipment of the quarter"),
    growth_of(
        "capital_expenditure_growth",
        "Capital expenditure, growth",
        CAPEX,
        "purchases of property and equipment / those of the same quarter a year earlier − 1",
    ),
    share(
        "capital_intensity",
        "Capital expenditure, share of revenue",
        CAPEX,
        REVENUE,
        "purchases of property and equipment of the quarter / revenue of the quarter",
    ),
    share(
        "capital_intensity_with_leases",
        "Capital expenditure with finance leases, share of revenue",
        CAPEX_WITH_LEASES,
        REVENUE,
        "capital expenditure of the quarter, finance leases included / revenue of the quarter",
    ),
    trailing_amount(
        "capital_expenditure_trailing",
        "Capital expenditure, four quarters",
        CAPEX,
        "sum of purchases of property and equipment of the last four quarters",
    ),
    trailing_amount(
        "operating_cash_flow_trailing",
        "Operating cash flow, four quarters",
        CASH_FLOW,
        "sum of net cash from operating activities of the last four quarters",
    ),
    Measure(
        "free_cash_flow",
        "Free cash flow",
        "usd",
        "net cash from operating activities − purchases of property and equipment, of the quarter",
        {CASH_FLOW: NOW, CAPEX: NOW},
        lambda frame: frame[CASH_FLOW] - frame[CAPEX],
        scale="billion",
    ),
    Measure(
        "free_cash_flow_trailing",
        "Free cash flow, four quarters",
        "usd",
        "net cash from operating activities − purchases of property and equipment, of the last four quarters",
        {CASH_FLOW: FOUR, CAPEX: FOUR},
        lambda frame: trailing(frame, CASH_FLOW) - trailing(frame, CAPEX),
        scale="billion",
    ),
    Measure(
        "free_cash_flow_growth_trailing",
        "Free cash flow, growth of four quarters",
        "fraction",
        "free cash flow of the last four quarters / that of the four before them − 1",
        {CASH_FLOW: EIGHT, CAPEX: EIGHT},
        lambda frame: growth(trailing(frame, CASH_FLOW) - trailing(frame, CAPEX)),
        FROM_LOSS,
    ),
)

#: Measures of a frame from :func:`~coordination_gap.company.by_quarter`, by name.
QUARTERLY = MappingProxyType({measure.name: measure for measure in (*_QUARTERLY, *QUALITY.values(), *CLOUD_MEASURES)})
