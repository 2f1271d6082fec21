"""The columns of the company tables, and the recurring shapes of a measure: an amount, a growth, a share."""

import pandas as pd

from coordination_gap.company.earnings import without_other_income
from coordination_gap.company.measures import Measure
from coordination_gap.company.periods import QUARTERS_PER_YEAR, growth, trailing_sum

NOW = (0,)
YEAR_AGO = (-4, 0)
FOUR = (-3, -2, -1, 0)
EIGHT = (-7, -6, -5, -4, *FOUR)

REVENUE = "revenue_usd"
OPERATING = "operating_income_usd"
OTHER = "other_income_net_usd"
NET = "net_income_usd"
EPS = "eps_diluted_usd"
CAPEX = "capital_expenditure_usd"
CAPEX_WITH_LEASES = "capital_expenditure_with_finance_leases_usd"
CASH_FLOW = "operating_cash_flow_usd"
EQUITY = "equity_usd"
BACKLOG = "remaining_performance_obligation_usd"
CLOUD = "cloud_revenue_usd"
CLOUD_OPERATING = "cloud_operating_income_usd"

FROM_LOSS = "the figure it grows from is zero or negative, so that a rate of growth means nothing"
NO_EQUITY = "equity is zero or negative, so that a return on it means nothing"
NO_REVENUE = "revenue is zero or negative, so that a share of it means nothing"
NO_TAX_RATE = (
    "pre-tax income is not positive, or the effective tax rate is outside 0 to 1, "
    "so that other income cannot be taken out at that rate"
)


def over(numerator: "pd.Series[float]", denominator: "pd.Series[float]") -> "pd.Series[float]":
    """Return a ratio, NaN where the denominator is zero or negative."""
    base = denominator.astype("float64")
    return numerator.astype("float64") / base.where(base > 0)


def plain(frame: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Return net income or earnings per share, in `column`, without other income."""
    return without_other_income(frame[column], frame[OPERATING], frame[OTHER], frame[NET])


def trailing(frame: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Return the sum of four quarters of `column`."""
    return trailing_sum(frame[column])


def average_equity(frame: pd.DataFrame, periods: int) -> "pd.Series[float]":
    """Return the mean of equity now and `periods` earlier, NaN where either is not positive."""
    equity = frame[EQUITY].astype("float64")
    sound = equity.where(equity > 0)
    return (sound + sound.shift(periods)) / 2


def amount(name: str, title: str, column: str, formula: str) -> Measure:
    """Return the measure that is a column itself, in US dollars."""
    cells = {column: NOW}
    return Measure(name, title, "usd", formula, cells, lambda frame: frame[column].astype("float64"), scale="billion")


def trailing_amount(name: str, title: str, column: str, formula: str) -> Measure:
    """Return the measure that is the sum of a column over four quarters, in US dollars."""
    cells = {column: FOUR}
    return Measure(name, title, "usd", formula, cells, lambda frame: trailing(frame, column), scale="billion")


def growth_of(name: str, title: str, column: str, formula: str, periods: int = QUARTERS_PER_YEAR) -> Measure:
    """Return the measure that is the growth of a column against `periods` earlier."""
    cells = {column: (-periods, 0)}
    return Measure(name, title, "fraction", formula, cells, lambda frame: growth(frame[column], periods), FROM_LOSS)


def trailing_growth_of(name: str, title: str, column: str, formula: str) -> Measure:
    """Return the measure that is the growth of four quarters' sum of a column against the four before them."""
    cells = {column: EIGHT}
    return Measure(name, title, "fraction", formula, cells, lambda frame: growth(trailing(frame, column)), FROM_LOSS)


def share(name: str, title: str, part: str, whole: str, formula: str) -> Measure:
    """Return the measure that is one column as a share of another."""
    cells = {part: NOW, whole: NOW}
    return Measure(name, title, "fraction", formula, cells, lambda frame: over(frame[part], frame[whole]), NO_REVENUE)
