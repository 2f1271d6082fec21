"""The measures of a company's fiscal years, each with its definition."""

from types import MappingProxyType

from coordination_gap.company.measures import Measure
from coordination_gap.company.shapes import (
    CAPEX,
    CASH_FLOW,
    EQUITY,
    NET,
    NO_EQUITY,
    NOW,
    OPERATING,
    REVENUE,
    average_equity,
    growth_of,
    over,
    share,
)

YEAR_BEFORE = (-1, 0)

_ANNUAL = (
    growth_of("revenue_growth", "Revenue, growth", REVENUE, "revenue of the year / that of the year before − 1", 1),
    share("operating_margin", "Operating margin", OPERATING, REVENUE, "operating income / revenue, of the year"),
    share("net_margin", "Net margin", NET, REVENUE, "net income / revenue, of the year"),
    Measure(
        "roe_closing",
        "Return on equity, closing",
        "fraction",
        "net income of the fiscal year / equity at its end",
        {NET: NOW, EQUITY: NOW},
        lambda frame: over(frame[NET], frame[EQUITY]),
        NO_EQUITY,
    ),
    Measure(
        "roe_average",
        "Return on equity, average",
        "fraction",
        "net income of the fiscal year / mean of equity at its end and at its beginning",
        {NET: NOW, EQUITY: YEAR_BEFORE},
        lambda frame: over(frame[NET], average_equity(frame, 1)),
        NO_EQUITY,
    ),
    Measure(
        "cash_conversion",
        "Operating cash flow over net income",
        "times",
        "net cash from operating activities / net income, of the fiscal year",
        {CASH_FLOW: NOW, NET: NOW},
        lambda frame: over(frame[CASH_FLOW], frame[NET]),
        "net income is zero or negative, so that a multiple of it means nothing",
        2,
    ),
    share(
        "capital_intensity",
        "Capital expenditure, share of revenue",
        CAPEX,
        REVENUE,
        "capital expenditure / revenue, of the year",
    ),
    Measure(
        "free_cash_flow",
        "Free cash flow",
        "usd",
        "net cash from operating activities − purchases of property and equipment, of the fiscal year",
        {CASH_FLOW: NOW, CAPEX: NOW},
        lambda frame: frame[CASH_FLOW] - frame[CAPEX],
        scale="billion",
    ),
)

#: Measures of a frame from :func:`~coordination_gap.company.by_year`, by name.
ANNUAL = MappingProxyType({measure.name: measure for measure in _ANNUAL})
