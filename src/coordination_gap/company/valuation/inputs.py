"""The inputs of a valuation from filed figures, where they are not given by hand."""

import datetime as dt
from dataclasses import dataclass, replace

import pandas as pd

from coordination_gap import tables
from coordination_gap.company.earnings import effective_tax_rate
from coordination_gap.company.fundamentals import QUARTERLY
from coordination_gap.company.measures import read
from coordination_gap.company.periods import QUARTERS_PER_YEAR, last_period, period_label, trailing_sum
from coordination_gap.company.shapes import CLOUD, CLOUD_OPERATING, REVENUE
from coordination_gap.company.valuation import arguments
from coordination_gap.company.valuation.cash_flow import TwoStage

#: By which days are counted as years.
DAYS_PER_YEAR = 365


@dataclass(frozen=True)
class Assumed:
    """What no filing says.

    Attributes
    ----------
    growth, terminal_growth, years, discount_rate, return_on_new_capital
        As of :class:`TwoStage`.
    operating_margin, tax_rate
        Fractions; 0 takes that of the last four quarters.
    other_assets_usd
        What the owners have beside cash and long-term debt, such as stakes in other companies.
    mid_year, years_elapsed, terminal_return
        As of :class:`TwoStage`.
    """

    growth: float
    terminal_growth: float
    years: int
    discount_rate: float
    return_on_new_capital: float
    operating_margin: float = 0.0
    tax_rate: float = 0.0
    other_assets_usd: float = 0.0
    mid_year: bool = False
    years_elapsed: float = 0.0
    terminal_return: float | None = None


def two_stage_inputs(quarters: pd.DataFrame, last: pd.Period, assumed: Assumed) -> TwoStage:
    """Return the inputs for the whole company.

    Revenue, margin and tax rate are those of the four quarters to `last`; cash and long-term
    debt stand at its end; shares are the diluted ones of that quarter, or where it has none (a
    fourth quarter is not filed by itself) of the last one before it that has.

    Parameters
    ----------
    quarters
        From :func:`~coordination_gap.company.by_quarter`.
    last
        The last quarter.
    assumed
        What no filing says.

    Raises
    ------
    ValueError
        If a figure is missing; the message names it. Or as :class:`TwoStage` does.
    """
    margin = assumed.operating_margin or read(quarters, QUARTERLY["operating_margin_trailing"], last).number
    return TwoStage(
        revenue_usd=read(quarters, QUARTERLY["revenue_trailing"], last).number,
        operating_margin=margin,
        tax_rate=assumed.tax_rate or trailing_tax_rate(quarters, last),
        growth=assumed.growth,
        terminal_growth=assumed.terminal_growth,
        years=assumed.years,
        discount_rate=assumed.discount_rate,
        return_on_new_capital=assumed.return_on_new_capital,
        net_assets_usd=_cell(quarters, last, "cash_usd")
        - _cell(quarters, last, "long_term_debt_noncurrent_usd")
        + assumed.other_assets_usd,
        shares=_latest(quarters, last, "diluted_shares"),
        mid_year=assumed.mid_year,
        years_elapsed=assumed.years_elapsed,
        terminal_return=assumed.terminal_return,
    )


def years_since(last: pd.Period, day: dt.date) -> float:
    """Return the years from the last day of a quarter to a day, of 365 days each; negative for a day before it."""
    return (day - last.end_time.date()).days / DAYS_PER_YEAR


def last_of_cloud(quarters: pd.DataFrame) -> pd.Period | None:
    """Return the last quarter with Google Cloud's revenue and profit, or None: they may lag the company's figures."""
    return last_period(quarters.dropna(subset=[CLOUD, CLOUD_OPERATING]))


def segment_inputs(
    quarters: pd.DataFrame, last: pd.Period, whole: TwoStage, growth: float, years_elapsed: float | None = None
) -> TwoStage:
    """Return the inputs for Google Cloud: its own revenue and margin of four quarters, all else the company's.

    Parameters
    ----------
    quarters
        As for :func:`two_stage_inputs`.
    last
        The last quarter of the four.
    whole
        The company's inputs.
    growth
        Of the segment in the first stage, a rate a year.
    years_elapsed
        From the end of `last` to the day of the value; None for that of `whole`.

    Raises
    ------
    ValueError
        If a figure of the segment is missing, or as :class:`TwoStage` does.
    """
    revenue = _trailing(quarters, last, CLOUD)
    return replace(
        whole,
        revenue_usd=revenue,
        operating_margin=_trailing(quarters, last, CLOUD_OPERATING) / revenue,
        growth=growth,
        net_assets_usd=0.0,
        years_elapsed=whole.years_elapsed if years_elapsed is None else years_elapsed,
    )


def trailing_tax_rate(quarters: pd.DataFrame, last: pd.Period) -> float:
    """Return the effective tax rate of the four quarters to `last`: 1 − net income / pre-tax income.

    Raises
    ------
    ValueError
        If a figure is missing, or pre-tax income is not positive.
    """
    sums = [
        trailing_sum(quarters[column]) for column in ("operating_income_usd", "other_income_net_usd", "net_income_usd")
    ]
    rate = float(effective_tax_rate(*sums).reindex([last]).iloc[0])
    if not 0 <= rate < 1:
        raise ValueError(f"tax_rate of the four quarters to {period_label(last)} is {rate}: give one by hand")
    return rate


def past_growth(quarters: pd.DataFrame, last: pd.Period, years: int, column: str = REVENUE) -> float:
    """Return the yearly growth of four quarters' revenue, or of another column, over some years to `last`.

    Raises
    ------
    ValueError
        If a quarter is missing, or either sum is not above 0, so that a rate means nothing.
    """
    return float(past_multiple(quarters, last, years, column) ** (1 / years) - 1)


def past_multiple(quarters: pd.DataFrame, last: pd.Period, years: int, column: str = REVENUE) -> float:
    """Return four quarters' sum of a column to `last` over that some years before; raise as :func:`past_growth`."""
    ends = last - QUARTERS_PER_YEAR * years, last
    before, now = (_trailing(quarters, end, column) for end in ends)
    for end, total in zip(ends, (before, now), strict=True):
        arguments.positive(total, f"{column} of the four quarters to {period_label(end)}")
    return now / before


def rows_of(filed: pd.DataFrame, last: pd.Period, years: int = 1) -> tables.Source:
    """Name the rows of the quarters of some years to `last`."""
    labels = [period_label(last - back) for back in range(QUARTERS_PER_YEAR * years)]
    return tables.rows(filed[filed["fiscal_quarter"].isin(labels)])


def _trailing(quarters: pd.DataFrame, last: pd.Period, column: str) -> float:
    total = trailing_sum(quarters[column]).reindex([last]).iloc[0]
    if pd.isna(total):
        raise ValueError(f"{column} of the four quarters to {period_label(last)} is not all in the table")
    return float(total)


def _latest(quarters: pd.DataFrame, last: pd.Period, column: str) -> float:
    year = quarters[column].reindex(pd.period_range(end=last, periods=QUARTERS_PER_YEAR, name=quarters.index.name))
    known = year.dropna()
    if known.empty:
        raise ValueError(f"{column} of the four quarters to {period_label(last)} is not in the table")
    return float(known.iloc[-1])


def _cell(quarters: pd.DataFrame, last: pd.Period, column: str) -> float:
    value = quarters[column].reindex([last]).iloc[0]
    if pd.isna(value):
        raise ValueError(f"{column} of {period_label(last)} is not in the table")
    return float(value)
